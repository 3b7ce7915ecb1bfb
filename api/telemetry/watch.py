"""Watches requests: one line of the log and one observation for each, when it is answered."""

from datetime import UTC, datetime
from random import random
from time import perf_counter
from typing import Any

import structlog

from api.graph.errors import TRACE
from api.telemetry.metrics import Metrics
from api.telemetry.trace import trace_of

SLOW_S = 1.0  # what takes longer is always logged
EVENT = "operation"
log = structlog.get_logger()


class Watched:
    """What is known of one request by now."""

    __slots__ = ("actor", "codes", "cost", "kind", "name", "started_s", "statements", "tenant", "trace")

    def __init__(self, trace: str) -> None:
        self.trace, self.started_s = trace, perf_counter()
        self.tenant: str | None = None  # its slug
        self.actor: str | None = None
        self.name: str | None = None
        self.kind: str | None = None
        self.cost = self.statements = 0
        self.codes: tuple[str, ...] = ()


class Watch:
    """The watcher of a process.  ``share`` of the quick successes are logged; all else is, always."""

    def __init__(self, metrics: Metrics, share: float = 1.0) -> None:
        self.metrics, self._share = metrics, share

    def begin(self, traceparent: str | None) -> Watched:
        """A request has come."""
        watched = Watched(trace_of(traceparent))
        TRACE.set(watched.trace)
        return watched

    def end(self, watched: Watched, status: int) -> None:
        """It was answered."""
        seconds = perf_counter() - watched.started_s
        codes = watched.codes
        kind = watched.kind or "none"
        self.metrics.operation(kind, codes[0] if codes else "OK", seconds, watched.statements)
        if not structlog.is_configured():  # nobody listens
            return
        if codes or seconds > SLOW_S or self._share >= 1 or random() < self._share:
            self._tell(watched, kind, status, seconds)

    def _tell(self, watched: Watched, kind: str, status: int, seconds: float) -> None:
        told: dict[str, Any] = {
            "trace": watched.trace,
            "tenant": watched.tenant,
            "actor": watched.actor,
            "kind": kind,
            "name": watched.name,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "cost": watched.cost,
            "statements": watched.statements,
            "codes": watched.codes,
        }
        lines = self.metrics.lines
        if status >= 500:
            log.warning(EVENT, **told)
        elif lines is None or lines.render is None:
            log.info(EVENT, **told)
        else:
            told |= {"event": EVENT, "at": datetime.now(UTC), "level": "info"}
            lines.write(lines.render(told))
