"""The log of this process while a test runs, as operators get it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from api.settings import LogFormat
from api.telemetry.logs import logging_to


@dataclass
class Log:
    """What was logged; complete when the block has ended."""

    text: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)

    def of(self, event: str) -> list[dict[str, Any]]:
        """The lines of one event."""
        return [line for line in self.lines if line["event"] == event]


@contextmanager
def logged(form: LogFormat = LogFormat.JSON) -> Iterator[Log]:
    """Log into memory."""
    log, descriptor = Log(), os.memfd_create("log")
    try:
        with logging_to(descriptor, form):
            yield log
        log.text = os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()
        if form is LogFormat.JSON:
            log.lines = [orjson.loads(line) for line in log.text.splitlines()]
    finally:
        os.close(descriptor)
