"""Errors proper (not refusals): the published codes, their HTTP status, their words."""

from enum import StrEnum

import orjson

from domain.words import Words


class ErrorCode(StrEnum):
    """``extensions.code`` of an error.  Published; never changed."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    TENANT_MISMATCH = "TENANT_MISMATCH"
    TENANT_SUSPENDED = "TENANT_SUSPENDED"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    RATE_LIMITED = "RATE_LIMITED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    TIMEOUT = "TIMEOUT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class RequestRefused(Exception):
    """A request that never reaches the executor.  ``headers`` go out with it."""

    def __init__(self, status: int, code: ErrorCode, words: Words, headers: dict[str, str] | None = None) -> None:
        super().__init__(words.en)
        self.status, self.code, self.words, self.headers = status, code, words, headers or {}

    def body(self, locale: str) -> bytes:
        """The GraphQL response that says so."""
        error = {"message": self.words.of(locale), "extensions": {"code": self.code}}
        return orjson.dumps({"errors": [error]})


def unavailable() -> RequestRefused:
    """Not now; again in a moment."""
    words = Words("The service is not available; try again.", "服务暂不可用，请重试。")
    return RequestRefused(503, ErrorCode.SERVICE_UNAVAILABLE, words, {"Retry-After": "1"})


def bad_request(en: str, zh: str, status: int = 400, **headers: str) -> RequestRefused:
    """The client sent something that is not a GraphQL request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RequestRefused(status, ErrorCode.BAD_USER_INPUT, Words(en, zh), named)
