"""Read connections of one node, lent in turn, the last returned first.

asyncpg's own pool starts a task and two timers for each loan, a third of what a small request costs.  Here a loan of a
free connection is no more than taking it off a list; only what goes wrong is dealt with in a task.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

HEALING_S = 10.0  # for the end of a cancelled statement and the rollback


class Readers:
    """At most ``size`` connections made by ``connect``; each is used for ``lifetime_s`` at most."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], size: int, lifetime_s: float) -> None:
        self._connect, self._lifetime_s = connect, lifetime_s
        self._places = asyncio.Semaphore(size)
        self._free: list[tuple[Any, float]] = []  # the connection, and when it is too old
        self._until: dict[Any, float] = {}  # of those that are lent
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, timeout_s: float) -> Any:
        """A connection outside any transaction.  Raises TimeoutError, and what connecting raises."""
        if self._places.locked():
            async with asyncio.timeout(timeout_s):
                await self._places.acquire()
        else:
            await self._places.acquire()  # there is a place, so this does not wait
        while self._free:
            connection, until = self._free.pop()
            if not connection.is_closed() and monotonic() < until:
                self._until[connection] = until
                return connection
            self._later(_closed(connection))
        try:
            async with asyncio.timeout(timeout_s):
                connection = await self._connect()
        except BaseException:
            self._places.release()
            raise
        self._until[connection] = monotonic() + self._lifetime_s
        return connection

    def give(self, connection: Any) -> None:
        """Return a connection whose transaction has ended."""
        until = self._until.pop(connection)
        if not connection.is_closed():
            self._free.append((connection, until))
        self._places.release()

    async def heal(self, connection: Any) -> None:
        """Return a connection after a failure: what was cancelled is waited for and rolled back, or it is closed."""
        await asyncio.shield(self._later(self._healed(connection)))

    async def _healed(self, connection: Any) -> None:
        try:
            async with asyncio.timeout(HEALING_S):
                await connection.execute("ROLLBACK")
        except (Exception, asyncio.CancelledError):
            connection.terminate()
        self.give(connection)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """A connection for whoever ends its own transactions."""
        connection = await self.take(HEALING_S)
        try:
            yield connection
        finally:
            await self.heal(connection) if connection.is_in_transaction() else self.give(connection)

    def expire(self) -> None:
        """Let connections go: the free ones now, the others when they are returned."""
        free, self._free = self._free, []
        for connection, _ in free:
            self._later(_closed(connection))
        self._until = dict.fromkeys(self._until, 0.0)

    async def close(self) -> None:
        """Close all connections; the lent ones at once."""
        lent = list(self._until)
        self.expire()
        for connection in lent:
            connection.terminate()
        await asyncio.gather(*self._tasks)

    def _later(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _closed(connection: Any) -> None:
    try:
        await connection.close(timeout=HEALING_S)
    except (Exception, asyncio.CancelledError):
        connection.terminate()
