"""Payloads of events name no customer out of the caller's reach, in whichever way customers came together."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from domain.base import new_id
from domain.events import EventTopic, announce, write_events
from tests.integration.members.conftest import Office
from tests.support.tenants import NOW

EVENTS = "{ events(first: 50) { totalCount nodes { sequence topic payload subject { id } } } }"
SAVE = """mutation($input: CustomerInput!) { customerUpsert(input: $input) {
    ... on CustomerSuccess { customer { id } } } }"""
ORDER = """mutation($order: OrderInput!) { ordersRecord(orders: [$order]) { items { problem { code message } } } }"""
MERGE = "mutation($a: ID!, $b: [ID!]!) { customerMerge(winner: $a, losers: $b) { __typename } }"
UNMERGE = "mutation($b: ID!) { customerUnmerge(loser: $b) { __typename } }"


def uuid_of(id: str) -> str:
    """As payloads have it."""
    digits = id.split("_")[1]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


async def customer(office: Office, owner: str) -> str:
    made = await office.admin.data(SAVE, {"input": {"displayName": owner, "owner": owner}})
    return str(made["customerUpsert"]["customer"]["id"])


async def heard(office: Office, **given: Any) -> list[dict[str, Any]]:
    caller = await office.caller(scopes=["CUSTOMERS_READ", "EVENTS_READ"], **given)
    found = (await caller.data(EVENTS))["events"]
    assert found["totalCount"] == len(found["nodes"])
    return list(found["nodes"])


async def by_anna(office: Office) -> list[dict[str, Any]]:
    return await heard(office, memberId=office.members["anna"], dataScope="OWN")


def of_topic(events: list[dict[str, Any]], topic: str) -> list[Any]:
    return [one["payload"] for one in events if one["topic"] == topic]


async def test_whoever_was_merged_into_ones_own_stays_unknown(office: Office) -> None:
    winner, own, other = [await customer(office, owner) for owner in ("anna", "anna", "bo")]
    lines = {"status": "PAID", "currency": "EUR", "placedAt": "2026-01-01T00:00:00Z", "items": []}
    for number, whose in enumerate((winner, other)):
        given = {**lines, "externalRef": {"system": "shop", "value": str(number)}, "by": {"id": whose}}
        (item,) = (await office.admin.data(ORDER, {"order": given}))["ordersRecord"]["items"]
        assert item["problem"] is None
    done = await office.admin.data(MERGE, {"a": winner, "b": [own, other]})
    assert done["customerMerge"]["__typename"] == "CustomerSuccess"
    everybody, anna = await heard(office), await by_anna(office)
    assert of_topic(everybody, "CUSTOMER_MERGED") == [{"losers": [uuid_of(own), uuid_of(other)]}]
    assert of_topic(anna, "CUSTOMER_MERGED") == [{"losers": [uuid_of(own)]}]
    named = {uuid_of(winner), uuid_of(other)}
    assert {one["customer_id"] for one in of_topic(everybody, "ORDER_RECORDED")} == named
    assert of_topic(anna, "ORDER_RECORDED") == [{"customer_id": uuid_of(winner)}, {}]
    for id_ in (own, other):
        await office.admin.data(UNMERGE, {"b": id_})
    assert of_topic(await by_anna(office), "CUSTOMER_UNMERGED") == [{"loser": uuid_of(own)}, {}]
    assert uuid_of(other) not in orjson.dumps(await by_anna(office)).decode()


@pytest.mark.parametrize("name", ["customer_id", "loser"])
async def test_what_else_a_payload_says_stays(office: Office, name: str) -> None:
    mine, other = [(await customer(office, owner)) for owner in ("anna", "bo")]
    async with office.scope.write(office.tenant, before_commit=write_events) as session:
        mine_id = await session.scalar(text("SELECT id FROM customer WHERE owner = 'anna'"))
        for whose in (uuid_of(mine), uuid_of(other), str(new_id(NOW))):
            announce(session, EventTopic.CUSTOMER_UPDATED, mine_id, NOW, fields=["city"], **{name: whose})
    told = of_topic(await by_anna(office), "CUSTOMER_UPDATED")
    assert told == [{"fields": ["city"], name: uuid_of(mine)}, {"fields": ["city"]}, {"fields": ["city"]}]
