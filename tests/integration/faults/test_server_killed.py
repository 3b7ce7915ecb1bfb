"""The database goes away and comes back under load: nothing acknowledged is lost, nothing is applied twice."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from tests.integration.faults.conftest import Shop
from tests.support.victim import HOW

AGAIN = {"SERVICE_UNAVAILABLE", "TIMEOUT"}
SAVE = """mutation($name: String!) { customerUpsert(input: {displayName: $name}) {
    ... on CustomerSuccess { customer { id } } ... on Problem { code } } }"""
TOTAL = "{ customers { totalCount } }"
WRITERS, BEFORE, AFTER = 4, 20, 20
numbers = count()


@dataclass
class Storm:
    """Clients that write under idempotency keys and try again until they are told that it is done."""

    shop: Shop
    wanted: int = 10**9
    done: dict[str, str] = field(default_factory=dict)  # by name, the id that was acknowledged
    refused: int = 0
    totals: list[int] = field(default_factory=list)
    told: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def write(self) -> None:
        while len(self.done) < self.wanted:
            name = f"storm {next(numbers)}"
            answer = await self._until_done(name)
            self.done[name] = answer["customerUpsert"]["customer"]["id"]
            self.told.release()

    async def _until_done(self, name: str) -> Any:
        while True:
            response = await self.shop.api.post(SAVE, {"name": name}, **{"Idempotency-Key": name})
            answer = response.json()
            if "errors" not in answer:
                return answer["data"]
            self._expected(response)

    async def read(self) -> None:
        while len(self.done) < self.wanted:
            response = await self.shop.api.post(TOTAL)
            answer = response.json()
            if "errors" in answer:
                self._expected(response)
            else:
                self.totals.append(answer["data"]["customers"]["totalCount"])

    def _expected(self, response: Any) -> None:
        codes = {error["extensions"]["code"] for error in response.json()["errors"]}
        assert codes <= AGAIN, response.text
        assert response.headers["retry-after"] == "1"
        assert "Traceback" not in response.text
        self.refused += 1

    async def acknowledged(self, more: int) -> None:
        """Wait until so many more are."""
        for _ in range(more):
            await self.told.acquire()


async def ended_backends(shop: Shop) -> None:
    """Connections in use and idle ones, again and again."""
    ended = 0
    while ended < 12:
        ended += await shop.victim.end_backends()


async def ended(shop: Shop, how: str) -> None:
    await asyncio.to_thread(shop.victim.end, how)
    assert (await shop.api.post(TOTAL)).json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert (await shop.api.client.get("/livez")).status_code == 200
    assert (await shop.api.client.get("/readyz")).status_code == 503
    await asyncio.to_thread(shop.victim.begin)


@pytest.mark.parametrize("how", ["connections ended", *HOW])
async def test_writes_go_on_after_the_database_was_away(shop: Shop, how: str) -> None:
    before, storm = await shop.count("customer"), Storm(shop)
    others = await digests_of_other(shop)
    async with asyncio.timeout(120), asyncio.TaskGroup() as clients:
        for _ in range(WRITERS):
            clients.create_task(storm.write())
        clients.create_task(storm.read())
        await storm.acknowledged(BEFORE)
        await (ended(shop, how) if how in HOW else ended_backends(shop))
        await storm.acknowledged(AFTER)
        storm.wanted = len(storm.done)

    assert storm.refused or how == "connections ended"
    assert storm.totals == sorted(storm.totals)
    assert await shop.count("customer") == before + len(storm.done)
    schema = shop.tenant.schema
    kept = await shop.victim.run(f"SELECT display_name, id FROM {schema}.customer WHERE display_name LIKE 'storm %'")
    stored = {row["display_name"]: f"cus_{row['id'].hex}" for row in kept}
    assert storm.done.items() <= stored.items()
    counters = f"SELECT last, (SELECT count(*) FROM {schema}.event), (SELECT max(sequence) FROM {schema}.event)"
    ((last, events, newest),) = await shop.victim.run(f"{counters} FROM {schema}.event_counter")
    assert last == events == newest, "events have gaps"
    assert await digests_of_other(shop) == others
    assert (await shop.api.client.get("/readyz")).status_code == 200


async def digests_of_other(shop: Shop) -> list[tuple[str, int]]:
    """Of every table of the merchant in whom nothing is done, its rows."""
    tables = await shop.victim.run("SELECT tablename FROM pg_tables WHERE schemaname = $1", shop.other.schema)
    return [(row[0], await shop.count(row[0], shop.other)) for row in tables]
