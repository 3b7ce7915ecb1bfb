"""Two tenants take turns on one connection, while requests are cancelled and statements fail: nobody is mistaken."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from asyncpg.transaction import Transaction
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tenancy.engine import NOWHERE, Engines, Sizes
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.postgres import Server
from tests.support.tenants import Tenants

WHO = "SELECT last, current_user, current_setting('search_path') FROM event_counter"
Ask = Callable[[Scope, Tenant, str], Awaitable[Any]]


async def by_reading(scope: Scope, tenant: Tenant, sql: str) -> tuple[Any, ...]:
    """One row, on the read path."""
    async with scope.read(tenant) as connection:
        return tuple(await connection.fetchrow(sql))


async def by_writing(scope: Scope, tenant: Tenant, sql: str) -> tuple[Any, ...]:
    """One row, on the write path, where a row is changed on the way."""
    async with scope.write(tenant) as session:
        await session.execute(text("UPDATE dictionary SET version = version + 1"))
        return tuple((await session.execute(text(sql))).one())


PATHS = pytest.mark.parametrize("ask", [by_reading, by_writing])


@pytest.fixture(scope="module")
async def narrow(server: Server) -> AsyncIterator[Engines]:
    """Pools of one connection."""
    async with Engines(server.app_dsn, sizes=Sizes(reads=1, writes=1)) as engines:
        yield engines


@pytest.fixture(scope="module")
async def numbered(scope: Scope, tenants: Tenants) -> dict[int, Tenant]:
    """Two tenants whose rows tell them apart."""
    made = dict(zip((1, 2), await tenants(2), strict=True))
    for number, tenant in made.items():
        async with scope.write(tenant) as session:
            await session.execute(text("UPDATE event_counter SET last = :n"), {"n": number})
    return made


def expected(number: int, tenant: Tenant) -> tuple[Any, ...]:
    """What ``WHO`` must answer."""
    return number, tenant.schema, f"{tenant.schema}, pg_temp"


async def assert_clean(engines: Engines) -> None:
    """Both pools lend a connection that has no transaction, no role, and no path."""
    asked = "SELECT current_setting('role'), current_setting('search_path'), current_user = session_user"
    async with engines.node().reads.acquire() as connection:
        assert not connection.is_in_transaction()
        assert tuple(await connection.fetchrow(asked)) == ("none", NOWHERE, True)
    async with engines.node().writes.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        assert not driver.is_in_transaction()
        assert tuple((await connection.execute(text(asked))).one()) == ("none", NOWHERE, True)


@PATHS
async def test_a_cancellation_at_any_moment_leaves_the_connection_to_the_next_tenant(
    narrow: Engines, numbered: dict[int, Tenant], ask: Ask
) -> None:
    scope = Scope(narrow)
    for turns in range(60):
        one, two = (1, 2) if turns % 2 else (2, 1)
        doomed = asyncio.create_task(ask(scope, numbered[one], WHO))
        for _ in range(turns):
            await asyncio.sleep(0)
        doomed.cancel()
        with suppress(asyncio.CancelledError):
            await doomed
        assert await ask(scope, numbered[two], WHO) == expected(two, numbered[two])
    await assert_clean(narrow)


@PATHS
async def test_a_cancelled_statement_is_ended_and_its_connection_serves_the_next_tenant(
    narrow: Engines, numbered: dict[int, Tenant], ask: Ask
) -> None:
    scope = Scope(narrow)
    for one, two in ((1, 2), (2, 1)):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ask(scope, numbered[one], "SELECT pg_sleep(30)::text")
        assert await ask(scope, numbered[two], WHO) == expected(two, numbered[two])
    await assert_clean(narrow)


FAILING = ("SELECT 1 / 0", "SELECT * FROM no_such_table", "not even SQL", "SELECT 'x'::int")


@PATHS
@pytest.mark.parametrize("sql", FAILING)
async def test_a_failing_statement_leaves_the_connection_to_the_next_tenant(
    narrow: Engines, numbered: dict[int, Tenant], ask: Ask, sql: str
) -> None:
    scope = Scope(narrow)
    with pytest.raises((asyncpg.PostgresError, DBAPIError)):
        await ask(scope, numbered[1], sql)
    assert await ask(scope, numbered[2], WHO) == expected(2, numbered[2])
    await assert_clean(narrow)


@PATHS
async def test_what_a_request_did_wrong_is_nothing_to_log(
    narrow: Engines, numbered: dict[int, Tenant], ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises((asyncpg.PostgresError, DBAPIError)):
        await ask(Scope(narrow), numbered[1], FAILING[0])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ask(Scope(narrow), numbered[1], "SELECT pg_sleep(30)::text")
    await assert_clean(narrow)
    assert caplog.records == []


async def test_a_storm_of_requests_never_mistakes_a_tenant(narrow: Engines, numbered: dict[int, Tenant]) -> None:
    scope, chance = Scope(narrow), random.Random(7)

    async def request() -> None:
        number, ask = chance.choice((1, 2)), chance.choice((by_reading, by_writing))
        sql = chance.choice((WHO, WHO, WHO, *FAILING))
        with suppress(asyncpg.PostgresError, DBAPIError):
            assert await ask(scope, numbered[number], sql) == expected(number, numbered[number])

    async def cancelled() -> None:
        task = asyncio.create_task(request())
        for _ in range(chance.randrange(80)):
            await asyncio.sleep(0)
        if chance.random() < 0.4:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    for _ in range(10):
        await asyncio.gather(*(cancelled() for _ in range(30)))
    await assert_clean(narrow)


async def test_what_was_refused_or_cancelled_was_not_written(scope: Scope, tenants: Tenants) -> None:
    (tenant,) = await tenants()

    async def write(then: str) -> None:
        async with scope.write(tenant) as session:
            await session.execute(text("UPDATE dictionary SET version = 99"))
            await session.execute(text(then))

    with pytest.raises(DBAPIError):
        await write("SELECT 1 / 0")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await write("SELECT pg_sleep(30)")
    assert await by_reading(scope, tenant, "SELECT version FROM dictionary") == (0,)


async def test_a_read_scope_writes_nothing_and_sees_one_moment(scope: Scope, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    async with scope.read(tenant) as connection:
        assert await connection.fetchval("SELECT version FROM dictionary") == 0
        await by_writing(scope, tenant, WHO)
        assert await connection.fetchval("SELECT version FROM dictionary") == 0
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with scope.read(tenant) as connection:
            await connection.execute("UPDATE dictionary SET version = 5")
    assert await by_reading(scope, tenant, "SELECT version FROM dictionary") == (1,)


async def test_a_cancellation_between_begin_and_its_answer_leaves_no_open_transaction_behind(
    narrow: Engines, numbered: dict[int, Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, begun = Scope(narrow), asyncio.Event()
    start = Transaction.start

    async def start_and_wait(transaction: Transaction) -> None:
        await start(transaction)
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "start", start_and_wait)
        doomed = asyncio.create_task(by_writing(scope, numbered[1], WHO))
        await begun.wait()
        doomed.cancel()
        with suppress(asyncio.CancelledError):
            await doomed
    assert await by_writing(scope, numbered[2], WHO) == expected(2, numbered[2])
    await assert_clean(narrow)
