"""The application in this process, asked over HTTP with a tenant's key."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from api.allowances import USUAL
from api.app import create_app
from api.auth import Caller
from api.purses import Purses
from api.scopes import Scope as Permission
from api.settings import Settings
from tenancy.control import Control
from tenancy.keys import ALL_SCOPES, Grant, create_key
from tenancy.scope import Scope
from tenancy.tenant import Tenant

EVERYTHING = (*ALL_SCOPES, "customers_erase", "admin")
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Api:
    """A client of the application; ``token`` is the key it sends."""

    client: httpx.AsyncClient
    owner: AsyncEngine
    control: AsyncEngine  # the application's own, to the control plane
    token: str = ""

    async def of(self, tenant: Tenant, scopes: tuple[str, ...] = EVERYTHING, **more: Any) -> "Api":
        """The same application, asked with a new key of a tenant."""
        async with self.owner.begin() as connection:
            _, token = await create_key(connection, tenant, datetime.now(UTC), scopes=scopes, **more)
        return replace(self, token=token)

    async def post(self, query: str, variables: Any = None, **headers: str) -> httpx.Response:
        """One operation, sent as a client does."""
        body = {"query": query, **({"variables": variables} if variables is not None else {})}
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        # As ASCII: a lone surrogate can then be sent, as hostile clients do.
        content = json.dumps(body).encode()
        return await self.client.post("/graphql", content=content, headers=JSON | sent | headers)

    async def ask(self, query: str, variables: Any = None, **headers: str) -> Any:
        """The whole answer, as JSON."""
        return (await self.post(query, variables, **headers)).json()

    async def data(self, query: str, variables: Any = None, **headers: str) -> Any:
        """``data`` of an answer without errors."""
        answer = await self.ask(query, variables, **headers)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


def control_of(scope: Scope) -> Control:
    """The control plane, for asking without HTTP."""
    return Control(scope._engines.node().writes)


def caller_of(scope: Scope, tenant: Tenant) -> Caller:
    """Who may do everything in a tenant, for asking without HTTP."""
    grant = Grant(tenant, uuid4(), "test", frozenset(), frozenset(), None)
    purse = Purses(scope._engines.node().writes, USUAL).of(grant)
    return Caller(tenant, frozenset(Permission), "key:test", "en", purse, grant)


@asynccontextmanager
async def opened(
    app_dsn: str, owner: AsyncEngine, *, app: Starlette | None = None, **settings: Any
) -> AsyncIterator[Api]:
    """The application on a database, started and stopped; with settings, or one that is made already."""
    app = app or create_app(Settings(database_url=app_dsn, **settings))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://regulars.test") as client,
    ):
        yield Api(client, owner, app.state.running.control)
