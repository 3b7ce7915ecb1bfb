"""The web application: routes and lifespan.  No state at module level."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from strawberry.http.ides import get_graphql_ide_html

from api.allowances import Allowances
from api.answering import Answering
from api.auth import Callers
from api.http import GraphQLEndpoint
from api.purses import Purses
from api.schema import printed_schema
from api.settings import Settings
from api.start import Running, running
from api.telemetry.looking import looking
from api.telemetry.metrics import Metrics
from api.telemetry.watch import Watch
from api.trusted import Trusted
from migrations.compiled import tenant_revisions
from tenancy.control import Control
from tenancy.engine import Sizes
from tenancy.platform import change_version
from tenancy.scope import Scope as Tenants

CONSOLE = files("api") / "console"
GRAPHQL = "/graphql"


@dataclass(frozen=True, slots=True)
class DemoPage:
    """What ``/`` shows in the demo: the merchants with their keys, and a query to try."""

    keys: Sequence[dict[str, str]]  # slug, name, apiKey
    example: str


def create_app(settings: Settings, *, demo: DemoPage | None = None) -> Starlette:
    """The application on ``settings.database_url``.  With ``demo``, GraphiQL and the keys are shown.

    Its lifespan raises ``Unfit`` when the database would not keep tenants apart.
    """
    metrics = Metrics()
    watch = Watch(metrics, settings.log_share)
    endpoint = _Endpoint(watch, get_graphql_ide_html(graphql_ide="graphiql") if demo else None)
    sdl = printed_schema()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        assert settings.database_url
        sizes = Sizes(settings.read_connections, settings.write_connections, settings.pool_wait_s)
        demanded = {"require_hardening": settings.require_hardening, "pgbouncer": settings.pgbouncer}
        async with running(settings.database_url, sizes=sizes, **demanded) as opened:
            answering = endpoint.open(opened, settings)
            app.state.running = opened
            try:
                async with looking(metrics, opened, answering):
                    yield
            finally:
                await endpoint.close()

    async def home(_: Request) -> Response:
        return HTMLResponse(_home(demo))

    async def schema(_: Request) -> Response:
        return PlainTextResponse(sdl)

    routes = [
        Route("/", home),
        Route(GRAPHQL, endpoint),  # when the application is mounted below a path
        Route("/livez", _alive),
        Route("/readyz", _ready),
        Route("/schema.graphql", schema),
    ]
    app = _Application(endpoint, routes=routes, lifespan=lifespan)
    app.state.metrics, app.state.draining = metrics, False
    return app


class _Application(Starlette):
    """Hands GraphQL to its endpoint at once: routes and middleware would cost as much as the rest of HTTP."""

    def __init__(self, endpoint: "_Endpoint", **options: Any) -> None:
        super().__init__(**options)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self._endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Endpoint:
    """``/graphql``; opened by the lifespan, because its pools belong to a running event loop."""

    def __init__(self, watch: Watch, page: str | None) -> None:
        self._watch, self._page = watch, page
        self._inner: GraphQLEndpoint | None = None
        self._purses: Purses | None = None

    def open(self, opened: Running, settings: Settings) -> Answering:
        """Serve on these pools from now on."""
        secret = settings.secret.get_secret_value().encode() if settings.secret else secrets.token_bytes(32)
        outdated = tenant_revisions().outdated
        allowances = Allowances.of(settings)
        self._purses = Purses(opened.control, allowances)
        callers = Callers(opened.control, self._purses, outdated)
        trusted = Trusted(opened.control, lambda: callers.version)
        control = Control(opened.engines.node().writes, callers.forget)
        tenants = Tenants(opened.engines, outdated=outdated)
        answering = Answering(tenants, control, secret, allowances=allowances, trusted=trusted)
        self._inner = GraphQLEndpoint(callers.authenticate, answering.answer, callers.lists, self._watch, self._page)
        return answering

    async def close(self) -> None:
        """Before its pools are closed."""
        if self._purses is not None:
            await self._purses.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self._inner
        await self._inner(scope, receive, send)


async def _alive(_: Request) -> Response:
    """The process answers."""
    return _json({"status": "alive"})


async def _ready(request: Request) -> Response:
    """The database answers too, and nobody has told us to end; and how well tenants are kept apart."""
    opened: Running = request.app.state.running
    if request.app.state.draining:
        return _json({"status": "the process is ending", "isolation": opened.hardening.report}, 503)
    try:
        async with opened.control.begin() as connection:
            await change_version(connection)
    except (SQLAlchemyError, OSError):
        return _json({"status": "the database does not answer", "isolation": opened.hardening.report}, 503)
    return _json({"status": "ready", "isolation": opened.hardening.report})


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def _home(demo: DemoPage | None) -> str:
    page = Template((CONSOLE / "home.html").read_text(encoding="utf-8"))
    shown = {"keys": list(demo.keys) if demo else [], "example": demo.example if demo else ""}
    return page.substitute({name: _in_script(value) for name, value in shown.items()})


def _in_script(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return orjson.dumps(value).decode().replace("<", "\\u003c")
