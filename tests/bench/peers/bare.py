"""The compiled path and nothing around it, neither keys nor limits nor a log: what ours adds is measured by it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.graph.execute import Doors, Executor
from api.schema import core_schema
from api.scopes import Scope as Permission
from api.start import running
from api.terms import read_terms
from api.views import view
from tenancy.keys import verify
from tenancy.scope import Scope
from tests.bench.peers.frame import read_schemas

SCOPES, SCHEMAS = frozenset(Permission), read_schemas()


@asynccontextmanager
async def opened(app: Starlette) -> AsyncIterator[None]:
    """The executor, and the tenants by the value of the Authorization header."""
    async with running(os.environ["BENCH_DSN"], require_hardening=False) as started:
        async with started.control.begin() as connection:
            grants = {
                head: await verify(connection, head.removeprefix("Bearer "), datetime.now(UTC)) for head in SCHEMAS
            }
        app.state.tenants = {head: grant.tenant for head, grant in grants.items() if grant}
        scope = Scope(started.engines)
        doors = Doors(lambda env: scope.read(env.tenant), scope.write, read_terms, lambda tenant: str(tenant.schema))
        app.state.executor = Executor(core_schema(), view, doors, b"k" * 32)
        yield


async def graphql(request: Request) -> Response:
    """One operation."""
    given, state = orjson.loads(await request.body()), request.app.state
    tenant, now = state.tenants[request.headers["authorization"]], datetime.now(UTC)
    answer = await state.executor.run(given["query"], given["variables"], now=now, tenant=tenant, scopes=SCOPES)
    return Response(answer.body, media_type="application/json")


app = Starlette(routes=[Route("/graphql", graphql, methods=["POST"])], lifespan=opened)
