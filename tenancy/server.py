"""What is wrong with the PostgreSQL server for what we do with it, and what to do about it.  Reads only."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tenancy.finding import Finding
from tenancy.platform import SCHEMA
from tenancy.roles import USUAL

LARGEST_SKEW = timedelta(seconds=1)
LONGEST_TRANSACTION = timedelta(hours=1)
OLDEST_AGE = 1_000_000_000  # transactions; at two thousand million the server stops
LARGE_PAGES, LEAST_VISIBLE = 1000, 0.5
SLUG = f"(SELECT slug FROM {SCHEMA}.tenant WHERE 't_' || replace(id::text, '-', '') = nspname)"
OURS = f"(nspname ~ '^t_[0-9a-f]{{32}}$' OR nspname = '{SCHEMA}')"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the application will ask of the server."""

    login: str
    connections: int  # at most, of all its processes here
    pgbouncer: bool = False


async def examine_server(owner: Any, wanted: Wanted, clock: Callable[[], datetime]) -> list[Finding]:
    """All findings; none is health.  ``owner`` is an asyncpg connection, ``clock`` this machine's."""
    looks: list[Callable[[], Awaitable[list[Finding]]]] = [
        lambda: _clock(owner, clock),
        lambda: _connections(owner, wanted),
        lambda: _login_settings(owner, wanted),
        lambda: _transactions(owner),
    ]
    if await owner.fetchval(f"SELECT to_regclass('{SCHEMA}.tenant')"):
        looks += [lambda: _vacuum(owner), lambda: _indexes(owner), lambda: _visibility(owner)]
    return [finding for look in looks for finding in await look()]


async def _clock(owner: Any, clock: Callable[[], datetime]) -> list[Finding]:
    before = clock()
    there: datetime = await owner.fetchval("SELECT clock_timestamp()")
    after = clock()
    skew = max(there - after, before - there, timedelta())
    if skew <= LARGEST_SKEW:
        return []
    remedy = "synchronise both by NTP: windows such as 'the last 30 days' are this machine's"
    return [Finding(f"this machine's clock and the database's differ by {skew.total_seconds():.1f} s", remedy)]


async def _connections(owner: Any, wanted: Wanted) -> list[Finding]:
    if wanted.pgbouncer:  # which keeps fewer than it is asked for
        return []
    room, others, limit = await owner.fetchrow(_ROOM, wanted.login)
    found = []
    if wanted.connections + others > room:
        what = f"the processes here open up to {wanted.connections} connections, others hold {others}"
        found.append(Finding(f"{what}, and the server allows {room}", _FEWER))
    if limit is not None and 0 <= limit < wanted.connections:
        what = f"the processes here open up to {wanted.connections} connections, and {wanted.login} may have {limit}"
        found.append(Finding(what, f"{_FEWER}; ALTER ROLE … CONNECTION LIMIT"))
    return found


async def _login_settings(owner: Any, wanted: Wanted) -> list[Finding]:
    """Through PgBouncer nothing can be said at the start of a connection."""
    if not wanted.pgbouncer:
        return []
    said: list[str] = await owner.fetchval(_SETTINGS, wanted.login)
    missing = sorted(set(USUAL) - {one.partition("=")[0].lower() for one in said})
    what = f"the login role has no {', '.join(missing)} of its own, which PgBouncer makes necessary"
    return [Finding(what, "run: regulars migrate")] if missing else []


async def _vacuum(owner: Any) -> list[Finding]:
    off = [name for name in ("autovacuum", "track_counts") if await owner.fetchval(f"SHOW {name}") == "off"]
    found = [Finding(f"{name} is off: tables are never cleaned", f"set {name} = on") for name in off]
    for schema, slug, tables in await owner.fetch(_WITHOUT_VACUUM):
        what, remedy = f"autovacuum is off for {tables} in {schema}", "ALTER TABLE … RESET (autovacuum_enabled)"
        found.append(Finding(what, remedy, slug))
    age = await owner.fetchval("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()")
    if age > OLDEST_AGE:
        what = f"the oldest row is {age} transactions old; at 2,000,000,000 the server stops"
        found.append(Finding(what, "VACUUM (FREEZE), and see what keeps autovacuum from it"))
    return found


async def _indexes(owner: Any) -> list[Finding]:
    return [
        Finding(f"the index {schema}.{name} is not valid, and only slows writes", "REINDEX INDEX CONCURRENTLY", slug)
        for schema, slug, name in await owner.fetch(_INVALID)
    ]


async def _visibility(owner: Any) -> list[Finding]:
    """Counts and windows are read from indexes alone where pages are marked as visible."""
    return [
        Finding(f"most pages of {tables} in {schema} are not marked as visible: counts are slow", "VACUUM", slug)
        for schema, slug, tables in await owner.fetch(_INVISIBLE, LARGE_PAGES, LEAST_VISIBLE)
    ]


async def _transactions(owner: Any) -> list[Finding]:
    found = [
        Finding(f"a transaction of {role} ({name or 'unnamed'}) is open since {since:%Y-%m-%d %H:%M} UTC", _END_IT)
        for role, name, since in await owner.fetch(_LONG, LONGEST_TRANSACTION)
    ]
    for gid, since in await owner.fetch(_PREPARED):
        since = since.astimezone(UTC)
        found.append(Finding(f"the prepared transaction {gid!a} is open since {since:%Y-%m-%d %H:%M} UTC", _END_IT))
    return found


_FEWER = (
    "lower REGULARS_WORKERS, REGULARS_READ_CONNECTIONS or REGULARS_WRITE_CONNECTIONS, raise max_connections, or put"
    " PgBouncer between"
)
_END_IT = "it keeps what was deleted from being cleaned away: end it"
_ROOM = """SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        AND usename IS DISTINCT FROM $1::text),
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = $1::text)"""
_SETTINGS = """SELECT coalesce((SELECT setconfig FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid = s.setrole
    WHERE rolname = $1 AND setdatabase = 0), '{}')"""
_WITHOUT_VACUUM = f"""SELECT nspname, {SLUG}, string_agg(relname, ', ' ORDER BY relname)
    FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE {OURS} AND reloptions && ARRAY['autovacuum_enabled=false', 'autovacuum_enabled=off']
    GROUP BY nspname ORDER BY 1"""
_INVALID = f"""SELECT nspname, {SLUG}, relname FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
    JOIN pg_namespace AS n ON n.oid = relnamespace WHERE NOT indisvalid AND {OURS} ORDER BY 1, 3"""
_INVISIBLE = f"""SELECT nspname, {SLUG}, string_agg(relname, ', ' ORDER BY relname)
    FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE {OURS} AND relkind = 'r' AND relpages >= $1 AND relallvisible < relpages * $2::float
    GROUP BY nspname ORDER BY 1"""
_LONG = """SELECT usename, application_name, xact_start AT TIME ZONE 'UTC' FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start < clock_timestamp() - $1::interval ORDER BY xact_start"""
_PREPARED = "SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"
