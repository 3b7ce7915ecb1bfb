"""How many operations of one tenant run at once in a process: the others wait for their turn, in order and briefly."""

import asyncio
from collections import deque

MOST_WAITING = 256  # of one tenant


class Turns:
    """At most ``most`` at a time."""

    __slots__ = ("_most", "_running", "_waiting")

    def __init__(self, most: int) -> None:
        self._most, self._running = most, 0
        self._waiting: deque[asyncio.Future[bool]] = deque()

    def take(self) -> bool:
        """A turn at once, if there is one."""
        if self._running >= self._most:  # a turn that is given back goes to whoever waits
            return False
        self._running += 1
        return True

    async def wait(self, timeout_s: float | None = None) -> bool:
        """A turn within that time; false when there is none."""
        if len(self._waiting) >= MOST_WAITING:
            return False
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        timer = None if timeout_s is None else loop.call_later(timeout_s, self._end, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.give()  # it came too late
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def give(self) -> None:
        """Give a turn back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self._running -= 1

    def _end(self, turn: "asyncio.Future[bool]") -> None:
        if not turn.done():
            self._waiting.remove(turn)
            turn.set_result(False)
