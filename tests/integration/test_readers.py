"""Read connections: as many as allowed, not older than allowed, sound whatever happened to them."""

import asyncio

import asyncpg
import pytest

from tenancy.readers import Readers
from tests.support.postgres import Server


def readers_of(server: Server, size: int = 2, lifetime_s: float = 60.0) -> Readers:
    return Readers(lambda: asyncpg.connect(server.app_dsn), size, lifetime_s)


async def test_no_more_connections_are_lent_than_there_are_places(server: Server) -> None:
    readers = readers_of(server)
    one, two = await readers.take(5), await readers.take(5)
    with pytest.raises(TimeoutError):
        await readers.take(0.05)
    waiting = asyncio.create_task(readers.take(5))
    readers.give(one)
    assert await waiting is one
    readers.give(one)
    readers.give(two)
    await readers.close()
    assert one.is_closed()
    assert two.is_closed()


async def test_a_connection_that_is_too_old_or_closed_is_replaced(server: Server) -> None:
    for readers, spoil in (
        (readers_of(server, 1, lifetime_s=0.0), lambda readers, connection: None),
        (readers_of(server, 1), lambda readers, connection: readers.expire()),
        (readers_of(server, 1), lambda readers, connection: connection.terminate()),
    ):
        one = await readers.take(5)
        spoil(readers, one)
        readers.give(one)
        two = await readers.take(5)
        assert two is not one
        assert await two.fetchval("SELECT 1") == 1
        readers.give(two)
        await readers.close()


async def test_a_failure_to_connect_takes_no_place(server: Server) -> None:
    outcomes = iter([ConnectionRefusedError(), None])

    async def connect() -> asyncpg.Connection:
        if fault := next(outcomes):
            raise fault
        return await asyncpg.connect(server.app_dsn)

    readers = Readers(connect, 1, 60.0)
    with pytest.raises(ConnectionRefusedError):
        await readers.take(5)
    readers.give(await readers.take(5))
    await readers.close()
