"""Tenants for tests, made by the product's own provisioning."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from api.blueprint import blueprint
from domain.models import metadata
from tenancy.engine import create_engine
from tenancy.provision import NewTenant, provision
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.postgres import Server

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
BLUEPRINT = blueprint()
# ``await tenants(2)`` or ``await tenants(1, base_currency="CNY")``: so many new, empty tenants.
Tenants = Callable[..., Awaitable[list[Tenant]]]


def new_slug() -> str:
    """A slug that no other test uses."""
    return f"shop-{secrets.token_hex(8)}"


@asynccontextmanager
async def an_owner(server: Server) -> AsyncIterator[AsyncEngine]:
    """The owner's engine on a database."""
    engine = create_engine(server.owner_dsn, pool_size=8)
    yield engine
    await engine.dispose()


def maker(owner: AsyncEngine, login: str) -> Tenants:
    """What makes tenants on the owner's database."""

    async def make(count: int = 1, **properties: Any) -> list[Tenant]:
        return [
            await provision(owner, BLUEPRINT, NewTenant(slug=new_slug(), **properties), NOW, login=login)
            for _ in range(count)
        ]

    return make


class _Undo(Exception):
    """Ends a session that shall not be committed."""


@asynccontextmanager
async def rolled_back(scope: Scope, tenant: Tenant) -> AsyncIterator[AsyncSession]:
    """A write session in the tenant; nothing of it stays."""
    with suppress(_Undo):
        async with scope.write(tenant) as session:
            yield session
            raise _Undo


async def digests(scope: Scope, tenant: Tenant) -> dict[str, str]:
    """A digest of every row of each table of a tenant: equal ones have changed nothing."""
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} AS t"
    async with scope.read(tenant) as connection:
        return {name: await connection.fetchval(digest.format(name)) for name in metadata.tables}
