"""Drops a tenant for good: its rows, schema, role and keys, one tenant to a transaction, against a receipt."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tenancy.platform import Status, api_key, budget, raise_change, tenant, trusted_document, write_audit
from tenancy.provision import lock, run_script
from tenancy.registry import move_tenant
from tenancy.tenant import Tenant
from tenancy.waiting import LOCK_TIMEOUT_MS, persist

TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY tablename")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was dropped: rows by table, keys that were ended."""

    tenant_id: UUID
    slug: str
    dropped_at: datetime
    tables: dict[str, int]
    keys_revoked: int

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """For the registry and for people."""
        return asdict(self) | {"tenant_id": str(self.tenant_id), "dropped_at": self.dropped_at.isoformat()}


async def drop_tenant(owner: AsyncEngine, slug: str, now: datetime) -> Receipt:
    """Drop it.  From the first commit on it is served nowhere; interrupted, it is completed by asking again.

    Its row stays, so that neither slug nor schema are ever used again.  Raises ``NoTenant``, ``CannotMove``.
    """
    async with owner.begin() as connection:
        doomed = await move_tenant(connection, slug, Status.DELETING, now)
    # A request that began before this commit may still read, for as long as its timeout says.
    return await persist(lambda: _drop(owner, doomed, now))


async def _drop(owner: AsyncEngine, doomed: Tenant, now: datetime) -> Receipt:
    async with owner.begin() as connection:
        await lock(connection, doomed)
        await connection.execute(text(f"SET LOCAL lock_timeout TO {LOCK_TIMEOUT_MS}"))
        counts = await _count(connection, doomed.schema)
        ended = update(api_key).where(api_key.c.tenant_id == doomed.id, api_key.c.revoked_at.is_(None))
        revoked = (await connection.execute(ended.values(revoked_at=now))).rowcount
        await connection.execute(delete(trusted_document).where(trusted_document.c.tenant_id == doomed.id))
        keys = select(api_key.c.id).where(api_key.c.tenant_id == doomed.id)
        await connection.execute(delete(budget).where(or_(budget.c.id == doomed.id, budget.c.id.in_(keys))))
        await connection.execute(text(f"DROP SCHEMA IF EXISTS {doomed.schema} CASCADE"))
        await run_script(connection, f"DROP ROLE IF EXISTS {doomed.schema}")
        receipt = Receipt(doomed.id, doomed.slug, now, counts, revoked)
        done = {"status": Status.DELETED, "updated_at": now, "receipt": receipt.as_json()}
        await connection.execute(update(tenant).where(tenant.c.id == doomed.id).values(done))
        await write_audit(connection, "tenant.dropped", doomed.id, now, rows=receipt.rows)
        await raise_change(connection)
        return receipt


async def _count(connection: AsyncConnection, schema: str) -> dict[str, int]:
    """Exact row counts, under locks that let nobody in until the schema is gone."""
    names = list((await connection.scalars(TABLES, {"schema": schema})).all())
    if names:
        listed = ", ".join(f'{schema}."{name}"' for name in names)
        await connection.execute(text(f"LOCK TABLE {listed} IN ACCESS EXCLUSIVE MODE"))
    return {  # the names come from the catalogue
        name: await connection.scalar(text(f'SELECT count(*) FROM {schema}."{name}"')) for name in names
    }
