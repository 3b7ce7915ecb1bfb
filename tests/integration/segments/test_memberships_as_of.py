"""Memberships explained as of an instant: by what was so then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.club import Club
from tests.support.tenants import NOW

DAY = timedelta(days=1)
UPSERT = "mutation($by: CustomerBy, $input: CustomerInput!) { customerUpsert(by: $by, input: $input) { __typename } }"
ORDERS = "mutation($orders: [OrderInput!]!) { ordersRecord(orders: $orders) { items { problem { code message } } } }"
PAGE = Path(__file__).parents[3] / "docs" / "explaining.md"
SUMMARY = """query($id: ID!, $s: ID!, $at: DateTime, $locale: String) {
    customer(by: {id: $id}) { membership(segmentId: $s, asOf: $at) { summary(locale: $locale) } } }"""
TOLD = """member evaluation { asOf } decisive { nodeId outcome observed evidence { at order { externalId } } }
    gaps { nodeId missing }"""
ONE = f"""query($id: ID!, $s: ID!, $at: DateTime) {{
    customer(by: {{id: $id}}) {{ membership(segmentId: $s, asOf: $at) {{ {TOLD} }} }} }}"""
MANY = f"""query($ids: [ID!]!, $s: [ID!]!, $at: DateTime) {{
    memberships(customerIds: $ids, segmentIds: $s, asOf: $at) {{ customer {{ city }} {TOLD} }} }}"""
RULE = 'city = "Ulm" and orders.count over last 10 days < 2'


@pytest.fixture
async def segment(club: Club) -> str:
    """Bob ordered on the first and the third day, and moved on the twentieth."""
    id_ = (await club.create("calm", rule={"text": RULE}))["id"]
    await club.data('mutation { productsSave(products: [{sku: "A", name: "Tea"}]) { items { index } } }')
    for day in (1, 3):
        club.now = NOW + day * DAY
        order = {
            "externalRef": {"system": "shop", "value": f"on {day}"}, "by": {"id": club.ids["Bob"]},
            "placedAt": club.now.isoformat(), "status": "PAID", "currency": "EUR",
            "items": [{"sku": "A", "quantity": "1", "unitPrice": "10"}],
        }  # fmt: skip
        found = await club.data(ORDERS, orders=[order])
        assert found["ordersRecord"]["items"] == [{"problem": None}]
    club.now = NOW + 20 * DAY
    await club.data(UPSERT, by={"id": club.ids["Bob"]}, input={"city": "Bonn"})
    club.now = NOW + 30 * DAY
    return str(id_)


def at(days: float) -> str:
    return (NOW + days * DAY).isoformat()


async def one(club: Club, segment: str, day: float) -> Any:
    found = await club.data(ONE, id=club.ids["Bob"], s=segment, at=at(day))
    return found["customer"]["membership"]


async def test_a_membership_is_explained_by_what_was_so_then(club: Club, segment: str) -> None:
    busy = await one(club, segment, 5)
    assert (busy["member"], busy["evaluation"]["asOf"]) == (False, at(5))
    (part,) = busy["decisive"]
    assert (part["nodeId"], part["outcome"], part["observed"]) == ("all.1", "FALSE", "2 orders")
    assert [each["order"]["externalId"] for each in part["evidence"]] == ["on 3", "on 1"]
    assert busy["gaps"] == [{"nodeId": "all.1", "missing": "-1"}]
    first = await one(club, segment, 1)
    assert (first["member"], [part["observed"] for part in first["decisive"]]) == (True, ["Ulm", "1 order"])
    assert (await one(club, segment, 11))["member"]
    assert (await one(club, segment, 19.999))["decisive"][0]["observed"] == "Ulm"
    left = await one(club, segment, 20)
    assert (left["member"], [part["observed"] for part in left["decisive"]]) == (False, ["Bonn"])
    assert await one(club, segment, -1) is None


async def test_many_as_of_an_instant_as_one_by_one(club: Club, segment: str) -> None:
    for day in (1, 5, 25):
        found = await club.data(MANY, ids=[club.ids["Bob"]], s=[segment], at=at(day))
        (each,) = found["memberships"]
        assert each.pop("customer") == {"city": "Bonn" if day == 25 else "Ulm"}
        assert each == await one(club, segment, day)


async def test_one_statement_looks_up_all_of_them(club: Club, segment: str) -> None:
    other = (await club.create("other", rule={"text": 'in segment "calm" or exists orders'}))["id"]
    document = """query($ids: [ID!]!, $s: [ID!]!) { memberships(customerIds: $ids, segmentIds: $s) {
        member summary decisive { observed evidence { at } } gaps { hint } } }"""
    for ids, segments in ((["Bob"], [segment]), (list(club.ids), [segment, str(other)])):
        given = {"ids": [club.ids[name] for name in ids], "s": segments}
        await club.data(document, **given)
        before = club.statements
        found = await club.data(document, **given)
        assert club.statements - before == 2  # that of the document, which holds no rows here, and that
        assert len(found["memberships"]) == len(ids) * len(segments)


async def test_the_future_is_not_explained_and_limits_hold_in_the_past_too(club: Club, segment: str) -> None:
    for day, ids, code in ((31, club.ids["Bob"], "BAD_USER_INPUT"), (5, [f"cus_{n:032x}" for n in range(51)], None)):
        answer = await club.ask(MANY, ids=ids, s=[segment], at=at(day))
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == (code or "BAD_USER_INPUT")


async def test_the_example_of_the_docs(club: Club, segment: str) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line[:3] in ("| 1", "| 2", "| 4")]
    assert len(rows) == 5
    for when, said in rows:
        day, _, locale = when.partition(", ")
        then = datetime.strptime(f"{day} 2026 12 +0000", "%d %B %Y %H %z").astimezone(UTC)
        asked = {"id": club.ids["Bob"], "s": segment, "at": then.isoformat(), "locale": locale or "en"}
        found = await club.data(SUMMARY, **asked)
        assert found["customer"]["membership"]["summary"] == said, when
