"""How many operations of one tenant run at once in a process: the others wait for their turn, in order and briefly."""

import asyncio
from collections import deque
from math import inf

MOST_WAITING = 256  # of one tenant


class Turns:
    """At most ``most`` at a time; who waits gives up after ``patience_s``."""

    __slots__ = ("_most", "_patience_s", "_running", "_timed", "_waiting")

    def __init__(self, most: int, patience_s: float = inf) -> None:
        self._most, self._patience_s, self._running = most, patience_s, 0
        self._waiting: deque[tuple[asyncio.Future[bool], float]] = deque()  # with the time when each gives up
        self._timed = False  # whether a timer runs; one for all, as a timer each costs more than the turn

    def take(self) -> bool:
        """A turn at once, if there is one."""
        if self._running >= self._most:  # a turn that is given back goes to whoever waits
            return False
        self._running += 1
        return True

    async def wait(self) -> bool:
        """A turn, in order; false when there is none in time."""
        if len(self._waiting) >= MOST_WAITING:
            return False
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        waiting = (turn, loop.time() + self._patience_s)
        self._waiting.append(waiting)
        if not self._timed and self._patience_s < inf:
            self._timed = bool(loop.call_at(waiting[1], self._end, loop))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.give()  # it came too late
            elif waiting in self._waiting:
                self._waiting.remove(waiting)
            raise

    def give(self) -> None:
        """Give a turn back."""
        while self._waiting:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self._running -= 1

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send away those whose time is over, who are the first."""
        self._timed, now = False, loop.time()
        while self._waiting and self._waiting[0][1] <= now:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_result(False)
        if self._waiting:
            self._timed = bool(loop.call_at(self._waiting[0][1], self._end, loop))
