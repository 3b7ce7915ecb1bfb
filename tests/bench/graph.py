"""Measures GraphQL requests against the best and the usual ways to answer them.  ``make bench``.

Every system is a whole HTTP server process on loopback, on the same database; rounds of short slices are interleaved
and medians taken, so that what else the machine does hits all alike.  Writes ``var/bench.json``.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from rich.console import Console

from tests.bench.client import Client, Job
from tests.bench.merchants import Merchants, opened
from tests.bench.report import SELECT1_SHARE, WRITTEN, Figures, show, written
from tests.bench.systems import System, install_node, started
from tests.bench.wire import ask, counter, statements
from tests.bench.workloads import WORKLOADS, Workload, meaning

CONNECTIONS = (1, 16)
WARM_S = 2.0  # for each system and workload before anything counts: engines that compile need it
COMPARED, COUNTED = 40, 30  # requests whose answers are compared; whose statements are counted


@dataclass(frozen=True, slots=True)
class Run:
    """What is measured, and for how long."""

    workloads: Sequence[Workload]
    systems: Sequence[str]
    rounds: int
    seconds: float

    def asked(self, workload: Workload) -> list[str]:
        """The systems that answer a workload in this run."""
        return [system for system in workload.systems if system in self.systems]


def verify(run: Run, systems: dict[str, System], merchants: Merchants) -> None:
    """Every system gives the same answers; else the comparison means nothing."""
    for workload in run.workloads:
        answers: dict[str, list[Any]] = {}
        for name in run.asked(workload):
            if name in ("select1", "empty"):
                continue
            connection = HTTPConnection("127.0.0.1", systems[name].port)
            requests = workload.requests(name, merchants, COMPARED)
            answers[name] = [meaning(json.loads(ask(connection, request))) for request in requests]
            connection.close()
        first = next(iter(answers.values()))
        assert all(first), f"{workload.name}: an answer is empty"
        for name, found in answers.items():
            if found != first:
                different = next(pair for pair in zip(first, found, strict=True) if pair[0] != pair[1])
                raise SystemExit(f"{workload.name}: {name} answers otherwise:\n{different[0]}\n{different[1]}")


def count(run: Run, dsn: str, merchants: Merchants, figures: Figures) -> None:
    """Statements per request, in a pass of its own: a proxy costs time."""
    place = urlsplit(dsn)
    assert place.hostname is not None
    assert place.port is not None
    for name in run.systems:
        if name == "empty":
            continue
        with counter(place.hostname, place.port) as counted:
            netloc = place.netloc.replace(f":{place.port}", f":{counted.port}")
            with started([name], urlunsplit(place._replace(netloc=netloc))) as systems:
                for workload in run.workloads:
                    if name in run.asked(workload):
                        requests = workload.requests(name, merchants, COUNTED)
                        figures.statements[workload.name, name] = statements(systems[name], counted, requests)


def measure(run: Run, systems: dict[str, System], merchants: Merchants, figures: Figures, say: Console) -> None:
    """Interleaved rounds; in each another system comes first."""
    asked = {(w.name, s): w.requests(s, merchants) for w in run.workloads for s in run.asked(w)}
    with Client() as client, say.status("") as status:
        for (workload, name), requests in asked.items():
            status.update(f"warming up: {workload}, {name}")
            client.run(Job(systems[name].port, requests, CONNECTIONS[-1], WARM_S))
        for number in range(run.rounds):
            for workload in run.workloads:
                for connections in CONNECTIONS:
                    for name in _turned(run.asked(workload), number):
                        status.update(f"round {number + 1} of {run.rounds}: {workload.name}, {connections}, {name}")
                        system, requests = systems[name], asked[workload.name, name]
                        before = system.cpu_s
                        ran = client.run(Job(system.port, requests, connections, run.seconds))
                        cpu = (system.cpu_s - before) / ran.asked
                        figures.add(workload.name, connections, name, ran, cpu)


def _turned(names: list[str], by: int) -> Iterable[str]:
    place = by % len(names)
    return names[place:] + names[:place]


def main() -> None:
    """Measure, print, write; exit status 1 when the comparison is not valid."""
    given = _arguments()
    say = Console(width=None if sys.stdout.isatty() else 120)
    begun = time.monotonic()
    with opened(say) as (server, merchants):
        missing = install_node()
        if missing:
            say.print(missing)
        wanted = [w for w in WORKLOADS if not given.only or w.name in given.only]
        names = {name for workload in wanted for name in workload.systems} - ({"postgraphile"} if missing else set())
        chosen = [name for name in sorted(names) if not given.systems or name in given.systems]
        run = Run(wanted, chosen, given.rounds, given.seconds)
        figures = Figures(run.rounds)
        say.print(f"{os.cpu_count()} cores, shared by the server measured, PostgreSQL and the client.")
        with started(run.systems, server.app_dsn) as systems:
            verify(run, systems, merchants)
            measure(run, systems, merchants, figures, say)
        count(run, server.app_dsn, merchants, figures)
    show(figures, say)
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(json.dumps(written(figures), indent=2) + "\n")
    say.print(f"{time.monotonic() - begun:.0f} s; {WRITTEN} is written.")
    share = figures.ratio("one", 16, "floor", "select1")
    if share is not None and share < SELECT1_SHARE:
        raise SystemExit(f"Not valid: the floor reaches {share:.2f} of SELECT 1 in the same frame, not {SELECT1_SHARE}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each slice, after 0.3 of warm-up")
    parser.add_argument("--only", nargs="*", help="workloads")
    parser.add_argument("--systems", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    main()
