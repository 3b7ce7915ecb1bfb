"""Watches one server over many requests: its memory, and what a flood of new documents does to a known one.

``python -m tests.bench.steady`` prints and writes ``var/bench-steady.json``.
"""

import argparse
import json
import statistics
import threading
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.client import Client, Job, Ran
from tests.bench.merchants import Merchants, opened
from tests.bench.systems import System, started
from tests.bench.workloads import WORKLOADS, Workload

WRITTEN = Path("var") / "bench-steady.json"
CONNECTIONS, CHUNK, SLICE_S = 16, 2000, 0.7
MOST_GROWTH, LEAST_RATE = 1.05, 0.8


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
    """Requests/s of a known document before, between, during and after so many new ones."""
    one = next(w for w in WORKLOADS if w.name == "one")
    warm = Job(system.port, one.requests("ours", merchants), CONNECTIONS, SLICE_S)
    before = statistics.median(_rate(client.run(warm)) for _ in range(5))
    between: list[float] = []
    with Client() as flooder:
        for first in range(0, documents, CHUNK):
            ended = _sent(flooder, system, _new(one, merchants, first))
            between.append(_rate(client.run(warm)))
        job = Job(system.port, _new(one, merchants, documents), 1, SLICE_S * 2)
        beside = threading.Thread(target=flooder.run, args=(job,))
        beside.start()
        during = _rate(client.run(warm))
        beside.join()
    after = statistics.median(_rate(client.run(warm)) for _ in range(5))
    return {
        "documents": documents,
        "new_per_s": round(ended),
        "before_per_s": round(before),
        "between_per_s": round(statistics.median(between)),
        "during_per_s": round(during),
        "after_per_s": round(after),
        "after_vs_before": round(after / before, 3),
    }


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
    """Watch, print, write; exit status 1 when memory grew or the known document became slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--documents", type=int, default=100_000)
    given, say = parser.parse_args(), Console()
    with opened(say) as (server, merchants), started(["ours"], server.app_dsn) as systems, Client() as client:
        memory = watch_memory(client, systems["ours"], merchants, given.requests)
        say.print(memory)
        flood = watch_flood(client, systems["ours"], merchants, given.documents)
        say.print(flood)
    WRITTEN.write_text(json.dumps({"memory": memory, "flood": flood}, indent=2) + "\n")
    raise SystemExit(memory["growth"] > MOST_GROWTH or flood["after_vs_before"] < LEAST_RATE)


if __name__ == "__main__":
    main()
