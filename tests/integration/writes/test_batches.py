"""Lists of items: each stored or refused by itself, in order, whoever else writes and however often they come."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.customers.read import ExternalRefInput
from domain.events import write_events
from domain.recording.batch import MOST_ITEMS
from domain.recording.orders import orders_record
from tests.integration.writes.conftest import INPUTS, MADE, Writing, back, by, issues, line, named, order
from tests.integration.writes.test_contacts import answer, visit
from tests.integration.writes.test_hostile import KINDS, SELLING
from tests.integration.writes.test_idempotency import waiting
from tests.support.http import Api
from tests.support.imports import NOW

KEY = "Idempotency-Key"
CANARY = "canary-4711"  # stands where messages quote what was sent
RATE = {"currency": "USD", "onDate": "2024-01-01", "rate": "0.9"}
GOOD: dict[str, Any] = {
    "ordersRecord": order("o1"),
    "orderReturnsRecord": back("r1", order=None, by=by()),
    "interactionsRecord": visit(),
    "feedbackRecord": answer(),
    "productsSave": {"sku": "C"},
    "exchangeRatesSet": RATE,
}
BAD: dict[str, Any] = {
    "ordersRecord": order("o2", line(CANARY), by=by(), placedAt="2001-01-01T00:00:00Z"),
    "orderReturnsRecord": back("r2", line(CANARY), order=None, by=by(), returnedAt="2001-01-01T00:00:00Z"),
    "interactionsRecord": visit("v2", by=by("c9"), occurredAt="2001-01-01T00:00:00Z"),
    "feedbackRecord": answer("f2", score="99", submittedAt="2001-01-01T00:00:00Z"),
    "productsSave": {"sku": "D", "name": "x" * 1001},
    "exchangeRatesSet": RATE | {"rate": "0"},
}
MUTATIONS = pytest.mark.parametrize("mutation", INPUTS)


@MUTATIONS
async def test_of_a_half_broken_list_the_sound_half_is_stored_and_nothing_of_the_rest(
    shop: Writing, mutation: str
) -> None:
    alone = await shop.refused(mutation, BAD[mutation])
    another = BAD[mutation] | ({"externalRef": named("x9")} if "externalRef" in BAD[mutation] else {})
    found = await shop.each(mutation, BAD[mutation], GOOD[mutation], another)
    assert [one["problem"] is None for one in found] == [False, True, False]
    argument = INPUTS[mutation][0]
    told = [(place.replace(f"{argument}.0", f"{argument}.2"), code) for place, code in alone]
    assert (issues(found[0]), issues(found[2])) == (alone, told)
    assert found[2]["problem"]["path"] == [argument, "2"]
    before = await shop.everything()
    assert [one["node"] for one in await shop.each(mutation, GOOD[mutation])] == [found[1]["node"]]
    assert await shop.everything() == before


@MUTATIONS
async def test_a_list_is_bounded_and_may_be_empty(shop: Writing, mutation: str) -> None:
    assert await shop.each(mutation) == []
    argument, kind = INPUTS[mutation]
    before = await shop.everything()
    text = f"mutation($given: [{kind}!]!) {{ {mutation}({argument}: $given) {{ items {{ index }} }} }}"
    answer = await shop.client.ask(text, {"given": [GOOD[mutation]] * (MOST_ITEMS + 1)})
    extensions = answer["errors"][0]["extensions"]
    assert (answer["data"], extensions["code"], extensions["path"]) == (None, "BAD_USER_INPUT", [argument])
    assert await shop.everything() == before


@MUTATIONS
async def test_a_list_needs_its_scope(shop: Writing, api: Api, mutation: str) -> None:
    argument, kind = INPUTS[mutation]
    text = f"mutation($given: [{kind}!]!) {{ {mutation}({argument}: $given) {{ items {{ index }} }} }}"
    before = await shop.everything()
    reader = await api.of(shop.tenant, scopes=("read",))
    refused = await reader.ask(text, {"given": [GOOD[mutation]]})
    assert (refused["data"], refused["errors"][0]["extensions"]["code"]) == (None, "FORBIDDEN")
    assert await shop.everything() == before


async def test_whoever_may_write_and_not_read_learns_whether_it_is_done_and_no_more(shop: Writing, api: Api) -> None:
    till = await api.of(shop.tenant, scopes=("orders_write",))
    text = """mutation($given: [OrderInput!]!) { ordersRecord(orders: $given) {
      items { index node { id ... on Order { netTotal } } problem { path } } } }"""
    done = await till.ask(text, {"given": [order("o1"), order("o2", line("Z"))]})
    assert done["data"]["ordersRecord"]["items"] == [
        {"index": 0, "node": None, "problem": None}, {"index": 1, "node": None, "problem": {"path": ["orders", "1"]}}
    ]  # fmt: skip
    assert {error["extensions"]["code"] for error in done["errors"]} == {"FORBIDDEN"}
    assert done["errors"][0]["path"][:4] == ["ordersRecord", "items", 0, "node"]
    assert await shop.one("SELECT count(*) FROM orders") == 1


async def test_of_several_items_for_one_the_last_sound_one_counts_and_all_answer_it(shop: Writing) -> None:
    said = [order("o1", line("A", n)) for n in (1, 2, 3)]
    broken = order("o1", line("A", 9), currency="XYZ")
    found = await shop.each("ordersRecord", *said, broken, order("o1", externalRef=named("o1", "till")))
    assert [one["node"] and one["node"]["netTotal"] for one in found] == ["30.0000"] * 3 + [None, "10.0000"]
    assert len({one["node"]["id"] for one in found if one["node"]}) == 2
    assert await shop.one("SELECT array_agg(version ORDER BY system) FROM orders") == [1, 1]
    assert (await shop.events()).count("ORDER_RECORDED") == 2
    unknown = await shop.each("ordersRecord", order("o2"), order("o2", line("Z")))
    assert [issues(one) for one in unknown] == [[("orders.1.items.0.sku", "NOT_FOUND")]] * 2
    assert await shop.one("SELECT count(*) FROM orders") == 2


async def test_several_items_for_one_product_say_together_what_it_is(shop: Writing) -> None:
    made = "id ... on Product { name tags categoryPath customizable }"
    said = [{"sku": "C", "name": "Cup", "tags": ["x"]}, {"sku": "C", "categoryPath": ["a", "b"], "tags": None}]
    found = await shop.recorded("productsSave", *said, made=made)
    whole = {"name": "Cup", "tags": [], "categoryPath": ["a", "b"], "customizable": False}
    assert [{name: one[name] for name in whole} for one in found] == [whole] * 2
    (changed,) = await shop.recorded("productsSave", {"sku": "C", "name": None, "customizable": True}, made=made)
    assert (changed["name"], changed["categoryPath"], changed["customizable"]) == ("C", ["a", "b"], True)


async def test_many_who_record_the_same_at_once_record_it_once(shop: Writing) -> None:
    said = {"productsSave": [{"sku": "C"}, {"sku": "D"}], "ordersRecord": [order("o1"), order("o2")],
            "interactionsRecord": [visit()], "feedbackRecord": [answer()], "exchangeRatesSet": [RATE]}  # fmt: skip
    events = await shop.events()
    for mutation, items in said.items():
        found = await asyncio.gather(*(shop.recorded(mutation, *items[:: 1 - n % 2 * 2]) for n in range(8)))
        both = [{orjson.dumps(one) for one in each} for each in found]
        assert len(both[0]) == len(items), mutation
        assert all(each == both[0] for each in both), mutation
    new = (await shop.events())[len(events) :]
    assert sorted(topic for topic in new if topic != "CUSTOMER_UPDATED") == sorted(
        ["PRODUCT_SAVED"] * 2 + ["ORDER_RECORDED"] * 2 + ["INTERACTION_RECORDED", "FEEDBACK_RECEIVED"]
    )


async def test_whoever_comes_second_to_a_new_order_changes_it_and_tells_each_thing_once(shop: Writing) -> None:
    said = replace(KINDS["orders"][1], external_ref=ExternalRefInput("shop", "o1"))
    async with shop.scope.write(shop.tenant, before_commit=write_events) as session:
        await orders_record(session, [said], **SELLING, now=NOW)
        early = order("o1", by=by("c2", "crm"), placedAt="2001-01-01T00:00:00Z")
        second = asyncio.create_task(shop.recorded("ordersRecord", early))
        await waiting(shop.scope, shop.tenant)
    assert [one["version"] for one in await second] == [2]
    known = "SELECT version FROM customer WHERE phone IS NOT NULL"
    assert await shop.one(known) == 2
    told = "SELECT count(*) FROM event WHERE topic = 'CUSTOMER_UPDATED' AND subject_id = :id"
    assert await shop.one(told, id=UUID(shop.customers["c2"].removeprefix("cus_"))) == 1


async def test_of_many_who_change_an_order_at_once_each_change_is_kept_and_told(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1"), order("o2"))
    numbers = range(2, 12)
    said = [[order("o1", line("A", n)), order("o2", line("A", n))][:: 1 - n % 2 * 2] for n in numbers]
    await asyncio.gather(*(shop.recorded("ordersRecord", *items) for items in said))
    assert await shop.one("SELECT array_agg(version) FROM orders") == [len(numbers) + 1] * 2
    assert await shop.one("SELECT count(*) FROM order_revision") == len(numbers) * 2
    assert (await shop.events()).count("ORDER_RECORDED") == len(numbers) * 2 + 2
    both = await shop.rows(
        "SELECT net_total, (SELECT sum(net_amount) FROM order_item WHERE order_id = o.id) FROM orders AS o"
    )
    assert all(one["net_total"] == one["sum"] for one in both)


async def test_nothing_stays_staged(shop: Writing) -> None:
    for mutation in INPUTS:
        await shop.each(mutation, GOOD[mutation], BAD[mutation])
    assert await shop.one("SELECT count(*) FROM import_row") == 0


@MUTATIONS
async def test_a_repeat_under_a_key_answers_every_item_as_before_and_applies_nothing(
    shop: Writing, mutation: str
) -> None:
    said = [GOOD[mutation], BAD[mutation]]
    first = await shop.each(mutation, *said, **{KEY: "k1"})
    # What was wrong is right now, and what was right has changed: the repeat must do neither.
    await shop.recorded("productsSave", {"sku": CANARY})
    if mutation == "ordersRecord":
        await shop.recorded(mutation, order("o1", line("A", 5)))
    before = await shop.everything()
    again = await shop.each(mutation, *said, **{KEY: "k1"})
    assert await shop.everything() == before
    assert [one["node"] and one["node"].get("id") for one in again] == [
        one["node"] and one["node"].get("id") for one in first
    ]
    assert issues(again[1]) == issues(first[1])
    assert again[1]["problem"]["path"] == first[1]["problem"]["path"]
    kept = await shop.one("SELECT CAST(outcome AS text) FROM idempotency_record")
    assert not any(word in kept for word in ("shop", "message", "USD", CANARY))


async def test_a_list_of_a_hundred_orders_with_ten_lines_each(shop: Writing) -> None:
    said = [order(f"o{n}", *[line("AB"[m % 2], m + 1) for m in range(10)]) for n in range(MOST_ITEMS)]
    found = await shop.recorded("ordersRecord", *said, made=MADE)
    assert {one["netTotal"] for one in found} == {"550.0000"}
    assert await shop.one("SELECT count(*) FROM order_item") == 1000
