"""``regulars worker`` as processes: to the instant, killed, and three at once."""

import asyncio
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from tenancy.engine import Engines
from tenancy.scope import Scope
from tests.support.club import city
from tests.support.command import free_port, started
from tests.support.postgres import Server, a_database
from tests.support.tenants import an_owner, maker
from tests.support.watching import Watched

DAY = timedelta(days=1)
PROMISED_S, PATIENCE_S = 5.0, 30.0


@pytest.fixture
async def database(cluster: Server) -> AsyncIterator[Server]:
    """A database whose merchants only these workers follow."""
    async with a_database(cluster) as made:
        yield made


@pytest.fixture
async def shop(database: Server) -> AsyncIterator[Watched]:
    """A merchant, at the time that the clock on the wall shows."""
    async with an_owner(database) as owner, Engines(database.app_dsn) as engines:
        (tenant,) = await maker(owner, database.login)()
        yield await Watched(Scope(engines), tenant, datetime.now(UTC)).prepare()


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = PATIENCE_S) -> Any:
    """What holds, as soon as it does."""
    ends = time.monotonic() + seconds
    while not (found := await holds()):
        assert time.monotonic() < ends, "it never came"
        await asyncio.sleep(0.02)
    return found


async def settled(shop: Watched) -> bool:
    """Whether all that happened is told, and all who stand somehow are those who do."""
    (row,) = await shop.rows(
        "SELECT min(position) AS position, bool_or(scan_at IS NOT NULL) AS scanning, "
        "(SELECT last FROM event_counter) AS last FROM segment_watch"
    )
    return bool(row["position"] == row["last"] and not row["scanning"])


def environment(database: Server) -> dict[str, str]:
    """The settings of a worker."""
    return {"REGULARS_DATABASE_URL": database.app_dsn}


def numbers(port: int) -> str:
    """What Prometheus is served."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


async def test_time_alone_is_told_within_five_seconds_with_its_instant(
    database: Server, shop: Watched, tmp_path: Path
) -> None:
    await shop.segment("silent", rule={"text": "no orders over last 30 days"})
    await shop.watch("silent")
    port = free_port()
    settings = environment(database) | {"REGULARS_METRICS_PORT": str(port)}
    with started(["worker"], tmp_path, **settings) as worker:
        worker.ready()
        await until(lambda: settled(shop))
        shop.now = datetime.now(UTC)
        due = shop.now + timedelta(seconds=2)
        await shop.customer("Ann")
        await shop.order("Ann", placedAt=(due - 30 * DAY).isoformat())

        async def came() -> Any:
            return [one for one in await shop.told() if one[-1] == "TIME_PASSED"]

        told = await until(came, 2 + PROMISED_S)
        assert datetime.now(UTC) - due < timedelta(seconds=PROMISED_S)
        assert told == [("SEGMENT_ENTERED", "silent", shop.ids["Ann"], due.isoformat(), "TIME_PASSED")]
        assert 'regulars_membership_changes_total{cause="TIME_PASSED"} 1.0' in numbers(port)
        assert worker.ended(SIGTERM) == 0


def test_without_a_database_it_says_which_setting_is_missing(tmp_path: Path) -> None:
    with started(["worker"], tmp_path) as worker:
        assert "REGULARS_DATABASE_URL" in worker.errors()
        assert worker.ended() == 5


async def busy(shop: Watched, rounds: int) -> None:
    """People who move and order without a pause."""
    for n in range(rounds):
        shop.now = datetime.now(UTC)
        await shop.customer(f"C{n % 7}", city=("Ulm", "Bonn")[n // 7 % 2])
        await shop.order(f"C{n % 5}", DAY - timedelta(milliseconds=300 * (n % 4)))


async def judged(shop: Watched) -> None:
    """Nothing is lost and nothing is twice: changes alternate, each has one event, and who is in is so."""
    await until(lambda: settled(shop))
    told = [row["payload"]["change_id"] for row in await shop.rows(PAYLOADS)]
    rows = await shop.rows("SELECT * FROM membership_change ORDER BY number")
    assert sorted(told) == sorted(str(row["id"]) for row in rows)
    following: dict[Any, list[str]] = {}
    for row in rows:
        following.setdefault((row["watch_id"], row["customer_id"]), []).append(row["change"])
    for changes in following.values():
        assert changes == [("ENTERED", "LEFT")[n % 2] for n in range(len(changes))]

    async def agrees() -> bool:
        shop.now = datetime.now(UTC)
        stored = await shop.stored()
        return all([stored.get(key, set()) == await shop.live(key) for key in shop.segments])

    await until(agrees)
    assert Counter(len(changes) for changes in following.values()).total() > 7


PAYLOADS = "SELECT payload FROM event WHERE topic IN ('SEGMENT_ENTERED', 'SEGMENT_LEFT')"


async def watched(shop: Watched) -> None:
    """By place, and by an order of the last day: members come by what is written and go by time."""
    await shop.segment("ulm", rule=city("Ulm"))
    await shop.segment("active", rule={"text": "exists orders over last 1 day"})
    for key in shop.segments:
        await shop.watch(key)


async def test_killed_workers_lose_nothing(database: Server, shop: Watched, tmp_path: Path) -> None:
    await watched(shop)

    async def any_more(than: int) -> bool:
        return len(await shop.changes()) > than

    for _ in range(3):
        with started(["worker"], tmp_path, **environment(database)) as worker:
            worker.ready()
            before = len(await shop.changes())
            await busy(shop, 9)
            await until(lambda before=before: any_more(before))
            writing = asyncio.create_task(busy(shop, 14))
            worker.ended(SIGKILL)
            await writing
    with started(["worker"], tmp_path, **environment(database)) as worker:
        worker.ready()
        await judged(shop)


async def test_of_three_workers_one_writes_each_change(database: Server, shop: Watched, tmp_path: Path) -> None:
    await watched(shop)
    with ExitStack() as several:
        workers = [several.enter_context(started(["worker"], tmp_path, **environment(database))) for _ in range(3)]
        for one in workers:
            one.ready()
        await busy(shop, 60)
        await judged(shop)
        assert [one.ended(SIGTERM) for one in workers] == [0, 0, 0]
