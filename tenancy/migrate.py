"""Migrates the control plane and all tenants: those behind, several at once, each in a transaction of its own.

A failing tenant stops no other.  Run again, it goes on where it stopped.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from migrations.compiled import Revisions, platform_revisions
from tenancy.baseline import closing
from tenancy.platform import SCHEMA, Status, raise_change, tenant, write_audit
from tenancy.provision import lock, run_script
from tenancy.registry import CARRIED, as_tenant
from tenancy.roles import Hardening, prepare_roles
from tenancy.tenant import Tenant
from tenancy.waiting import LOCK_TIMEOUT_MS, Busy, persist, reason

MIGRATED = (Status.ACTIVE, Status.READ_ONLY, Status.SUSPENDED)


class NewerRelease(LookupError):
    """The database was migrated by a newer release; the text says how far."""


@dataclass(slots=True)
class Migrated:
    """What became of each tenant that was behind."""

    target: str
    done: list[str] = field(default_factory=list)  # slugs
    failed: dict[str, str] = field(default_factory=dict)  # slug → why
    retries: int = 0

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return not self.failed

    def retried(self) -> None:
        """Somebody was in the way of a tenant."""
        self.retries += 1


async def migrate_platform(owner_dsn: str, login: str, password: str | None) -> Hardening:
    """Make or migrate the control plane and prepare the roles.  Idempotent; concurrent runs wait for each other.

    Raises ``NewerRelease``, ``UnfitRole``.
    """
    revisions = platform_revisions()
    connection = await asyncpg.connect(owner_dsn)
    try:
        # Another process may make it at this moment; then it exists.
        with suppress(asyncpg.UniqueViolationError, asyncpg.DuplicateSchemaError):
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        async with connection.transaction():
            # A comment locks the schema until the end, and only its owner may write one; an advisory lock, anybody.
            await connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS 'Regulars: the control plane'")
            current = None
            if await connection.fetchval(f"SELECT to_regclass('{SCHEMA}.alembic_version')"):
                current = await connection.fetchval(f"SELECT version_num FROM {SCHEMA}.alembic_version")
            if current is not None and not revisions.knows(current):
                raise NewerRelease(f"the control plane is at revision {current} of a newer release: use that one")
            if current != revisions.head:
                await connection.execute(revisions.sql(current))
            return await prepare_roles(connection, login, password)
    finally:
        await connection.close()


async def behind(owner: AsyncEngine, revisions: Revisions, target: str) -> list[Tenant]:
    """Tenants whose schema is not at ``target``."""
    async with owner.connect() as connection:
        query = select(*CARRIED).where(
            tenant.c.status.in_(MIGRATED), or_(tenant.c.revision != target, tenant.c.revision.is_(None))
        )
        return [as_tenant(row) for row in (await connection.execute(query.order_by(tenant.c.slug))).mappings()]


async def migrate_tenants(
    owner: AsyncEngine,
    revisions: Revisions,
    now: datetime,
    *,
    workers: int = 4,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Migrated:
    """Bring every tenant to the head.  ``progress`` hears how many of how many are through.

    Each worker has a connection of its own; the owner's pool must have as many.
    """
    target = revisions.head
    waiting = await behind(owner, revisions, target)
    report, total = Migrated(target), len(waiting)
    queue = iter(waiting)

    async def work() -> None:
        for one in queue:
            await _migrate_one(owner, revisions, one, now, report)
            progress(len(report.done) + len(report.failed), total)

    await asyncio.gather(*(work() for _ in range(min(workers, total))))
    if total:
        async with owner.begin() as connection:
            await write_audit(
                connection,
                "tenants.migrated",
                None,
                now,
                target=target,
                done=len(report.done),
                failed=len(report.failed),
            )
            await raise_change(connection)
    return report


async def _migrate_one(owner: AsyncEngine, revisions: Revisions, one: Tenant, now: datetime, report: Migrated) -> None:
    try:
        await persist(lambda: _upgrade(owner, revisions, one, now), report.retried)
    except (asyncpg.PostgresError, DBAPIError, Busy, LookupError) as error:
        report.failed[one.slug] = reason(error)
    else:
        report.done.append(one.slug)


async def _upgrade(owner: AsyncEngine, revisions: Revisions, one: Tenant, now: datetime) -> None:
    """One tenant, one transaction: the schema, its version and its row of the registry."""
    async with owner.begin() as connection:
        if await lock(connection, one) not in MIGRATED:
            return
        await run_script(
            connection,
            f"SET LOCAL lock_timeout TO {LOCK_TIMEOUT_MS}; SET LOCAL search_path TO {one.schema}, pg_temp",
        )
        pooled: Any = await connection.get_raw_connection()
        current = await pooled.driver_connection.fetchval("SELECT version_num FROM alembic_version")
        if current != revisions.head:
            if not revisions.knows(current):
                raise NewerRelease(f"its revision {current} is unknown: it was migrated by a newer release")
            await run_script(connection, revisions.sql(current) + closing(one.schema))
        done = {"revision": revisions.head, "updated_at": now}
        await connection.execute(update(tenant).where(tenant.c.id == one.id).values(done))
