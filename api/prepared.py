"""Whether the configured database can be served: it answers, it is migrated, its role is fit.  Asked as that role."""

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.databases import NoDatabase
from api.start import inspected
from migrations.compiled import Revisions, platform_revisions
from tenancy.engine import create_engine
from tenancy.migrate import behind
from tenancy.platform import SCHEMA
from tenancy.registry import list_tenants
from tenancy.waiting import reason, sqlstate

# undefined_table, invalid_schema_name, insufficient_privilege: migrate makes the tables and grants them.
UNPREPARED = frozenset(("42P01", "3F000", "42501"))
MIGRATE = "run: regulars migrate"


async def examine(dsn: str, revisions: Revisions, *, require_hardening: bool, pgbouncer: bool = False) -> list[str]:
    """The merchants that cannot be served, by slug: too far behind ``revisions``.

    Raises ``Unfit``, and ``NoDatabase`` when there is nothing to serve.
    """
    try:
        await inspected(dsn, require_hardening=require_hardening)
        engine = create_engine(dsn, pgbouncer=pgbouncer)
        try:
            return await _behind(engine, revisions)
        finally:
            await engine.dispose()
    except (OSError, asyncpg.PostgresError, DBAPIError) as error:
        if sqlstate(error) in UNPREPARED:
            raise NoDatabase(f"the database is not prepared; {MIGRATE}") from error
        raise NoDatabase(f"the database does not let us in: {reason(error)}") from error


async def _behind(engine: AsyncEngine, revisions: Revisions) -> list[str]:
    async with engine.connect() as connection:
        platform = await connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.alembic_version"))
        tenants = await list_tenants(connection)
    known = platform_revisions()
    # One that is not known is a newer release's, which keeps what this one reads.
    if known.knows(platform) and platform != known.head:
        raise NoDatabase(f"the control plane is at revision {platform}, older than this release; {MIGRATE}")
    late = [one.slug for one in await behind(engine, revisions, revisions.head) if one.revision in revisions.outdated]
    if late and len(late) == len(tenants):
        raise NoDatabase(f"every merchant is at a revision older than this release serves; {MIGRATE}")
    return late
