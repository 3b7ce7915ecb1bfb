"""The scope: one tenant's rows, and nobody else's."""

import asyncpg
import pytest
from sqlalchemy import text

from tenancy.engine import READ_TIMEOUT_MS
from tenancy.scope import WRITE_TIMEOUT_MS, Scope
from tests.support.tenants import Tenants


async def test_what_is_written_in_a_scope_is_read_in_it_and_in_no_other(scope: Scope, tenants: Tenants) -> None:
    one, two = await tenants(2)
    async with scope.write(one) as session:
        await session.execute(text("UPDATE event_counter SET last = 7"))
    async with scope.read(one) as connection:
        assert await connection.fetchval("SELECT last FROM event_counter") == 7
        assert (await connection.fetchval("SELECT session_user")).startswith("regulars_app")
    async with scope.read(two) as connection:
        assert await connection.fetchval("SELECT last FROM event_counter") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval(f"SELECT last FROM {one.schema}.event_counter")


async def test_a_savepoint_rolls_back_alone(scope: Scope, tenants: Tenants) -> None:
    (one,) = await tenants()
    async with scope.write(one) as session:
        await session.execute(text("UPDATE event_counter SET last = 1"))
        savepoint = await session.begin_nested()
        await session.execute(text("UPDATE event_counter SET last = 2"))
        await savepoint.rollback()
    async with scope.read(one) as connection:
        assert await connection.fetchval("SELECT last FROM event_counter") == 1


@pytest.mark.parametrize("timeout_ms", [READ_TIMEOUT_MS, WRITE_TIMEOUT_MS, 1_234])
async def test_every_transaction_has_the_timeout_that_was_asked_for(
    scope: Scope, tenants: Tenants, timeout_ms: int
) -> None:
    (one,) = await tenants()
    asked = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"
    async with scope.write(one, timeout_ms=timeout_ms) as session:
        assert await session.scalar(text(asked)) == str(timeout_ms)
    async with scope.read(one, timeout_ms=timeout_ms) as connection:
        assert await connection.fetchval(asked) == str(timeout_ms)
