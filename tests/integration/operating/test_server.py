"""What the doctor says of the server: nothing of a sound one, and of each fault what it is and what to do."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tenancy import server as checked
from tenancy.finding import Finding
from tenancy.server import Wanted, examine_server
from tenancy.tenant import Tenant
from tests.support.postgres import Server, a_database
from tests.support.tenants import an_owner, maker


@pytest.fixture(scope="module")
async def spoilt(cluster: Server) -> AsyncIterator[tuple[asyncpg.Connection, Server, Tenant]]:
    """A database to spoil, with a merchant, and a connection of its owner's."""
    async with a_database(cluster) as database, an_owner(database) as owner:
        (tenant,) = await maker(owner, database.login)()
        connection = await asyncpg.connect(database.owner_dsn)
        yield connection, database, tenant
        await connection.close()


Spoilt = tuple[asyncpg.Connection, Server, Tenant]


async def found(
    spoilt: Spoilt, connections: int = 17, *, ahead: timedelta = timedelta(), **more: bool
) -> list[Finding]:
    connection, database, _ = spoilt
    wanted = Wanted(database.login, connections, **more)
    return await examine_server(connection, wanted, lambda: datetime.now(UTC) + ahead)


async def test_of_a_sound_server_nothing_is_said(spoilt: Spoilt) -> None:
    assert await found(spoilt) == []
    assert await found(spoilt, pgbouncer=True) == []


@pytest.mark.parametrize("ahead", [timedelta(minutes=-2), timedelta(minutes=2)])
async def test_a_clock_that_differs_is_noticed_whichever_is_wrong(spoilt: Spoilt, ahead: timedelta) -> None:
    (one,) = await found(spoilt, ahead=ahead)
    assert "differ by 1" in one.what
    assert "NTP" in one.remedy


async def test_more_connections_than_there_are_is_noticed_and_not_behind_pgbouncer(spoilt: Spoilt) -> None:
    (one,) = await found(spoilt, 10_000)
    assert "up to 10000 connections" in one.what
    assert await found(spoilt, 10_000, pgbouncer=True) == []


async def test_a_limit_of_the_login_role_is_noticed(spoilt: Spoilt) -> None:
    connection, database, _ = spoilt
    await connection.execute(f"ALTER ROLE {database.login} CONNECTION LIMIT 5")
    try:
        (one,) = await found(spoilt)
        assert "may have 5" in one.what
    finally:
        await connection.execute(f"ALTER ROLE {database.login} CONNECTION LIMIT -1")


async def test_settings_that_pgbouncer_needs_are_missed(spoilt: Spoilt) -> None:
    connection, database, _ = spoilt
    await connection.execute(f"ALTER ROLE {database.login} RESET jit")
    try:
        assert await found(spoilt) == []
        (one,) = await found(spoilt, pgbouncer=True)
        assert ("jit" in one.what, one.remedy) == (True, "run: regulars migrate")
    finally:
        await connection.execute(f"ALTER ROLE {database.login} SET jit TO off")


async def test_an_index_that_was_not_finished_is_named_with_its_merchant(spoilt: Spoilt) -> None:
    connection, _, tenant = spoilt
    await connection.execute(f"CREATE TABLE {tenant.schema}.twice AS SELECT 1 AS n FROM generate_series(1, 2)")
    try:
        with suppress(asyncpg.UniqueViolationError):
            await connection.execute(f"CREATE UNIQUE INDEX CONCURRENTLY half ON {tenant.schema}.twice (n)")
        (one,) = await found(spoilt)
        assert ("half is not valid" in one.what, one.tenant) == (True, tenant.slug)
    finally:
        await connection.execute(f"DROP TABLE {tenant.schema}.twice")


async def test_a_table_that_is_not_cleaned_is_named(spoilt: Spoilt) -> None:
    connection, _, tenant = spoilt
    await connection.execute(f"ALTER TABLE {tenant.schema}.event SET (autovacuum_enabled = false)")
    try:
        (one,) = await found(spoilt)
        assert ("autovacuum is off for event" in one.what, one.tenant) == (True, tenant.slug)
    finally:
        await connection.execute(f"ALTER TABLE {tenant.schema}.event RESET (autovacuum_enabled)")


async def test_large_tables_that_were_not_vacuumed_since_they_were_filled_are_named(spoilt: Spoilt) -> None:
    connection, _, tenant = spoilt
    big = f"{tenant.schema}.big"
    await connection.execute(f"CREATE TABLE {big} (filler text) WITH (autovacuum_enabled = true)")
    await connection.execute(f"ALTER TABLE {big} ALTER filler SET STORAGE PLAIN")
    await connection.execute("SET synchronous_commit TO on")  # what is not on disk is not marked
    await connection.execute(f"INSERT INTO {big} SELECT repeat('x', 4200) FROM generate_series(1, 1200)")
    try:
        await connection.execute(f"ANALYZE {big}")
        (one,) = await found(spoilt)
        assert ("most pages of big" in one.what, one.tenant) == (True, tenant.slug)
        await connection.execute(f"VACUUM {big}")
        assert await found(spoilt) == []
    finally:
        await connection.execute(f"DROP TABLE {big}")


async def test_old_transactions_and_old_rows_are_noticed(spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "LONGEST_TRANSACTION", timedelta())
    other = await asyncpg.connect(spoilt[1].owner_dsn)
    try:
        await other.execute("BEGIN; SELECT 1")
        assert any("is open since" in one.what for one in await found(spoilt))
    finally:
        await other.close()
    monkeypatch.setattr(checked, "LONGEST_TRANSACTION", timedelta(hours=1))
    monkeypatch.setattr(checked, "OLDEST_AGE", -1)
    (one,) = await found(spoilt)
    assert "transactions old" in one.what
