"""Read connections: as many as allowed, not older than allowed, sound whatever happened to them, never left open."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tenancy.readers import LINGER_S, Readers
from tests.support.postgres import Server

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle in transaction'"


def readers_of(server: Server, size: int = 2, lifetime_s: float = 60.0, name: str = "") -> Readers:
    settings = {"application_name": name}
    return Readers(lambda: asyncpg.connect(server.app_dsn, server_settings=settings), size, lifetime_s)


@pytest.fixture
async def watcher(server: Server) -> AsyncIterator[asyncpg.Connection]:
    """Another connection, which sees what the others do."""
    connection = await asyncpg.connect(server.owner_dsn)
    yield connection
    await connection.close()


async def until(watcher: asyncpg.Connection, name: str, opened: int) -> None:
    """Wait until so many connections of that name are idle in a transaction."""
    async with asyncio.timeout(20):
        while await watcher.fetchval(OPEN, name) != opened:
            pass


async def test_no_more_connections_are_lent_than_there_are_places(server: Server) -> None:
    readers = readers_of(server)
    one, two = await readers.begin(BEGIN, 5), await readers.begin(BEGIN, 5)
    with pytest.raises(TimeoutError):
        await readers.begin(BEGIN, 0.05)
    waiting = [asyncio.create_task(readers.begin(BEGIN, 5)) for _ in range(2)]
    await asyncio.sleep(0)
    readers.end(one)
    assert await waiting[0] is one, "first come, first served"
    readers.end(one)
    assert await waiting[1] is one
    readers.end(one)
    readers.end(two)
    await readers.close()
    assert one.connection.is_closed()
    assert two.connection.is_closed()


async def test_the_next_transaction_is_a_new_one(server: Server, watcher: asyncpg.Connection) -> None:
    readers = readers_of(server, 1)
    await watcher.execute("CREATE TABLE IF NOT EXISTS public.seen_by_readers (n integer); TRUNCATE seen_by_readers")
    await watcher.execute("GRANT SELECT ON public.seen_by_readers TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC")
    for expected in range(3):
        loan = await readers.begin(f"{BEGIN}; SET LOCAL search_path TO public", 5)
        assert await loan.connection.fetchval("SELECT count(*) FROM public.seen_by_readers") == expected
        await watcher.execute("INSERT INTO public.seen_by_readers VALUES (1)")
        assert await loan.connection.fetchval("SELECT count(*) FROM public.seen_by_readers") == expected, "a snapshot"
        readers.end(loan)
    await readers.close()
    await watcher.execute("DROP TABLE public.seen_by_readers")


async def test_a_transaction_that_nobody_follows_is_ended(server: Server, watcher: asyncpg.Connection) -> None:
    readers = readers_of(server, 3, name="ended")
    loans = [await readers.begin(BEGIN, 5) for _ in range(3)]
    await until(watcher, "ended", 3)
    for loan in loans:
        readers.end(loan)
        await asyncio.sleep(LINGER_S / 2)
    await until(watcher, "ended", 0)
    again = [await readers.begin(BEGIN, 5) for _ in range(3)]
    assert {id(loan) for loan in again} == {id(loan) for loan in loans}
    await readers.close()


async def test_who_ends_its_own_transactions_finds_none(server: Server) -> None:
    readers = readers_of(server, 1)
    readers.end(await readers.begin(f"{BEGIN}; SET LOCAL search_path TO nowhere", 5))
    async with readers.acquire() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SHOW search_path") != "nowhere"
        await connection.execute("BEGIN")
    async with readers.acquire() as connection:
        assert not connection.is_in_transaction(), "what it leaves open is rolled back"
    await readers.close()


async def test_after_a_failure_a_connection_is_rolled_back_and_serves_again(server: Server) -> None:
    readers = readers_of(server, 1)
    loan = await readers.begin(BEGIN, 5)
    with pytest.raises(asyncpg.UndefinedTableError):
        await loan.connection.fetchval("SELECT * FROM nowhere")
    await readers.heal(loan)
    assert await readers.begin(BEGIN, 5) is loan
    readers.end(loan)
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await readers.begin("BEGIN AT ONCE", 5)
    assert await readers.begin(BEGIN, 5) is loan
    await readers.close()


async def test_connections_that_died_unused_are_replaced_unnoticed(server: Server, watcher: asyncpg.Connection) -> None:
    readers = readers_of(server, 3, name="dying")
    for loan in [await readers.begin(BEGIN, 5) for _ in range(3)]:
        readers.end(loan)
    await watcher.fetch("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'dying'")
    loans = [await readers.begin(BEGIN, 5) for _ in range(3)]
    assert [await loan.connection.fetchval("SELECT 1") for loan in loans] == [1, 1, 1]
    await readers.close()


async def test_a_connection_that_is_too_old_or_closed_is_replaced(server: Server) -> None:
    for readers, spoil in (
        (readers_of(server, 1, lifetime_s=0.0), lambda readers, loan: None),
        (readers_of(server, 1), lambda readers, loan: readers.expire()),
        (readers_of(server, 1), lambda readers, loan: loan.connection.terminate()),
    ):
        one = await readers.begin(BEGIN, 5)
        waiting = asyncio.create_task(readers.begin(BEGIN, 5))
        await asyncio.sleep(0)
        spoil(readers, one)
        readers.end(one)
        two = await waiting
        assert two is not one
        assert await two.connection.fetchval("SELECT 1") == 1
        readers.end(two)
        await readers.close()


async def test_a_failure_to_connect_takes_no_place(server: Server) -> None:
    outcomes = iter([ConnectionRefusedError(), None])

    async def connect() -> asyncpg.Connection:
        if fault := next(outcomes):
            raise fault
        return await asyncpg.connect(server.app_dsn)

    readers = Readers(connect, 1, 60.0)
    with pytest.raises(ConnectionRefusedError):
        await readers.begin(BEGIN, 5)
    readers.end(await readers.begin(BEGIN, 5))
    await readers.close()


@pytest.mark.parametrize("when", ["waiting", "handed over"])
async def test_one_that_gives_up_leaves_its_place_to_the_next(server: Server, when: str) -> None:
    readers = readers_of(server, 1)
    loan = await readers.begin(BEGIN, 5)
    leaving, staying = (asyncio.create_task(readers.begin(BEGIN, 5)) for _ in range(2))
    await asyncio.sleep(0)
    if when == "handed over":
        readers.end(loan)
        leaving.cancel()
    else:
        leaving.cancel()
        readers.end(loan)
    assert await staying is loan
    with pytest.raises(asyncio.CancelledError):
        await leaving
    readers.end(loan)
    await readers.close()
