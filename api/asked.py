"""One GraphQL request as it was sent: the body or the address read, bounded and checked."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from api.errors import bad_request

JSON = "application/json"
LARGEST_BODY = 256 * 1024
KEY = re.compile(r"[\x20-\x7e]{1,255}")
MEMBERS = {"query": str, "variables": dict, "operationName": str, "extensions": dict, "documentId": str}


@dataclass(frozen=True, slots=True)
class Asked:
    """One GraphQL request as sent: document, variables, operation name."""

    query: str  # empty when the document is named by its id
    variables: dict[str, Any]
    operation_name: str | None
    reading: bool  # by GET: queries only
    idempotency_key: str | None = None  # of its writes
    document_id: str | None = None


async def read(request: Request) -> bytearray:
    """The body; 413 as soon as more bytes have come than are allowed, whatever the length header says."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").lower()
    if kind.strip().lower() != JSON or (charset and charset != "charset=utf-8"):
        raise bad_request(f"Send {JSON} in UTF-8.", f"请以 UTF-8 编码发送 {JSON}。", 415)
    body, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            words = f"The body exceeds {LARGEST_BODY} bytes.", f"请求体超过 {LARGEST_BODY} 字节。"
            raise bad_request(*words, 413, connection="close")  # or the rest would be taken in, for nothing
    return body


def from_body(body: bytearray, request: Request) -> Asked:
    """The request in a POST body."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The body is not JSON: {error.msg}.", "请求体不是有效的 JSON。") from None
    if not isinstance(given, dict):
        raise bad_request("The body must be a JSON object.", "请求体必须是 JSON 对象。")
    return _asked(given, reading=False, idempotency_key=key_of(request))


def from_query(request: Request) -> Asked:
    """The request in the parameters of a GET; ``variables`` and ``extensions`` are JSON."""
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            try:
                given[name] = orjson.loads(given[name])
            except orjson.JSONDecodeError:
                raise bad_request(f"{name!r} is not JSON.", f"“{name}”不是有效的 JSON。") from None
    return _asked({name: value or None for name, value in given.items()}, reading=True)


def _asked(given: dict[str, Any], *, reading: bool, idempotency_key: str | None = None) -> Asked:
    for name, kind in MEMBERS.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            what = "a string" if kind is str else "an object"
            raise bad_request(f"{name!r} must be {what}.", f"“{name}”的类型不正确。")
    query, document_id = given.get("query") or "", None
    if not query:
        document_id = document_id_of(given)
    elif given.get("documentId"):
        raise bad_request("Send 'query' or 'documentId', not both.", "“query”与“documentId”只能提供一个。")
    return Asked(query, given.get("variables") or {}, given.get("operationName"), reading, idempotency_key, document_id)


def document_id_of(given: dict[str, Any]) -> str:
    """The id of a trusted document: the appendix's ``documentId``, or as Apollo's clients send it."""
    found = given.get("documentId")
    if not found:
        persisted = (given.get("extensions") or {}).get("persistedQuery")
        found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not found or not isinstance(found, str):
        raise bad_request("'query' is missing.", "缺少“query”。")
    return found


def key_of(request: Request) -> str | None:
    """The idempotency key, if one is sent."""
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise bad_request(
            "An Idempotency-Key has 1 to 255 printable ASCII characters.",
            "Idempotency-Key 须为 1 至 255 个可见 ASCII 字符。",
        )
    return key
