"""What a worker does for one merchant: no more than there is to do, and one watch that fails stops no other."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.worker.follower import IDLE_S, LOOKED_S, Follower
from api.worker.numbers import Numbers
from tests.support.club import city
from tests.support.watching import Watched

DAY = timedelta(days=1)


@pytest.fixture
def numbers() -> Numbers:
    return Numbers()


@pytest.fixture
def follower(shop: Watched, numbers: Numbers) -> Follower:
    """On the shop's clock."""
    return Follower(shop.scope, shop.tenant, numbers, asyncio.Semaphore(1), now=lambda: shop.now)


async def settled(follower: Follower) -> float:
    """So many steps as there is something to do; how long it would wait then."""
    while not (pause_s := await follower.step()):
        pass
    return pause_s


def counted(numbers: Numbers, name: str) -> float:
    """One of the numbers, all its labels together."""
    found = (sample for metric in numbers.registry.collect() for sample in metric.samples if sample.name == name)
    return sum(sample.value for sample in found)


async def test_it_waits_exactly_until_the_next_instant(shop: Watched, follower: Follower, numbers: Numbers) -> None:
    assert await settled(follower) == IDLE_S
    await shop.customer("Ann")
    await shop.order("Ann", DAY - timedelta(seconds=10))
    await shop.segment("active", rule={"text": "exists orders over last 1 day"})
    await shop.watch("active")
    assert await settled(follower) == LOOKED_S
    shop.now += timedelta(seconds=9, milliseconds=900)
    assert await settled(follower) == pytest.approx(0.1)
    rounds = counted(numbers, "regulars_watch_rounds_total")
    assert await settled(follower) == pytest.approx(0.1)
    assert counted(numbers, "regulars_watch_rounds_total") == rounds  # looking costs no round
    shop.now += timedelta(seconds=3)
    await settled(follower)
    assert counted(numbers, "regulars_membership_changes_total") == 1
    assert counted(numbers, "regulars_watch_lag_seconds") == 0


async def test_it_says_how_far_it_is_behind(shop: Watched, follower: Follower, numbers: Numbers) -> None:
    await shop.segment("ulm", rule=city("Ulm"))
    await shop.watch("ulm")
    await settled(follower)
    await shop.customer("Ann", city="Ulm")
    shop.now = datetime.now(UTC) + timedelta(minutes=5)
    await follower.step()
    assert counted(numbers, "regulars_watch_lag_seconds") == pytest.approx(300, abs=30)


async def test_one_watch_that_cannot_be_written_stops_no_other(
    shop: Watched, follower: Follower, owner: AsyncEngine
) -> None:
    for key in ("one", "two", "three"):
        await shop.segment(key, rule=city("Ulm"))
        await shop.watch(key)
    await settled(follower)
    (bad,) = await shop.rows(
        "SELECT w.id FROM segment_watch AS w JOIN segment AS s ON s.id = segment_id WHERE key = 'two'"
    )
    table = f"{shop.tenant.schema}.membership_change"
    async with owner.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT ill CHECK (watch_id <> '{bad['id']}')"))
    await shop.customer("Ann", city="Ulm")
    with pytest.raises(DBAPIError, match="ill"):
        await settled(follower)
    assert sorted(key for key, *_ in await shop.changes()) == ["one", "three"]
    async with owner.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ill"))
    await settled(follower)
    assert sorted(key for key, *_ in await shop.changes()) == ["one", "three", "two"]
