"""Watches one server over many requests: its memory, what more rows cost, what new documents do to a known one.

``python -m tests.bench.steady`` prints and writes ``var/bench-steady.json``.
"""

import argparse
import json
import statistics
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.client import Client, Job, Ran
from tests.bench.merchants import Merchants, opened
from tests.bench.systems import System, started
from tests.bench.workloads import WORKLOADS, Workload

WRITTEN = Path("var") / "bench-steady.json"
CONNECTIONS, CHUNK, SLICE_S = 16, 2000, 0.7
ROWS, ROUNDS = (10, 50, 100, 150, 200, 250), 5
MOST_GROWTH, LEAST_RATE, MOST_OFF_LINE = 1.05, 0.8, 0.2


def watch_memory(client: Client, system: System, merchants: Merchants, requests: int) -> dict[str, Any]:
    """Resident bytes after each tenth of the requests; growth from the second tenth on."""
    known = [w for w in WORKLOADS if w.name in ("one", "list", "one_of_200")]
    asked = [request for w in known for request in w.requests("ours", merchants)]
    done, seen = 0, list[int]()
    while done < requests:
        done += client.run(Job(system.port, asked, CONNECTIONS, 1.0)).asked
        if done >= (len(seen) + 1) * requests // 10:
            seen.append(system.resident_bytes)
    return {"requests": done, "resident_bytes": seen, "growth": round(seen[-1] / seen[1], 3)}


def watch_flood(client: Client, system: System, merchants: Merchants, documents: int) -> dict[str, Any]:
    """Requests/s of a known document: before and after so many new ones, and beside a stream of them."""
    one = next(w for w in WORKLOADS if w.name == "one")
    warm = Job(system.port, one.requests("ours", merchants), CONNECTIONS, SLICE_S)
    before = statistics.median(_rate(client.run(warm)) for _ in range(ROUNDS))
    with Client() as flooder:
        for first in range(0, documents, CHUNK):
            new_per_s = _sent(flooder, system, _new(one, merchants, first))
        after = [_rate(client.run(warm)) for _ in range(ROUNDS)]
        alone, beside = [], list[float]()
        for number in range(ROUNDS):
            alone.append(_rate(client.run(warm)))
            first = documents + number * CHUNK
            job = Job(system.port, _new(one, merchants, first), CONNECTIONS, SLICE_S * 2)
            flood = threading.Thread(target=flooder.run, args=(job,))
            flood.start()
            beside.append(_rate(client.run(warm)))
            flood.join()
    return {
        "documents": documents,
        "new_per_s": round(new_per_s),
        "before_per_s": round(before),
        "after_per_s": round(statistics.median(after)),
        "after_vs_before": round(statistics.median(after) / before, 3),
        "beside_vs_alone": round(statistics.median(beside) / statistics.median(alone), 3),
    }


def watch_rows(client: Client, system: System, merchants: Merchants) -> dict[str, Any]:
    """Milliseconds by rows returned, one request at a time, and the largest distance from the straight line."""
    listed = next(w for w in WORKLOADS if w.name == "list")
    took = {}
    for rows in ROWS:
        text = listed.documents["ours"].replace("first: 50", f"first: {rows}")
        asked = replace(listed, documents={"ours": text}).requests("ours", merchants)
        ran = [client.run(Job(system.port, asked, 1, SLICE_S)) for _ in range(ROUNDS)]
        took[rows] = statistics.median(statistics.median(each.latencies) for each in ran) * 1e3
    line = statistics.linear_regression(list(took), list(took.values()))
    off = max(abs(ms - line.slope * rows - line.intercept) / ms for rows, ms in took.items())
    return {"ms": {rows: round(ms, 3) for rows, ms in took.items()}, "off_line": round(off, 3)}


def _new(of: Workload, merchants: Merchants, first: int) -> list[bytes]:
    """The question in documents that nobody has sent, each by an alias of its own."""
    text, made = of.documents["ours"], list[bytes]()
    for number in range(first, first + CHUNK):
        fresh = Workload(of.name, of.drawn, {"ours": text.replace("displayName", f"n{number}: displayName")})
        made += fresh.requests("ours", merchants, 1)
    return made


def _sent(client: Client, system: System, requests: list[bytes]) -> float:
    """Send each once, by one connection; how many in a second."""
    ran = client.run(Job(system.port, requests, 1, 0.0, 0.0, whole=True))
    return ran.asked / ran.seconds


def _rate(ran: Ran) -> float:
    return len(ran.latencies) / ran.seconds


def main() -> None:
    """Watch, print, write; exit status 1 when memory grew, rows cost more each, or the known document became slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--documents", type=int, default=100_000)
    given, say = parser.parse_args(), Console()
    with opened(say) as (server, merchants), started(["ours"], server.app_dsn) as systems, Client() as client:
        found: dict[str, dict[str, Any]] = {}
        for name, watched in (
            ("memory", lambda: watch_memory(client, systems["ours"], merchants, given.requests)),
            ("rows", lambda: watch_rows(client, systems["ours"], merchants)),
            ("flood", lambda: watch_flood(client, systems["ours"], merchants, given.documents)),
        ):
            found[name] = watched()
            say.print(name, found[name])
    WRITTEN.write_text(json.dumps(found, indent=2) + "\n")
    rates = (found["flood"]["after_vs_before"], found["flood"]["beside_vs_alone"])
    grew = found["memory"]["growth"] > MOST_GROWTH
    raise SystemExit(grew or min(rates) < LEAST_RATE or found["rows"]["off_line"] > MOST_OFF_LINE)


if __name__ == "__main__":
    main()
