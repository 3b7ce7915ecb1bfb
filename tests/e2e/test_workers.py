"""``regulars serve --workers``: one port, several processes; a killed one is replaced, and the end loses no request."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.keeper import wait_until
from tenancy.keys import create_key
from tenancy.tenant import Tenant
from tests.support.command import Running, free_port, started
from tests.support.demo import PROC
from tests.support.postgres import Server
from tests.support.tenants import Tenants

pytestmark = pytest.mark.skipif(not PROC.exists(), reason="what runs is found in Linux's /proc")
SOON_S = 20.0  # more than it ever takes
SAVE = 'mutation { customerUpsert(input: {displayName: "A"}) { __typename } }'
PAGE = "query($after: String) { customers(first: 1, after: $after) { totalCount pageInfo { endCursor } } }"


@pytest.fixture(scope="module")
async def merchant(tenants: Tenants) -> Tenant:
    return (await tenants())[0]


@pytest.fixture(scope="module")
async def token(owner: AsyncEngine, merchant: Tenant) -> str:
    async with owner.begin() as connection:
        return (await create_key(connection, merchant, datetime.now(UTC)))[1]


class Served:
    """A server of several processes."""

    def __init__(self, running: Running, port: int, token: str) -> None:
        self.running, self.port = running, port
        # A connection for each request, so that any of the processes may answer.
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=SOON_S)

    def ask(self, query: str, **variables: Any) -> httpx.Response:
        """One operation."""
        return self.client.post("/graphql", json={"query": query, "variables": variables})

    def ready(self) -> int:
        """The status of /readyz; 0 when nobody listens."""
        with suppress(httpx.TransportError):
            return self.client.get("/readyz").status_code
        return 0

    def processes(self) -> set[int]:
        """Those that serve."""
        parent = self.running.process.pid
        found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return {int(one) for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}


@contextmanager
def serving(server: Server, home: Path, token: str, workers: int = 2, **settings: str) -> Iterator[Served]:
    port = free_port()
    given = {"REGULARS_DATABASE_URL": server.app_dsn, "REGULARS_PORT": str(port), **settings}
    with started(["serve", "--workers", str(workers)], home, **given) as running:
        running.ready()
        served = Served(running, port, token)
        with served.client:
            yield served


@contextmanager
def locked(dsn: str, table: str) -> Iterator[Any]:
    """Nobody reads the table until ``release`` is called, or the block ends."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        transaction = connection.transaction()
        runner.run(transaction.start())
        runner.run(connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))

        def waiting() -> bool:
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass"
            return bool(runner.run(connection.fetchval(waits, table)))

        waiting.release = lambda: runner.run(connection.close())  # type: ignore[attr-defined]
        try:
            yield waiting
        finally:
            waiting.release()  # type: ignore[attr-defined]


def test_cursors_of_one_process_are_read_by_another_without_a_secret(
    server: Server, tmp_path: Path, token: str
) -> None:
    with serving(server, tmp_path, token) as served:
        for _ in range(2):
            assert "errors" not in served.ask(SAVE).json()
        cursor = served.ask(PAGE).json()["data"]["customers"]["pageInfo"]["endCursor"]
        answers = [served.ask(PAGE, after=cursor).json() for _ in range(20)]
        assert [one for one in answers if "errors" in one] == []
        assert served.running.ended(signal.SIGTERM) == 0


def test_a_killed_process_is_replaced_and_the_numbers_go_on(server: Server, tmp_path: Path, token: str) -> None:
    metrics = free_port()
    with serving(server, tmp_path, token, REGULARS_METRICS_PORT=str(metrics)) as served:
        before = served.processes()
        assert len(before) == 2
        for _ in range(10):
            assert served.ask(PAGE).status_code == 200
        assert counted(metrics) == 10
        os.kill(victim := min(before), signal.SIGKILL)
        assert wait_until(lambda: len(served.processes() - {victim}) == 2, SOON_S)
        assert wait_until(lambda: served.ready() == 200, SOON_S)
        for _ in range(10):
            assert served.ask(PAGE).status_code == 200
        assert counted(metrics) == 20
        assert served.running.ended(signal.SIGTERM) == 0
        lines = [orjson.loads(line) for line in served.running.errors().splitlines()]
        assert [one["process"] for one in lines if one["event"] == "a process was replaced"] == [victim]
        assert len([one for one in lines if one["event"] == "operation"]) in range(
            10, 21
        )  # a kill takes its last lines


