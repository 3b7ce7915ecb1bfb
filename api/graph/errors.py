"""Errors proper: the published codes, their messages in the caller's language, and their form in an answer."""

import logging
import secrets
from contextvars import ContextVar
from typing import Any, NamedTuple

from graphql import GraphQLError
from sqlalchemy.exc import TimeoutError as NoneFree

MOST_ERRORS = 5
TRACE: ContextVar[str] = ContextVar("trace", default="")  # of the request, by which its log lines are found
log = logging.getLogger(__name__)


class Fault(NamedTuple):
    """A code of ``extensions.code`` with its sentence in English and Chinese."""

    code: str
    en: str
    zh: str


class Closed(Exception):
    """Raised by a door (``Doors``) that lets this request not in: answered with the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


FAULTS = {
    "BAD_CURSOR": Fault("BAD_USER_INPUT", "Not a cursor of this connection.", "该游标不属于此连接。"),
    "PAGE_SIZE": Fault("BAD_USER_INPUT", "first and last must be 1 to 250.", "first 与 last 须在 1 至 250 之间。"),
    "FIRST_AND_LAST": Fault("BAD_USER_INPUT", "Give first or last, not both.", "first 与 last 只能提供一个。"),
    "AS_OF": Fault(
        "BAD_USER_INPUT",
        "asOf is in the future, or after the asOf of a field above.",
        "asOf 在将来，或晚于上层字段的 asOf。",
    ),
    "ID_OR_KEY": Fault("BAD_USER_INPUT", "Give the id or the key.", "请提供 id 或 key（二选一）。"),
    "TOO_MANY_IDS": Fault("BAD_USER_INPUT", "At most 250 ids.", "最多 250 个 id。"),
    "FORBIDDEN": Fault("FORBIDDEN", "Not allowed.", "无权访问。"),
    # Also of a write that is repeated under its key when what it wrote has been erased.
    "GONE": Fault("NOT_FOUND", "It was done; what it wrote is gone since.", "操作已完成，但其写入的内容已不存在。"),
    "TOO_MANY_STORED": Fault(
        "QUERY_TOO_COMPLEX",
        "There are too many of them to ask this of all at once; ask for one by its id.",
        "数量过多，无法一次全部查询；请按 id 逐个查询。",
    ),
    "TOO_COSTLY": Fault("QUERY_TOO_COMPLEX", "The query costs too much.", "查询开销过大。"),
    "UNCLEAN": Fault(
        "BAD_USER_INPUT",
        "Texts must not hold NUL or lone surrogates, and numbers must be finite.",
        "文本不得包含 NUL 或孤立代理项，数字必须有限。",
    ),
    "OPERATION": Fault("BAD_USER_INPUT", "Name one operation of the document.", "请指定文档中的一个操作。"),
    "NOT_A_QUERY": Fault("BAD_USER_INPUT", "Only a query can be asked this way.", "此方式只能执行查询。"),
    "SUBSCRIPTION": Fault("BAD_USER_INPUT", "Subscriptions are served over WebSocket.", "订阅请使用 WebSocket。"),
    "RATE_LIMITED": Fault(
        "RATE_LIMITED",
        "This costs {cost} points and {remaining} are left; try again in {retryAfter} s.",
        "本次请求需 {cost} 点，目前剩余 {remaining} 点；请在 {retryAfter} 秒后重试。",
    ),
    "NOT_PERSISTED": Fault("PERSISTED_QUERY_NOT_FOUND", "No app is trusted with this document.", "未找到此受信文档。"),
    "ONLY_TRUSTED": Fault("FORBIDDEN", "The API key may ask trusted documents only.", "该 API 密钥只能执行受信文档。"),
    "CROWDED": Fault(
        "RATE_LIMITED",
        "Too many operations of this tenant are running; try again in {retryAfter} s.",
        "该租户同时执行的操作过多；请在 {retryAfter} 秒后重试。",
    ),
    "TIMEOUT": Fault("TIMEOUT", "It took too long and was stopped.", "执行超时，已停止。"),
    "UNAVAILABLE": Fault("SERVICE_UNAVAILABLE", "The service is not available; try again.", "服务暂不可用，请重试。"),
    "INTERNAL": Fault(
        "INTERNAL", "Something went wrong on our side (trace {trace}).", "服务器内部错误（追踪号 {trace}）。"
    ),
}


def fault(name: str, locale: str, path: list[Any] | None = None, **values: str | int) -> dict[str, Any]:
    """An error of an answer, by the name of its fault."""
    return _answered(FAULTS[name], locale, path, **values)


def _answered(found: Fault, locale: str, path: list[Any] | None, **values: str | int) -> dict[str, Any]:
    message = (found.zh if locale.lower().startswith("zh") else found.en).format(**values)
    made: dict[str, Any] = {"message": message}
    if path is not None:
        made["path"] = path
    return {**made, "extensions": {"code": found.code, **values}}


def invalid(error: GraphQLError, code: str) -> dict[str, Any]:
    """What graphql-core found, with our code."""
    return {**error.formatted, "extensions": {"code": code}}


def failure(error: BaseException, locale: str, path: list[Any] | None = None) -> dict[str, Any]:
    """What an exception becomes: never its text, which may hold SQL or a row."""
    if isinstance(error, Closed):
        return _answered(error.fault, locale, path)
    if isinstance(error, GraphQLError):  # an argument, of which validation could not know: a null inside @oneOf, say
        return {**invalid(error, "BAD_USER_INPUT"), **({} if path is None else {"path": path})}
    name = _name_of(error)
    if name != "INTERNAL":
        log.warning("%s: %s", name, type(error).__name__)
        return fault(name, locale, path)
    trace = TRACE.get() or secrets.token_hex(16)
    log.error("trace %s", trace, exc_info=error)
    return fault(name, locale, path, trace=trace)


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of an error, also inside SQLAlchemy's; empty without one."""
    inner = getattr(error, "orig", None) or error
    return str(getattr(inner, "sqlstate", None) or "")


def _name_of(error: BaseException) -> str:
    state = sqlstate(error)
    if state in ("57014", "55P03"):
        return "TIMEOUT"
    # TimeoutError is an OSError; SQLAlchemy's is not, and means that no connection is free.
    if state[:2] in ("08", "53") or state[:4] == "57P0" or isinstance(error, OSError | NoneFree):
        return "UNAVAILABLE"
    if retryable(error):  # it was, and others were in the way each time
        return "UNAVAILABLE"
    # asyncpg gives no code to a connection that ended, or that ended while it was busy.
    kind = type(error).__name__
    lost = (kind == "InterfaceError" and "clos" in str(error)) or kind == "InternalClientError"
    return "UNAVAILABLE" if lost or getattr(error, "connection_invalidated", False) else "INTERNAL"


def retryable(error: BaseException) -> bool:
    """Serialization failures and deadlocks: the whole field may be done again."""
    return sqlstate(error) in ("40001", "40P01")
