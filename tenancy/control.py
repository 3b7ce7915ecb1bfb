"""The door to a tenant's own rows of the control plane: its keys and settings, written for a request.

The transaction names the tenant, and row level security lets it write that one's rows and no other's; which columns,
the login role's grants say (``roles.WRITTEN``).  The tenant's own tables are not reached this way: see ``scope``.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tenancy.platform import Status
from tenancy.scope import TenantClosed
from tenancy.tenant import Tenant

TIMEOUT = "5s"  # of a statement


class Control:
    """Opens such transactions."""

    def __init__(self, engine: AsyncEngine, changed: Callable[[], None] = lambda: None) -> None:
        """``engine`` leads to the control plane as the login role; ``changed`` hears of each that was committed."""
        self._engine, self._changed = engine, changed

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that reads; the caller says of which tenant."""
        async with self._engine.begin() as connection:
            await connection.execute(text(f"SET LOCAL statement_timeout TO '{TIMEOUT}'"))
            yield connection

    @asynccontextmanager
    async def write(self, tenant: Tenant) -> AsyncIterator[AsyncConnection]:
        """A connection that may change what is the tenant's.  A clean exit commits.  Raises ``TenantClosed``."""
        if not Status(tenant.status).writable:
            raise TenantClosed(tenant.status)
        async with self.read() as connection:
            await connection.execute(text(f"SET LOCAL regulars.tenant TO '{tenant.id}'"))
            yield connection
        self._changed()
