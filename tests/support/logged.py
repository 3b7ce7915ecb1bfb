"""The log of this process while a test runs, as operators get it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
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
    """Log into a file of no name."""
    log = Log()
    with TemporaryFile() as file:
        with logging_to(file.fileno(), form):
            yield log
        file.seek(0)
        log.text = file.read().decode()
    if form is LogFormat.JSON:
        log.lines = [orjson.loads(line) for line in log.text.splitlines()]
