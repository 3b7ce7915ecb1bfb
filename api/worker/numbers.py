"""What a worker counts, for Prometheus.  No merchant's name is a label."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


class Numbers:
    """Those of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._changes = Counter(
            "regulars_membership_changes", "Changes of membership told, by cause.", ("cause",), registry=self.registry
        )
        self._rounds = Counter("regulars_watch_rounds", "Transactions that followed watches.", registry=self.registry)
        self._failures = Counter(
            "regulars_watch_failures", "Those that failed; they are repeated.", registry=self.registry
        )
        self._lag = Gauge(
            "regulars_watch_lag_seconds",
            "How long the oldest of what is to be told is overdue.",
            registry=self.registry,
        )
        self._lags: dict[object, float] = {}

    def followed(self, changes: Mapping[str, int]) -> None:
        """A round is committed."""
        self._rounds.inc()
        for cause, count in changes.items():
            self._changes.labels(cause).inc(count)

    def failed(self) -> None:
        """A round was not."""
        self._failures.inc()

    def late(self, whom: object, seconds: float) -> None:
        """How far behind one tenant is; 0: not at all."""
        self._lags[whom] = seconds
        self._lag.set(max(self._lags.values()))

    def gone(self, whom: object) -> None:
        """A tenant is followed no longer."""
        self._lags.pop(whom, None)
        self._lag.set(max(self._lags.values(), default=0.0))
