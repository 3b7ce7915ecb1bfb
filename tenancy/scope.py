"""The one door to a tenant's rows: a transaction that has named its tenant to PostgreSQL.

Role and path are SET LOCAL: they end with the transaction, so a pooled connection never remembers whom it served.  A
read's transaction may stay open for four milliseconds after its answer; the message that names the next tenant ends it.
Outside a scope the login role sees no table, and inside it no other tenant's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import SessionTransaction

from tenancy.engine import READ_TIMEOUT_MS, Engines
from tenancy.platform import Status
from tenancy.readers import Readers
from tenancy.tenant import Tenant

WRITE_TIMEOUT_MS = 30_000
BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
BeforeCommit = Callable[[AsyncSession], Awaitable[object]]


class TenantClosed(Exception):
    """The tenant's status does not allow it, or its schema is ``OUTDATED``."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the tenant is {status}")
        self.status = status


def naming(tenant: Tenant, timeout_ms: int | None = None) -> str:
    """The statements that name a tenant; without a timeout, the connection's own holds.

    ``pg_temp`` comes last, or temporary tables would come first.
    """
    name = tenant.schema
    names = f"SET LOCAL ROLE {name}; SET LOCAL search_path TO {name}, pg_temp"
    return names if timeout_ms is None else f"{names}; SET LOCAL statement_timeout TO {int(timeout_ms)}"


class Scope:
    """Opens transactions in tenants."""

    def __init__(self, engines: Engines, *, outdated: Collection[str] = ()) -> None:
        """``outdated``: revisions of schemas that this code no longer serves."""
        self._engines, self._outdated = engines, outdated

    def read(self, tenant: Tenant, timeout_ms: int = READ_TIMEOUT_MS) -> "Snapshot":
        """An asyncpg connection inside one read-only snapshot: everything read in it agrees.

        ``timeout_ms`` bounds each statement.  Raises ``TenantClosed``, and TimeoutError when no connection is free.
        """
        self._admit(tenant, Status(tenant.status).readable)
        # Read connections are opened with the usual timeout, which then needs no saying.
        usual = timeout_ms == READ_TIMEOUT_MS and not self._engines.pgbouncer
        names = naming(tenant, None if usual else timeout_ms)
        return Snapshot(self._engines.engine_for(tenant).reads, names, self._engines.sizes.wait_s)

    @asynccontextmanager
    async def write(
        self, tenant: Tenant, before_commit: BeforeCommit | None = None, timeout_ms: int = WRITE_TIMEOUT_MS
    ) -> AsyncIterator[AsyncSession]:
        """A session at READ COMMITTED.  A clean exit awaits ``before_commit`` and commits, any other rolls back.

        Raises ``TenantClosed``, and what SQLAlchemy raises when no connection is free.
        """
        self._admit(tenant, Status(tenant.status).writable)
        async with self._session(tenant, timeout_ms) as session:
            yield session
            if before_commit is not None:
                await before_commit(session)
            await session.commit()

    def _admit(self, tenant: Tenant, admitted: bool) -> None:
        if not admitted:
            raise TenantClosed(tenant.status)
        if tenant.revision in self._outdated:
            raise TenantClosed("OUTDATED")

    def _session(self, tenant: Tenant, timeout_ms: int) -> AsyncSession:
        session = AsyncSession(self._engines.engine_for(tenant).writes, expire_on_commit=False, autoflush=True)
        names = naming(tenant, timeout_ms)

        @event.listens_for(session.sync_session, "after_begin")
        def enter(_session: object, transaction: SessionTransaction, connection: Connection) -> None:
            if not transaction.nested:  # a savepoint is inside already
                begin(connection, names)

        return session


class Snapshot:
    """A read-only transaction as an async context; a class, because a generator costs as much as the loan itself."""

    __slots__ = ("_loan", "_names", "_readers", "_timeout_s")

    def __init__(self, readers: Readers, names: str, timeout_s: float) -> None:
        self._readers, self._names, self._timeout_s = readers, names, timeout_s

    async def __aenter__(self) -> Any:
        self._loan = await self._readers.begin(f"{BEGIN_SNAPSHOT}; {self._names}", self._timeout_s)
        return self._loan.connection

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._readers.end(self._loan)
        else:
            await self._readers.heal(self._loan)


def begin(connection: Connection, names: str) -> None:
    """Begin on the driver's connection and name the tenant, in two messages.

    SQLAlchemy begins only with its first statement: what is sent to the driver before that would be outside.
    """
    adapted: Any = connection.connection.dbapi_connection

    async def send(driver: Any) -> None:
        await adapted._start_transaction()
        await driver.execute(names)

    try:
        adapted.run_async(send)
    except BaseException:
        # Cancelled between BEGIN and its answer, SQLAlchemy would return an open transaction to its pool.
        connection.invalidate()
        raise
