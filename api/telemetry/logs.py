"""How the log is written: one structlog line for each thing that happened, JSON for machines, text for a terminal.

What other libraries log by the standard library goes the same way, without the values that they put into it.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.types import EventDict

from api.graph.errors import TRACE
from api.settings import LogFormat
from api.telemetry.failures import told
from api.telemetry.lines import Lines

STDERR = 2
URGENT = logging.WARNING
OURS = ("api", "tenancy", "domain", "migrations", "uvicorn")  # loggers whose messages hold nobody's data
log = structlog.get_logger()


@contextmanager
def logging_to(descriptor: int, form: LogFormat | None = None) -> Iterator[Lines]:
    """Log to a file descriptor until the end; without a form JSON, or text at a terminal."""
    lines = Lines(descriptor)
    terminal = os.isatty(descriptor)
    render: Any = _json
    if form is LogFormat.TEXT or (form is None and terminal):
        render = structlog.dev.ConsoleRenderer(colors=terminal)
    else:
        lines.render = _whole
    root = logging.getLogger()
    before = root.handlers[:], root.level
    structlog.configure(
        processors=[_stamped, _without_words, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Out(lines),
        cache_logger_on_first_use=False,
    )
    root.handlers[:] = [_Standard(lines, render)]
    root.setLevel(logging.WARNING)
    try:
        yield lines
    finally:
        root.handlers[:], _ = before
        root.setLevel(before[1])
        structlog.reset_defaults()
        lines.close()


def hear(loop: asyncio.AbstractEventLoop) -> None:
    """Log what goes wrong in tasks that nobody awaits: asyncio's own line quotes the exception."""

    def heard(_: Any, context: dict[str, Any]) -> None:
        log.error("asyncio", what=context["message"], exc_info=context.get("exception"))

    loop.set_exception_handler(heard)


class _Out:
    """Where structlog's loggers write."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def msg(self, line: bytes | str) -> None:
        self._lines.write(line if isinstance(line, bytes) else line.encode())

    def err(self, line: bytes | str) -> None:
        self._lines.write(line if isinstance(line, bytes) else line.encode(), urgent=True)

    debug = info = msg
    warning = error = critical = err


class _Standard(logging.Handler):
    """The standard library's records, in the same form."""

    def __init__(self, lines: Lines, render: Any) -> None:
        super().__init__()
        self._out, self._render = _Out(lines), render

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage() if record.name.partition(".")[0] in OURS else str(record.msg)
        event: EventDict = {"event": words, "logger": record.name}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        level = record.levelname.lower()
        made = self._render(None, level, _without_words(None, level, _stamped(None, level, event)))
        (self._out.err if record.levelno >= URGENT else self._out.msg)(made)


def _stamped(_: Any, level: str, event: EventDict) -> EventDict:
    event["at"], event["level"] = datetime.now(UTC), level
    if "trace" not in event and (trace := TRACE.get()):
        event["trace"] = trace
    return event


def _without_words(_: Any, __: str, event: EventDict) -> EventDict:
    """Exceptions without their messages."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = told(error)
    return event


def _whole(event: EventDict) -> bytes:
    return orjson.dumps(event, option=orjson.OPT_UTC_Z)


def _json(_: Any, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=_kind, option=orjson.OPT_UTC_Z)


def _kind(value: Any) -> str:
    """Of what is no JSON only its kind is told."""
    return type(value).__name__
