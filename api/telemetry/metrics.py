"""What is counted, for Prometheus: operations, statements, pools, plans.  No merchant's name is a label.

With several processes each keeps its numbers in a file of its own in PROMETHEUS_MULTIPROC_DIR, which their parent
adds up; the library chooses that by the environment when it is imported.
"""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from api.graph.execute import Executor
from api.start import Running
from api.telemetry.lines import Lines
from tenancy.engine import used_of

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LIVE: Any = "livesum"  # of the processes that run


class Metrics:
    """The numbers of one process.  ``lines``: those of its log, if it has one."""

    def __init__(self) -> None:
        self.lines: Lines | None = None
        self.registry = CollectorRegistry()
        made: Any = {"registry": self.registry}
        gauge: Any = {**made, "multiprocess_mode": LIVE}
        self._operations = Histogram(
            "regulars_operation_seconds",
            "Time to answer a request, by kind (query, mutation, none) and first error code (OK without).",
            ("kind", "outcome"),
            buckets=BUCKETS_S,
            **made,
        )
        self._statements = Counter("regulars_statements", "SQL statements that read, sent for operations.", **made)
        self._planned = Counter("regulars_plans_made", "Plans that were not in the cache and had to be made.", **made)
        self._events = Counter("regulars_events_written", "Events written to the merchants' logs.", **made)
        self._dropped = Counter("regulars_log_lines_dropped", "Log lines that nobody took in time.", **made)
        self._connections = Gauge(
            "regulars_pool_connections", "Connections, by pool and state.", ("pool", "state"), **gauge
        )
        self._documents = Gauge("regulars_documents", "Documents remembered with their plans.", **gauge)
        self.draining = Gauge("regulars_draining", "Processes that are ending.", **gauge)
        self._children: dict[tuple[str, str], Histogram] = {}
        self._before = {self._planned: 0, self._events: 0, self._dropped: 0}

    def operation(self, kind: str, outcome: str, seconds: float, statements: int) -> None:
        """One request was answered."""
        child = self._children.get((kind, outcome))
        if child is None:
            child = self._children[kind, outcome] = self._operations.labels(kind, outcome)
        child.observe(seconds)
        if statements:
            self._statements.inc(statements)

    def look(self, running: Running, executor: Executor, events: int) -> None:
        """Take down what can be seen at any time."""
        for pool, states in {**running.engines.used, "control": used_of(running.control)}.items():
            for state, count in states.items():
                self._connections.labels(pool, state).set(count)
        self._documents.set(len(executor.documents.recent.kept))
        dropped = self.lines.dropped if self.lines else 0
        for counter, now in (
            (self._planned, executor.reading.planned),
            (self._events, events),
            (self._dropped, dropped),
        ):
            counter.inc(now - self._before[counter])
            self._before[counter] = now
