"""Whatever is written and however the clock goes on: who is kept as a member is who is one, and changes alternate."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tenancy.scope import Scope
from tests.support.club import city
from tests.support.tenants import Tenants
from tests.support.watching import Watched

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("Ann", "Bob", "Cem", "Dee", "Eva", "Fay")
CITIES = ("Ulm", "Bonn", None)
STALE, BUYERS = {"text": "no orders over last 3 days"}, {"text": "orders.count over last 36 hours >= 2"}
RULES: dict[str, Any] = {
    "ulm": city("Ulm"),
    "stale": STALE,
    "buyers": BUYERS,
    "either": {"any": [{"segment": {"key": "ulm"}}, {"segment": {"key": "kept"}}]},
    "was": {"text": 'in segment "ulm" 2 days ago'},
    "both": {"all": [{"not": {"segment": {"key": "stale"}}}, {"not": city("Bonn")}]},
}
EDITED = (STALE, BUYERS, {"text": "exists orders over last 2 days"}, city("Bonn"), {"not": city("Ulm")})


class Model:
    """A shop that random things happen to."""

    def __init__(self, shop: Watched, seed: str, late: int = 60) -> None:
        self.shop, self.random, self.late = shop, Random(seed), late  # hours after which an order may be recorded
        self.placed: dict[str, tuple[str, dict[str, Any]]] = {}
        self.losers: list[str] = []
        self.versions: dict[str, int] = defaultdict(lambda: 1)

    async def open(self) -> None:
        for name in NAMES:
            await self.shop.customer(name, city=self.random.choice(CITIES))
        await self.shop.segment("kept", kind="STATIC", memberIds=[self.shop.ids["Ann"]])
        for key, rule in RULES.items():
            await self.shop.segment(key, rule=rule)
            await self.shop.watch(key)
        await self.shop.watch("kept")

    def one(self) -> str:
        return self.random.choice(NAMES)

    async def do(self) -> None:
        """Something; what makes no sense is refused, and changes nothing."""
        deeds: list[Callable[[], Awaitable[Any]]] = [
            *[self.order] * 4, *[self.move] * 3, *[self.put] * 2, self.take, self.cancel, self.delete, self.restore,
            self.merge, self.unmerge, self.edit,
        ]  # fmt: skip
        await self.random.choice(deeds)()

    async def order(self) -> None:
        said = {"placedAt": (self.shop.now - self.random.randrange(-3, self.late) * HOUR).isoformat()}
        name = self.one()
        found = await self.shop.try_order(name, **said)
        if found is not None:
            self.placed[found] = name, said

    async def cancel(self) -> None:
        if self.placed:
            number = self.random.choice(list(self.placed))
            name, said = self.placed.pop(number)
            at = max(said["placedAt"], self.shop.now.isoformat())
            await self.shop.try_order(name, number=number, **said, status="CANCELLED", cancelledAt=at)

    async def move(self) -> None:
        await self.shop.try_customer(self.one(), city=self.random.choice(CITIES))

    async def delete(self) -> None:
        await self.shop.change("customerDelete", id=self.shop.ids[self.one()])

    async def restore(self) -> None:
        await self.shop.change("customerRestore", id=self.shop.ids[self.one()])

    async def merge(self) -> None:
        winner, loser = self.random.sample(NAMES, 2)
        await self.shop.change("customerMerge", winner=self.shop.ids[winner], losers=[self.shop.ids[loser]])
        self.losers.append(loser)

    async def unmerge(self) -> None:
        if self.losers:
            await self.shop.change("customerUnmerge", loser=self.shop.ids[self.losers.pop()])

    async def put(self) -> None:
        await self.shop.listing("Add", self.shop.segments["kept"], self.one())

    async def take(self) -> None:
        await self.shop.listing("Remove", self.shop.segments["kept"], self.one())

    async def edit(self) -> None:
        key = self.random.choice(("ulm", "stale", "buyers"))
        done = await self.shop.update(self.shop.segments[key], self.versions[key], rule=self.random.choice(EDITED))
        self.versions[key] = done["version"]

    async def judge(self) -> None:
        """What is kept is what is so, and is what was told."""
        stored = await self.shop.stored()
        for key in self.shop.segments:
            assert stored.get(key, set()) == await self.shop.live(key), key


@pytest.mark.parametrize("seed", range(4))
async def test_who_is_kept_as_a_member_is_who_is_one(shop: Watched, seed: int) -> None:
    model = Model(shop, f"watching {seed}")
    await model.open()
    await shop.follow()
    begun = await shop.stored()
    for _ in range(30):
        shop.now += model.random.choice((timedelta(seconds=1), HOUR, 7 * HOUR, DAY, 2 * DAY))
        for _ in range(model.random.choice((0, 1, 1, 2, 3))):
            await model.do()
            shop.now += timedelta(milliseconds=model.random.randrange(2_000))
        await shop.follow()
        await model.judge()
    inside = {(key, one) for key, ids in begun.items() for one in ids}
    last: dict[Any, Any] = {}
    for row in await shop.rows(ALL):
        who = row["key"], row["customer_id"]
        assert (row["change"] == "ENTERED") is (who not in inside)
        assert row["at"] >= last.get(who, row["at"])
        inside ^= {who}
        last[who] = row["at"]
    assert len(last) > 10


@pytest.mark.parametrize("seed", range(3))
async def test_however_seldom_it_is_followed_the_same_is_told(scope: Scope, tenants: Tenants, seed: int) -> None:
    """The same things happen to two shops; one is followed after each, the other only at the end.

    Nothing is recorded late: of that it is only learnt afterwards what was so.
    """
    told = []
    for often in (True, False):
        (tenant,) = await tenants(1, timezone="Europe/Berlin")
        shop = await Watched(scope, tenant).prepare()
        model = Model(shop, f"seldom {seed}", late=1)
        await model.open()
        await shop.follow()
        for _ in range(25):
            shop.now += model.random.choice((timedelta(seconds=5), HOUR, 7 * HOUR, DAY, 2 * DAY))
            await model.random.choice((model.order, model.order, model.move, model.cancel, model.put, model.take))()
            if often:
                await shop.follow()
        shop.now += 4 * DAY
        await shop.follow()
        await model.judge()
        told.append(sorted(await shop.changes()))
    assert told[0] == told[1]
    assert len(told[0]) > 10


ALL = """
SELECT s.key, m.customer_id, m.change, m.at FROM membership_change AS m JOIN segment_watch AS w ON w.id = m.watch_id
JOIN segment AS s ON s.id = w.segment_id ORDER BY m.number"""
