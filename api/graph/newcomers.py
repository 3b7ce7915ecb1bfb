"""Bounds what documents that are new to the process cost those that are known.

Parsing, validating and planning hold the event loop for some ten milliseconds, as long as a hundred known documents
take.  While other operations are under way, newcomers therefore get a share of the loop's time, one after the other;
when nobody else asks, they do not wait.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, thread_time

SHARE = 0.12  # of the loop's time


class Newcomers:
    """``running`` counts all operations under way, those that wait here included."""

    def __init__(self, share: float = SHARE) -> None:
        self.running = self._waiting = 0
        self._pause = 1 / share - 1  # for each second taken
        self._free_at = 0.0
        self._turn = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until a newcomer may take time again."""
        self._waiting += 1
        try:
            async with self._turn:
                left = self._free_at - monotonic()
                if left > 0 and self.running > self._waiting:
                    await asyncio.sleep(left)
        finally:
            self._waiting -= 1

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Note the time that is spent inside on something new."""
        started = thread_time()
        try:
            yield
        finally:
            # Not added to what is left: what was taken while nobody else asked is nobody's loss later.
            self._free_at = monotonic() + (thread_time() - started) * self._pause
