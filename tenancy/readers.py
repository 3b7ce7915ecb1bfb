"""Read connections of one node, lent in turn, the last returned first.

asyncpg's own pool starts a task and two timers for each loan, a third of what a small request costs.  Here a loan of a
free connection is no more than taking it off a list; only what goes wrong is dealt with in a task.

The end of a read changes nothing, so nobody waits for it: a connection comes back with its transaction open, and the
message that begins the next one ends it first.  When no next one comes, it is ended after one or two ``LINGER_S``.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from asyncpg import (  # type: ignore[import-untyped]
    AdminShutdownError,
    CrashShutdownError,
    InterfaceError,
    PostgresConnectionError,
)

HEALING_S = 10.0  # for the end of a cancelled statement and the rollback
LINGER_S = 0.002  # how long a transaction that has done its work may wait for the next
END = "COMMIT"
SHUT = (AdminShutdownError, CrashShutdownError)


@dataclass(slots=True, eq=False)
class Loan:
    """A connection while it is lent; ``connection`` is asyncpg's."""

    connection: Any
    until: float  # when it is too old
    open: bool = False  # whether a transaction that has done its work is still to be ended
    left_at: float = 0.0  # when that one had done its work

    @property
    def sound(self) -> bool:
        """Whether it may be lent again."""
        return not self.connection.is_closed() and monotonic() < self.until


class Readers:
    """At most ``size`` connections made by ``connect``; each is used for ``lifetime_s`` at most."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], size: int, lifetime_s: float) -> None:
        self._connect, self._size, self._lifetime_s = connect, size, lifetime_s
        self._made = 0  # connections, those that are being made included
        self._free: list[Loan] = []
        self._lent: set[Loan] = set()
        self._waiting: deque[asyncio.Future[Loan | None]] = deque()
        self._sweeping = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, text: str, timeout_s: float) -> Loan:
        """A connection in the transaction that ``text`` begins.  Raises TimeoutError, and what connecting raises.

        One that died while nobody used it is replaced, as long as there are such.
        """
        while True:
            loan, fresh = await self._take(timeout_s)
            try:
                await loan.connection.execute(f"{END}; {text}" if loan.open else text)
            except (InterfaceError, PostgresConnectionError, OSError, *SHUT) as lost:
                if isinstance(lost, SHUT):  # said before we asked, and read as our answer
                    loan.connection.terminate()
                if fresh or not loan.connection.is_closed():
                    await self.heal(loan)
                    raise
                self._give(loan)
            except BaseException:
                await self.heal(loan)
                raise
            else:
                loan.open = True
                return loan

    def end(self, loan: Loan) -> None:
        """Return a connection whose transaction has done its work."""
        loan.left_at = monotonic()
        self._give(loan)
        if loan.open and not self._sweeping and self._free:
            self._sweep_later()

    async def heal(self, loan: Loan) -> None:
        """Return a connection after a failure: what was cancelled is waited for and rolled back, or it is closed."""
        await asyncio.shield(self._later(self._ended(loan, "ROLLBACK")))

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """A connection outside any transaction, for whoever ends its own."""
        loan, _ = await self._take(HEALING_S)
        try:
            if loan.open:
                await loan.connection.execute(END)
            loan.open = False
            yield loan.connection
        finally:
            await self.heal(loan) if loan.connection.is_in_transaction() else self._give(loan)

    @property
    def used(self) -> dict[str, int]:
        """How many connections are lent, and how many are free."""
        return {"lent": len(self._lent), "free": len(self._free)}

    def expire(self) -> None:
        """Let connections go: the free ones now, the others when they are returned."""
        free, self._free = self._free, []
        for loan in free:
            self._drop(loan)
        for loan in self._lent:
            loan.until = 0.0

    async def close(self) -> None:
        """Close all connections; the lent ones at once."""
        self.expire()
        for loan in self._lent:
            loan.connection.terminate()
        await asyncio.gather(*self._tasks)

    async def _take(self, timeout_s: float) -> tuple[Loan, bool]:
        """(a connection, whether it is new)."""
        while self._free:
            loan = self._free.pop()
            if loan.sound:
                self._lent.add(loan)
                return loan, False
            self._drop(loan)
        if self._made < self._size:
            self._made += 1
            return await self._new(timeout_s), True
        handed = await self._handed(timeout_s)
        return (handed, False) if handed else (await self._new(timeout_s), True)

    async def _new(self, timeout_s: float) -> Loan:
        """A connection in a place that is reserved for it already."""
        try:
            async with asyncio.timeout(timeout_s):
                connection = await self._connect()
        except BaseException:
            self._leave()
            raise
        loan = Loan(connection, monotonic() + self._lifetime_s)
        self._lent.add(loan)
        return loan

    async def _handed(self, timeout_s: float) -> Loan | None:
        """What somebody returns, first come, first served; null: the place of one that was dropped."""
        loop = asyncio.get_running_loop()
        handed: asyncio.Future[Loan | None] = loop.create_future()
        self._waiting.append(handed)
        late = loop.call_later(timeout_s, _fail, handed)
        try:
            return await handed
        except asyncio.CancelledError:
            if handed.done() and not handed.cancelled():  # in the same moment
                given = handed.result()
                self._give(given) if given else self._leave()
            raise
        finally:
            late.cancel()

    def _give(self, loan: Loan) -> None:
        if not loan.sound:
            self._lent.discard(loan)
            self._drop(loan)
        elif (waiting := self._next()) is not None:
            waiting.set_result(loan)
        else:
            self._lent.discard(loan)
            self._free.append(loan)

    def _drop(self, loan: Loan) -> None:
        self._later(_closed(loan.connection))
        self._leave()

    def _leave(self) -> None:
        """Give up a place: to whoever waits, or altogether."""
        if (waiting := self._next()) is not None:
            waiting.set_result(None)
        else:
            self._made -= 1

    def _next(self) -> asyncio.Future[Loan | None] | None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                return waiting
        return None

    def _sweep_later(self) -> None:
        self._sweeping = True
        asyncio.get_running_loop().call_later(LINGER_S, self._sweep)

    def _sweep(self) -> None:
        """End the transactions that nobody has followed; those of this moment may still be."""
        self._sweeping = False
        before = monotonic() - LINGER_S
        left = [loan for loan in self._free if loan.open and loan.left_at <= before]
        self._free = [loan for loan in self._free if loan not in left]
        self._lent.update(left)
        for loan in left:
            self._later(self._ended(loan, END))
        if any(loan.open for loan in self._free):
            self._sweep_later()

    async def _ended(self, loan: Loan, how: str) -> None:
        try:
            async with asyncio.timeout(HEALING_S):
                await loan.connection.execute(how)
        except (Exception, asyncio.CancelledError):
            loan.connection.terminate()
        loan.open = False
        self._give(loan)

    def _later(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _fail(waiting: asyncio.Future[Any]) -> None:
    if not waiting.done():
        waiting.set_exception(TimeoutError())


async def _closed(connection: Any) -> None:
    try:
        await connection.close(timeout=HEALING_S)
    except (Exception, asyncio.CancelledError):
        connection.terminate()
