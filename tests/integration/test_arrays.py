"""Arrays are bound under a tenant's role, though looking up their types is what asyncpg does with set_config."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from tenancy.engine import SETTINGS, Engines, Sizes
from tenancy.scope import Scope, naming
from tenancy.tenant import Tenant
from tests.support.postgres import Server

AT = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)
ARRAYS: dict[str, list[Any]] = {
    "uuid": [uuid.UUID(int=7)],
    "text": ["äöü", "灯笼", ""],
    "varchar": ["a"],
    "int2": [1, -1],
    "int4": [1, None],
    "int8": [2**62],
    "numeric": [Decimal("1.2345")],
    "float8": [0.5],
    "bool": [True, False],
    "date": [date(2026, 1, 15)],
    "timestamptz": [AT],
    "jsonb": ['{"a": 1}'],
    "bytea": [b"\x00\xff"],
}
RANGES = {"tstzrange": asyncpg.Range(AT, None), "daterange": asyncpg.Range(date(2026, 1, 1), date(2026, 2, 1))}
VALUES: dict[str, Any] = {f"{kind}[]": values for kind, values in ARRAYS.items()} | RANGES


@pytest.fixture
async def fresh(server: Server) -> AsyncIterator[Engines]:
    """Connections that have looked up no type yet."""
    async with Engines(server.app_dsn, sizes=Sizes(reads=1, writes=1)) as engines:
        yield engines


@pytest.mark.parametrize("kind", VALUES)
async def test_a_reader_binds_and_reads_it(fresh: Engines, tenant: Tenant, kind: str) -> None:
    scope = Scope(fresh)
    for _ in range(2):
        async with scope.read(tenant) as connection:
            assert await connection.fetchval(f"SELECT $1::{kind}", VALUES[kind]) == VALUES[kind]
            await connection.reload_schema_state()
            assert await connection.fetchval(f"SELECT $1::{kind} AS again", VALUES[kind]) == VALUES[kind]


@pytest.mark.parametrize("kind", VALUES)
async def test_a_writer_binds_and_reads_it(fresh: Engines, tenant: Tenant, kind: str) -> None:
    async with Scope(fresh).write(tenant) as session:
        driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
        expected = [{"a": 1}] if kind == "jsonb[]" else VALUES[kind]  # SQLAlchemy's codec parses
        assert await driver.fetchval(f"SELECT $1::{kind}", VALUES[kind]) == expected
        await driver.reload_schema_state()
        assert await driver.fetchval(f"SELECT $1::{kind} AS again", VALUES[kind]) == expected


async def test_json_stays_the_bytes_that_the_server_made(fresh: Engines, tenant: Tenant) -> None:
    async with Scope(fresh).read(tenant) as connection:
        found = await connection.fetchval("""SELECT json_build_object('a', 1.50, 'b', 'x')""")
    assert found == b'{"a" : 1.50, "b" : "x"}'


async def test_an_ordinary_connection_fails_at_it(server: Server, tenant: Tenant) -> None:
    """What ``SharedConnection`` is for: with another asyncpg it may become needless, and this test says so."""
    settings = {name: value for name, value in SETTINGS.items() if name != "jit"}
    connection = await asyncpg.connect(server.app_dsn, server_settings=settings)
    try:
        await connection.execute(f"BEGIN; {naming(tenant, 1000)}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("SELECT $1::uuid[]", VALUES["uuid[]"])
    finally:
        await connection.close()
