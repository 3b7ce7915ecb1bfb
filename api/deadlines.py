"""Deadlines of all that a process answers, kept by one timer: ``asyncio.timeout`` would make and cancel one for each.

with deadlines.start():    # raises TimeoutError when it has taken too long
    await …
"""

import asyncio
from types import TracebackType
from typing import Any


class Deadlines:
    """All blocks started here may take ``after_s``."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._open: dict[Deadline, None] = {}  # in the order in which they end
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> "Deadline":
        """A block that begins now."""
        return Deadline(self)

    def enter(self, one: "Deadline") -> None:
        """Watch a block."""
        loop = asyncio.get_running_loop()
        one.until = loop.time() + self._after_s
        self._open[one] = None
        if self._timer is None:
            self._timer = loop.call_at(one.until, self._end)

    def leave(self, one: "Deadline") -> None:
        """It has ended by itself."""
        self._open.pop(one, None)

    def _end(self) -> None:
        """Break off what is overdue, and wait for the next."""
        loop = asyncio.get_running_loop()
        for one in list(self._open):
            if one.until > loop.time():
                break
            del self._open[one]
            one.overdue = True
            one.task.cancel()
        first = next(iter(self._open), None)
        self._timer = None if first is None else loop.call_at(first.until, self._end)


class Deadline:
    """One block of one task."""

    __slots__ = ("_all", "overdue", "task", "until")

    def __init__(self, of: Deadlines) -> None:
        self._all, self.overdue, self.until = of, False, 0.0

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task: asyncio.Task[Any] = task
        self._all.enter(self)

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self._all.leave(self)
        # Who is cancelled by somebody else as well stays cancelled.
        if self.overdue and self.task.uncancel() <= 0 and kind is asyncio.CancelledError:
            raise TimeoutError from None
