"""The figures of a run: medians over rounds, as a table and as JSON."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.client import Ran

WRITTEN = Path("var") / "bench.json"
SELECT1_SHARE = 0.75  # of SELECT 1 in the same frame: below it the floor is no floor
MOST_CPU = 1.25  # of the compiled path alone: what keys, limits, masks and the log may cost
# At 16 connections: requests/s of ours over the other's.
PROMISED = {
    ("one", "floor"): 0.9,
    ("list", "floor"): 0.9,
    ("nested", "floor"): 0.9,
    ("one_of_200", "floor"): 0.9,
    ("nps", "floor"): 1 / 1.3,
    ("one", "postgraphile"): 1.3,
    ("list", "postgraphile"): 2.5,
    ("nested", "postgraphile"): 3.0,
}


@dataclass(frozen=True, slots=True)
class Slice:
    """One system on one workload for a second or so."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    client_cpu: float


@dataclass(slots=True)
class Figures:
    """All slices; statements per request by (workload, system)."""

    rounds: int
    slices: dict[tuple[str, int, str], list[Slice]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, workload: str, connections: int, system: str, ran: Ran, cpu_s: float) -> None:
        """Note a slice; ``cpu_s`` is the server's, for one request."""
        found = sorted(ran.latencies)
        made = Slice(
            len(found) / ran.seconds,
            found[len(found) // 2] * 1e3,
            found[min(len(found) - 1, len(found) * 99 // 100)] * 1e3,
            cpu_s * 1e6,
            ran.client_cpu,
        )
        self.slices[workload, connections, system].append(made)

    def median(self, workload: str, connections: int, system: str, name: str) -> float:
        """Over the rounds."""
        return statistics.median(getattr(one, name) for one in self.slices[workload, connections, system])

    def ratio(self, workload: str, connections: int, of: str, to: str) -> float | None:
        """Of requests/s; null when one of them was not measured."""
        if not {(workload, connections, of), (workload, connections, to)} <= self.slices.keys():
            return None
        return self.median(workload, connections, of, "per_s") / self.median(workload, connections, to, "per_s")


def written(figures: Figures) -> dict[str, Any]:
    """As ``var/bench.json`` holds it."""
    workloads: dict[str, Any] = {}
    for workload, connections, system in figures.slices:
        at = workloads.setdefault(workload, {}).setdefault(str(connections), {})
        medians = {name: figures.median(workload, connections, system, name) for name in Slice.__slots__}
        at[system] = {
            "requests_per_s": round(medians["per_s"], 1),
            "p50_ms": round(medians["p50_ms"], 3),
            "p99_ms": round(medians["p99_ms"], 3),
            "cpu_us": round(medians["cpu_us"], 1),
            "statements": figures.statements.get((workload, system)),
        }
    for workload, found in workloads.items():
        for connections, at in found.items():
            for other in ("floor", "naive", "postgraphile"):
                ratio = figures.ratio(workload, int(connections), "ours", other)
                at[f"ours_vs_{other}"] = None if ratio is None else round(ratio, 3)
            if "bare" in at:
                at["cpu_vs_bare"] = round(at["ours"]["cpu_us"] / at["bare"]["cpu_us"], 3)
    return {"rounds": figures.rounds, "workloads": workloads}


def show(figures: Figures, say: Console) -> None:
    """The table, then each promise and whether it was kept."""
    table = Table(title=f"Medians of {figures.rounds} interleaved rounds")
    for name in ("workload", "connections", "system"):
        table.add_column(name, no_wrap=True)
    for name in ("requests/s", "p50 ms", "p99 ms", "CPU µs", "statements", "ours ×"):
        table.add_column(name, justify="right", no_wrap=True)
    before = None
    for workload, connections, system in figures.slices:
        if before not in (None, (workload, connections)):
            table.add_section()
        before = (workload, connections)
        told = [figures.median(workload, connections, system, name) for name in ("per_s", "p50_ms", "p99_ms", "cpu_us")]
        ratio = figures.ratio(workload, connections, "ours", system)
        sent = figures.statements.get((workload, system))
        table.add_row(
            workload,
            str(connections),
            system,
            f"{told[0]:,.0f}",
            f"{told[1]:.2f}",
            f"{told[2]:.2f}",
            f"{told[3]:,.0f}",
            "" if sent is None else f"{sent:g}",
            "" if ratio is None or system == "ours" else f"{ratio:.2f}",
        )
    say.print(table)
    busiest = max((s.client_cpu for found in figures.slices.values() for s in found), default=0.0)
    say.print(f"The client used at most {busiest:.2f} of a core.")
    _show_promises(figures, say)


def _show_promises(figures: Figures, say: Console) -> None:
    for (workload, other), least in PROMISED.items():
        ratio = figures.ratio(workload, 16, "ours", other)
        if ratio is not None:
            say.print(
                f"{'kept  ' if ratio >= least else 'MISSED'} {workload} ÷ {other}: {ratio:.2f}, promised {least:.2f}"
            )
    for workload in ("one", "list"):
        if {(workload, 16, "ours"), (workload, 16, "bare")} <= figures.slices.keys():
            more = figures.median(workload, 16, "ours", "cpu_us") / figures.median(workload, 16, "bare", "cpu_us")
            kept = "kept  " if more <= MOST_CPU else "MISSED"
            say.print(
                f"{kept} {workload}: {more:.2f} times the CPU of the compiled path alone, promised {MOST_CPU:.2f}"
            )
