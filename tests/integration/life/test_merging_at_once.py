"""Merges beside one another and beside what is being recorded: no circle, and nothing is lost."""

import asyncio
import random
from typing import Any

import pytest

from tests.integration.life.conftest import Life, key_of

ROOTS = "SELECT id, merged_into FROM customer"
OWNERS = (
    """SELECT count(*) AS n FROM {} AS t JOIN customer AS c ON c.id = t.customer_id WHERE c.merged_into IS NOT NULL"""
)
TABLES = ("orders", "order_return", "interaction", "feedback", "consent", "customer_external_ref")


async def sound(shop: Life) -> dict[Any, Any]:
    """Customer → winner; every chain is flat, and no row is of a loser."""
    found = {row["id"]: row["merged_into"] for row in await shop.rows(ROOTS)}
    assert all(winner is None or found[winner] is None for winner in found.values())
    for table in TABLES:
        assert await shop.one(OWNERS.format(table)) == 0, table
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_overlapping_merges_end_in_one_customer_with_everything(shop: Life, seed: int) -> None:
    names = [f"c{n}" for n in range(5)]
    ids = [await shop.customer(name) for name in names]
    chance = random.Random(seed)
    pairs = [chance.sample(ids, 2) for _ in range(8)] + [ids[:2], ids[1::-1], [ids[2], ids[0]], [ids[1], ids[2]]]
    few = asyncio.Semaphore(6)  # a tenant may not run more than so many

    async def merge(winner: str, loser: str) -> Any:
        async with few:
            return await shop.change("customerMerge", winner=winner, losers=[loser])

    results = await asyncio.gather(*(merge(*pair) for pair in pairs))
    assert {done["__typename"] for done in results} == {"CustomerSuccess"}
    found = await sound(shop)
    # Whoever was merged in any order is one with the other.
    for a, b in pairs:
        one, other = (found[key_of(each)] or key_of(each) for each in (a, b))
        assert one == other
    assert await shop.one("SELECT count(*) FROM orders") == len(names)


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_recorded_of_a_loser_while_it_is_merged_is_the_winners(shop: Life, seed: int) -> None:
    await shop.customer("ann", events_too=False)
    twin = await shop.customer("twin", events_too=False)
    third = await shop.customer("third", events_too=False)
    (ann,) = [row["id"] for row in await shop.rows(
        "SELECT customer_id AS id FROM customer_external_ref WHERE value = 'ann'")]  # fmt: skip
    winner = f"cus_{ann.hex}"

    async def merge() -> Any:
        await asyncio.sleep(seed * 0.02)
        first = await shop.change("customerMerge", winner=winner, losers=[twin])
        return first, await shop.change("customerMerge", winner=third, losers=[winner])

    writes = [shop.record("twin", f"{n}") for n in range(5)]
    *recorded, merged = await asyncio.gather(*writes, merge())
    assert recorded == [[None] * 4] * 5
    assert {done["__typename"] for done in merged} == {"CustomerSuccess"}
    await sound(shop)
    assert await shop.rows("SELECT DISTINCT customer_id AS id FROM orders") == [{"id": key_of(third)}]
    assert [await shop.one(f"SELECT count(*) FROM {table}") for table in TABLES[:4]] == [5] * 4


async def test_erasing_beside_recording_leaves_no_text(shop: Life) -> None:
    ann = await shop.customer("ann", events_too=False)
    text = 'mutation($id: ID!) { customerErase(id: $id, reason: "asked") { __typename } }'
    writes = [shop.record("ann", f"{n}") for n in range(5)]
    *recorded, _ = await asyncio.gather(*writes, shop.client.data(text, {"id": ann}))
    assert all(one in ([None] * 4, ["VALIDATION"] * 4) or set(one) == {None, "VALIDATION"} for one in recorded)
    left = "SELECT count(*) FROM feedback WHERE comment IS NOT NULL"
    assert await shop.one(left) == 0
    assert await shop.one("SELECT count(*) FROM interaction WHERE properties <> '{}'") == 0
