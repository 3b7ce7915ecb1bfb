"""GraphQL over HTTP: media types, methods, body limits, status codes.

Follows the GraphQL over HTTP draft.  A request that is not GraphQL, or that nobody may send, is answered here and
never reaches the parser of documents.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.asked import JSON, Asked, from_body, from_query, read
from api.deadlines import Deadlines
from api.errors import ErrorCode, RequestRefused, bad_request, unavailable
from api.graph.errors import failure
from api.origins import PREFLIGHT, ForeignOrigin, shown_to
from api.telemetry.watch import Watch, Watched

GRAPHQL_JSON = "application/graphql-response+json"
OFFERED = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}
TYPED = {media: f"{media}; charset=utf-8".encode() for media in (JSON, GRAPHQL_JSON)}
SLOWEST_BODY_S = 10
ALLOWED = "GET, POST, OPTIONS"


class Ran(NamedTuple):
    """The operation behind an answer, as operators see it."""

    name: str | None
    kind: str | None
    cost: int
    statements: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A GraphQL response: its bytes, and whether the request itself was wrong."""

    body: bytes
    request_error: bool = False
    status: int = 400  # of a request error, where the media type lets it show
    headers: Iterable[tuple[bytes, bytes]] = ()
    ran: Ran | None = None


class GraphQLEndpoint:
    """The ASGI application behind ``/graphql``.

    ``authenticate`` gives the caller or raises ``RequestRefused``; ``answer`` runs the operation for that caller;
    ``lists`` says whether some key lists an origin.
    """

    def __init__(
        self,
        authenticate: Callable[[Request], Awaitable[Any]],
        answer: Callable[[Any, Asked], Awaitable[Answered]],
        lists: Callable[[str], Awaitable[bool]],
        watch: Watch,
        page: str | None = None,
        slowest_body_s: float = SLOWEST_BODY_S,
    ) -> None:
        self._authenticate, self._answer, self._lists = authenticate, answer, lists
        self._watch, self._page = watch, page
        self._bodies = Deadlines(slowest_body_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Heard(scope, receive)
        watched = self._watch.begin(request.headers.get("traceparent"))
        response: Any
        origin, foreign = request.headers.get("origin"), False
        ended: asyncio.CancelledError | None = None
        try:
            response = await self._respond(request, watched)
        except RequestRefused as refused:
            response, foreign = _refusal(request, refused, watched), isinstance(refused, ForeignOrigin)
        except ClientDisconnect:
            return
        except asyncio.CancelledError as cancelled:  # the process ends, and the request has had its time
            response, ended = _refusal(request, unavailable(), watched), cancelled
        except Exception as error:
            response = _failed(request, error, watched)
        if origin is not None and isinstance(response, Reply):
            response.headers += shown_to(origin, not foreign and await self._known(origin))
        await response(scope, receive, send)
        self._watch.end(watched, getattr(response, "status", 200))
        if ended:
            raise ended

    async def _respond(self, request: Request, watched: Watched) -> ASGIApp:
        accept = request.headers.get("accept")
        if request.method == "OPTIONS":
            return await self._preflight(request)
        if request.method not in ("GET", "POST"):
            raise bad_request("Send GraphQL by POST or GET.", "请使用 POST 或 GET。", 405, allow=ALLOWED)
        browsing = request.method == "GET" and "text/html" in (accept or "") and "query" not in request.query_params
        if self._page and browsing:
            return HTMLResponse(self._page)
        media = accepted(accept)
        if media is None:
            raise bad_request(f"Only {GRAPHQL_JSON} and {JSON} can be had.", f"仅支持 {GRAPHQL_JSON} 与 {JSON}。", 406)
        caller = await self._authenticate(request)
        watched.tenant, watched.actor = caller.tenant.slug, caller.actor
        asked = from_query(request) if request.method == "GET" else from_body(await self._body(request), request)
        answered = await self._answer(caller, asked)
        if answered.ran is not None:
            watched.name, watched.kind, watched.cost, watched.statements, watched.codes = answered.ran
        shown = media == GRAPHQL_JSON or answered.status == 405  # of the method, not of the document
        status = answered.status if answered.request_error and shown else 200
        return Reply(answered.body, status, media, answered.headers)

    async def _body(self, request: Request) -> bytearray:
        try:
            with self._bodies.start():
                return await read(request)
        except TimeoutError:
            raise bad_request("The body came too slowly.", "请求体传输过慢。", 408, connection="close") from None

    async def _preflight(self, request: Request) -> ASGIApp:
        """What a browser asks before it lets a page of another origin ask."""
        origin = request.headers.get("origin")
        if origin is None:
            return Reply(b"", 204, None, [(b"allow", ALLOWED.encode())])
        if not await self._lists(origin):
            raise ForeignOrigin
        return Reply(b"", 204, None, PREFLIGHT)

    async def _known(self, origin: str) -> bool:
        try:
            return await self._lists(origin)
        except RequestRefused:
            return False


class Heard(Request):
    """A request whose headers are read once: Starlette looks through all of them each time."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        # By name, in small letters as ASGI gives them; of several of one name the first.
        self._read = {k.decode("latin-1"): v.decode("latin-1") for k, v in reversed(scope["headers"])}

    @property
    def headers(self) -> dict[str, str]:  # type: ignore[override]
        """By name, in small letters."""
        return self._read


class Reply:
    """A whole answer."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, body: bytes, status: int, media: str | None, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Without ``media`` there is no body."""
        self._body, self.status, self.headers = body, status, list(headers)
        if media is not None:
            self.headers += ((b"content-type", TYPED[media]), (b"content-length", b"%d" % len(body)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self._body})


def _refusal(request: Request, refused: RequestRefused, watched: Watched) -> Reply:
    watched.codes = (refused.code,)
    media = accepted(request.headers.get("accept")) or JSON
    headers = [(name.lower().encode(), text.encode()) for name, text in refused.headers.items()]
    return Reply(refused.body(locale_of(request) or "en"), refused.status, media, headers)


def _failed(request: Request, error: Exception, watched: Watched) -> Reply:
    """A defect outside the executor: told like one inside."""
    made = failure(error, locale_of(request) or "en")
    code = made["extensions"]["code"]
    if code == ErrorCode.SERVICE_UNAVAILABLE:
        return _refusal(request, unavailable(), watched)
    watched.codes = (code,)
    media = accepted(request.headers.get("accept")) or JSON
    return Reply(orjson.dumps({"errors": [made]}), 504 if code == ErrorCode.TIMEOUT else 500, media, ())


@lru_cache(maxsize=256)
def accepted(accept: str | None) -> str | None:
    """The media type to answer with: the one of ours the client likes best; null when it takes neither."""
    liked: list[tuple[float, str]] = []
    for part in (accept or "*/*").split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind in OFFERED:
            liked.append((next((_weight(p) for p in parameters if p.startswith("q=")), 1.0), OFFERED[kind]))
    weight, media = max(liked, key=itemgetter(0), default=(0.0, JSON))
    return media if weight > 0 else None


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


def locale_of(request: Request) -> str | None:
    """``zh-CN`` or ``en`` when the client asks for one of them first, else null: the tenant's own."""
    given = request.headers.get("accept-language")
    if given is None:
        return None
    first = given.partition(",")[0].strip().lower()
    if first.startswith("zh"):
        return "zh-CN"
    return "en" if first.startswith("en") else None
