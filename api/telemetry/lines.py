"""The log's way out: lines gathered in memory and written by a thread, so that no request waits for a full pipe."""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

MOST_WAITING = 20_000  # lines; beyond, lines are dropped and counted: whoever reads the log has stopped reading
PAUSE_S = 0.1  # how long a line of no urgency may wait for others
CLOSING_S = 2.0


class Lines:
    """Lines on their way to a file descriptor.  ``close`` writes what still waits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: deque[bytes] = deque()
        self._some, self._urgent = threading.Event(), threading.Event()
        self._closing = False
        self.dropped = 0
        # Makes the line of an event that is whole already, where lines are JSON: structlog's chain would cost as much
        # as a fifth of a small request.
        self.render: Callable[[dict[str, Any]], bytes] | None = None
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def write(self, line: bytes, *, urgent: bool = False) -> None:
        """Add a line, without its end.  ``urgent``: write it at once, whatever else waits."""
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        self._waiting.append(line)
        if not self._some.is_set():
            self._some.set()
        if urgent:
            self._urgent.set()

    def close(self) -> None:
        """Write what waits, and end; a reader that does not read is given up on after two seconds."""
        self._closing = True
        self._urgent.set()
        self._some.set()
        self._thread.join(CLOSING_S)

    def _write_all(self) -> None:
        while not (self._closing and not self._waiting):
            self._some.wait()
            self._urgent.wait(PAUSE_S)
            self._some.clear()  # before looking: what comes from now on sets it again
            self._urgent.clear()
            self._write_some()

    def _write_some(self) -> None:
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        text = b"".join(line + b"\n" for line in lines)
        try:
            while text:
                text = text[os.write(self._descriptor, text) :]
        except OSError:  # nobody reads any more: serving is worth more than its log
            self.dropped += len(lines)