def counted(port: int) -> float:
    """Queries answered without an error, by all processes together."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    (line,) = [x for x in text.splitlines() if x.startswith("regulars_operation_seconds_count") and '"OK"' in x]
    return float(line.rpartition(" ")[2])


@pytest.mark.parametrize("workers", [1, 2])
def test_told_to_end_it_says_so_and_answers_what_it_was_asked(
    server: Server, tmp_path: Path, token: str, merchant: Tenant, workers: int
) -> None:
    settings = {"REGULARS_DRAIN_S": "1.5"}
    with (
        serving(server, tmp_path, token, workers, **settings) as served,
        locked(server.owner_dsn, f"{merchant.schema}.strategy") as waiting,
        ThreadPoolExecutor() as threads,
    ):
        assert served.ready() == 200
        asked = threads.submit(served.ask, "{ strategies { totalCount } }")
        assert wait_until(waiting, SOON_S)
        served.running.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: served.ready() == 503, SOON_S)
        assert "errors" not in served.ask(PAGE).json()  # whoever has not heard yet is served
        assert wait_until(lambda: served.ready() == 0, SOON_S)
        assert not asked.done()
        waiting.release()
        assert asked.result().json()["data"]["strategies"]["totalCount"] == 0
        assert served.running.ended() == 0


def test_what_takes_longer_than_the_grace_is_answered_with_try_again(
    server: Server, tmp_path: Path, token: str, merchant: Tenant
) -> None:
    with (
        serving(server, tmp_path, token, REGULARS_GRACE_S="1") as served,
        locked(server.owner_dsn, f"{merchant.schema}.strategy") as waiting,
        ThreadPoolExecutor() as threads,
    ):
        asked = threads.submit(served.ask, "{ strategies { totalCount } }")
        assert wait_until(waiting, SOON_S)
        assert served.running.ended(signal.SIGTERM) == 0
        answer = asked.result()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        lines = [orjson.loads(line) for line in served.running.errors().splitlines()]
        assert ["SERVICE_UNAVAILABLE"] in [one["codes"] for one in lines if one["event"] == "operation"]


def test_processes_whose_parent_was_killed_end_too(server: Server, tmp_path: Path, token: str) -> None:
    with serving(server, tmp_path, token) as served:
        orphans = served.processes()
        served.running.process.kill()
        served.running.process.wait()
        assert wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in orphans), SOON_S)
        with socket.socket() as asked:
            assert asked.connect_ex(("127.0.0.1", served.port)) != 0


def test_a_port_for_numbers_that_is_taken_is_named(server: Server, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        settings = {"REGULARS_DATABASE_URL": server.app_dsn, "REGULARS_PORT": str(free_port())}
        with started(["serve"], tmp_path, REGULARS_METRICS_PORT=port, **settings) as running:
            said = running.errors()
            assert (running.ended(), "REGULARS_METRICS_PORT" in said, port in said) == (3, True, True)


def test_a_body_without_end_is_refused_and_its_connection_closed(server: Server, tmp_path: Path, token: str) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = (
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with serving(server, tmp_path, token, 1) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=SOON_S) as client:
            client.sendall(head.encode())
            with pytest.raises(ConnectionError):  # noqa: PT012 — which of the messages is refused depends on the kernel
                for _ in range(1000):  # sixty megabytes
                    client.sendall(chunk)
        assert served.ask(PAGE).status_code == 200
        assert served.running.ended(signal.SIGTERM) == 0
