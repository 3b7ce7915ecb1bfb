"""Which tenants there are: finding them, listing them, moving them from status to status.

Functions take a SQLAlchemy connection inside a transaction that the caller ends.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tenancy.platform import Status, node, raise_change, tenant, write_audit
from tenancy.tenant import SLUG, Tenant

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.PROVISIONING: frozenset((Status.ACTIVE, Status.DELETING)),
    Status.ACTIVE: frozenset((Status.READ_ONLY, Status.SUSPENDED, Status.DELETING)),
    Status.READ_ONLY: frozenset((Status.ACTIVE, Status.SUSPENDED, Status.DELETING)),
    Status.SUSPENDED: frozenset((Status.ACTIVE, Status.READ_ONLY, Status.DELETING)),
    Status.DELETING: frozenset((Status.DELETED,)),
    Status.DELETED: frozenset(),
}
CARRIED = tuple(
    tenant.c[name]
    for name in (
        [
            "id",
            "slug",
            "status",
            "node",
            "locale",
            "timezone",
            "base_currency",
            "fiscal_year_start",
            "week_start",
            "revision",
            "name",
            "points_rate",
        ]
    )
)


class NoTenant(Exception):
    """There is no such tenant, or none any more."""


class CannotMove(Exception):
    """The status does not allow it."""


def as_tenant(row: RowMapping | Mapping[str, Any]) -> Tenant:
    """The tenant of a row with ``CARRIED`` columns."""
    return Tenant(**{c.name: row[c.name] for c in CARRIED} | {"revision": row["revision"] or ""})


async def find_tenant(connection: AsyncConnection, name: str | UUID) -> Tenant:
    """By slug or id.  Raises ``NoTenant``, for a dropped one too."""
    found = await _find(connection, select(*CARRIED), name)
    if found["status"] == Status.DELETED:
        raise _nobody(name)
    return as_tenant(found)


async def _find(connection: AsyncConnection, query: Select[Any], name: str | UUID) -> RowMapping:
    by = tenant.c.id == name if isinstance(name, UUID) else tenant.c.slug == name
    if isinstance(name, str) and not SLUG.fullmatch(name):  # what is no slug may not even be text
        raise _nobody(name)
    found: RowMapping | None = (await connection.execute(query.where(by))).mappings().one_or_none()
    if found is None:
        raise _nobody(name)
    return found


def _nobody(name: str | UUID) -> NoTenant:
    return NoTenant(f"no tenant is named {str(name)[:80]!a}")


async def find_facts(connection: AsyncConnection, id: UUID) -> RowMapping:
    """All that is kept of a tenant."""
    return (await connection.execute(select(tenant).where(tenant.c.id == id))).mappings().one()


async def change_settings(
    connection: AsyncConnection, id: UUID, changes: Mapping[str, Any], now: datetime, *, actor: str
) -> None:
    """Change some of a tenant's settings; the same again changes nothing.  Whoever calls has checked them."""
    query = select(*(tenant.c[name] for name in changes), tenant.c.id).where(tenant.c.id == id)
    before = (await connection.execute(query)).mappings().one()
    different = {name: value for name, value in changes.items() if before[name] != value}
    if different:
        await connection.execute(update(tenant).where(tenant.c.id == id).values(**different, updated_at=now))
        was = {name: before[name] for name in different}
        await write_audit(connection, "tenant.settings", id, now, actor=actor, before=was, after=different)
        await raise_change(connection)


async def list_tenants(connection: AsyncConnection, *, dropped: bool = False) -> list[Tenant]:
    """All tenants by slug; the dropped ones too if asked for."""
    query = select(*CARRIED).order_by(tenant.c.slug)
    if not dropped:
        query = query.where(tenant.c.status != Status.DELETED)
    return [as_tenant(row) for row in (await connection.execute(query)).mappings()]


async def list_nodes(connection: AsyncConnection) -> dict[str, tuple[str | None, int | None]]:
    """Host and port of each node, null where the configured DSN says it."""
    found = await connection.execute(select(node.c.name, node.c.host, node.c.port))
    return {name: (host, port) for name, host, port in found}


async def move_tenant(connection: AsyncConnection, slug: str, to: Status, now: datetime) -> Tenant:
    """Give the tenant another status; the one it has is fine.  Raises ``NoTenant``, ``CannotMove``."""
    found = await _find(connection, select(*CARRIED).with_for_update(), slug)
    if found["status"] == Status.DELETED and to is not Status.DELETED:
        raise _nobody(slug)
    status = Status(found["status"])
    if status is not to:
        if to not in MOVES[status]:
            raise CannotMove(f"{slug} is {status}; it cannot become {to}")
        await connection.execute(update(tenant).where(tenant.c.id == found["id"]).values(status=to, updated_at=now))
        await write_audit(connection, f"tenant.{to.lower()}", found["id"], now, before=status)
        await raise_change(connection)
    return as_tenant({**found, "status": to.value})


async def limit_tenant(connection: AsyncConnection, slug: str, points_rate: int | None, now: datetime) -> Tenant:
    """Give the tenant another budget: so many points a second, or what is usual.  Raises ``NoTenant``."""
    found = await find_tenant(connection, slug)
    changed = update(tenant).where(tenant.c.id == found.id).values(points_rate=points_rate, updated_at=now)
    await connection.execute(changed)
    await write_audit(connection, "tenant.limited", found.id, now, before=found.points_rate, after=points_rate)
    await raise_change(connection)
    return replace(found, points_rate=points_rate)
