"""Asked as of an instant, a field and all that hangs below it are what they were then."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.club import ULM, VIP, Club
from tests.support.tenants import NOW

DAY = timedelta(days=1)
UPSERT = (
    "mutation($by: CustomerBy, $input: CustomerInput!) { customerUpsert(by: $by, input: $input) { __typename"
    " ... on Problem { message } ... on Invalid { fields { path message } } } }"
)
ORDERS = "mutation($orders: [OrderInput!]!) { ordersRecord(orders: $orders) { items { problem { code message } } } }"
WHO = (
    "query($rule: RuleInput, $at: DateTime) { customers(where: $rule, asOf: $at) { nodes { displayName city tags } } }"
)


def at(days: float) -> str:
    return (NOW + days * DAY).isoformat()


async def lives(club: Club, name: str, city: str | None, day: float) -> None:
    club.now = NOW + day * DAY
    found = await club.data(UPSERT, by={"id": club.ids[name]}, input={"city": city})
    assert found["customerUpsert"]["__typename"] == "CustomerSuccess", found


async def who(club: Club, rule: Any, day: float) -> dict[str, Any]:
    found = await club.data(WHO, rule=rule, at=at(day))
    return {node["displayName"]: node["city"] for node in found["customers"]["nodes"]}


async def test_customers_are_those_of_the_instant_with_the_values_they_had(club: Club) -> None:
    await lives(club, "Ann", "Bonn", 10)
    await lives(club, "Ann", None, 20)
    await lives(club, "Eva", "Ulm", 20)
    club.now = NOW + 30 * DAY
    assert await who(club, ULM, 0) == {"Ann": "Ulm", "Bob": "Ulm"}
    assert await who(club, ULM, 9.999) == {"Ann": "Ulm", "Bob": "Ulm"}
    assert await who(club, ULM, 10) == {"Bob": "Ulm"}
    assert await who(club, ULM, 20) == {"Bob": "Ulm", "Eva": "Ulm"}
    assert (await who(club, None, 19))["Eva"] is None
    assert await who(club, None, -1) == {}


async def test_several_instants_in_one_document_and_one_statement(club: Club) -> None:
    await lives(club, "Ann", "Bonn", 10)
    club.now = NOW + 30 * DAY
    document = """query($rule: RuleInput, $then: DateTime, $later: DateTime) {
        now: customerCount(where: $rule) { value }
        then: customerCount(where: $rule, asOf: $then) { value }
        later: customerCount(where: $rule, asOf: $later) { value }
        page: customers(where: $rule, asOf: $then, first: 1) { totalCount nodes { displayName } }
    }"""
    await club.data(document, rule=ULM, then=at(5), later=at(15))
    before = club.statements
    found = await club.data(document, rule=ULM, then=at(5), later=at(15))
    assert club.statements - before == 1
    assert {name: each["value"] for name, each in found.items() if name != "page"} == {"now": 1, "then": 2, "later": 1}
    assert found["page"]["totalCount"] == 2


async def test_what_hangs_below_is_of_that_instant(club: Club) -> None:
    await club.data('mutation { productsSave(products: [{sku: "A", name: "Tea"}]) { items { index } } }')
    for number, day in enumerate((1, 12)):
        club.now = NOW + day * DAY
        order = {
            "externalRef": {"system": "shop", "value": str(number)}, "by": {"id": club.ids["Bob"]},
            "placedAt": at(day), "status": "PAID", "currency": "EUR",
            "items": [{"sku": "A", "quantity": "1", "unitPrice": "10"}],
        }  # fmt: skip
        found = await club.data(ORDERS, orders=[order])
        assert found["ordersRecord"]["items"] == [{"problem": None}]
    club.now = NOW + 30 * DAY
    document = """query($id: ID!, $at: DateTime) { customer(by: {id: $id}, asOf: $at) {
        orders { totalCount nodes { externalId items { quantity } } } segments { key } } }"""
    found = await club.data(document, id=club.ids["Bob"], at=at(5))
    assert [node["externalId"] for node in found["customer"]["orders"]["nodes"]] == ["0"]
    assert found["customer"]["orders"]["totalCount"] == 1
    assert (await club.data(document, id=club.ids["Bob"], at=None))["customer"]["orders"]["totalCount"] == 2


async def test_lines_and_amounts_are_those_that_the_order_had(club: Club) -> None:
    products = '[{sku: "A", name: "Tea"}, {sku: "B", name: "Cup"}]'
    await club.data(f"mutation {{ productsSave(products: {products}) {{ items {{ index }} }} }}")
    versions = {1: [("A", "1"), ("B", "2")], 5: [("B", "3")], 9: [("B", "3"), ("A", "1"), ("A", "4")]}
    for day, lines in versions.items():
        club.now = NOW + day * DAY
        order = {
            "externalRef": {"system": "shop", "value": "1"}, "by": {"id": club.ids["Bob"]}, "placedAt": at(1),
            "status": "CANCELLED" if day == 9 else "PAID", "cancelledAt": at(8) if day == 9 else None,
            "currency": "EUR",
            "items": [{"sku": sku, "quantity": quantity, "unitPrice": "10"} for sku, quantity in lines],
        }  # fmt: skip
        assert (await club.data(ORDERS, orders=[order]))["ordersRecord"]["items"] == [{"problem": None}]
    club.now = NOW + 30 * DAY
    document = """query($id: ID!, $at: DateTime, $rule: RuleInput!) {
        customer(by: {id: $id}, asOf: $at) {
            orders { nodes { netTotal status cancelledAt items { quantity product { sku } } } } }
        counted: customerCount(asOf: $at, where: $rule) { value }
        orderMetrics(asOf: $at) { orders netTotal } }"""
    whichever = {"order": {"status": ["PENDING", "CANCELLED"]}, "having": {"exists": True}}
    has_tea = {"items": {"product": {"skus": ["A"]}, **whichever}}
    for day, version in ((1, 1), (4.9, 1), (5, 5), (7.9, 5), (8, 5), (9, 9)):
        found = await club.data(document, id=club.ids["Bob"], at=at(day), rule=has_tea)
        (order,) = found["customer"]["orders"]["nodes"]
        lines = [(item["product"]["sku"], item["quantity"].split(".")[0]) for item in order["items"]]
        total = sum(10 * int(quantity) for _, quantity in versions[version])
        assert (lines, float(order["netTotal"])) == (versions[version], total), day
        assert order["status"] == ("PENDING" if day < 8 else "CANCELLED")
        assert (order["cancelledAt"] is None) == (day < 8)
        assert found["counted"]["value"] == any(sku == "A" for sku, _ in versions[version])
        metrics = found["orderMetrics"]
        assert (metrics["orders"], float(metrics["netTotal"])) == ((1, total) if day < 8 else (0, 0))


async def test_members_counts_and_measures_of_a_segment(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    await lives(club, "Ann", "Bonn", 10)
    club.now = NOW + 30 * DAY
    document = """query($at: DateTime) { segment(key: "ulm") {
        count(asOf: $at) { value } members(asOf: $at) { totalCount nodes { displayName segments { key } } }
        breakdown(attribute: "city", asOf: $at) { value count } } }"""
    then = (await club.data(document, at=at(5)))["segment"]
    assert then["count"]["value"] == then["members"]["totalCount"] == 2
    assert {node["displayName"] for node in then["members"]["nodes"]} == {"Ann", "Bob"}
    assert all(node["segments"] == [{"key": "ulm"}] for node in then["members"]["nodes"])
    assert (await club.data(document, at=None))["segment"]["count"]["value"] == 1


async def test_pages_stay_at_their_instant_and_a_cursor_fits_no_other(club: Club) -> None:
    await lives(club, "Ann", "Bonn", 10)
    club.now = NOW + 30 * DAY
    document = """query($at: DateTime, $after: String) { customers(asOf: $at, first: 2, after: $after) {
        nodes { displayName city } pageInfo { hasNextPage endCursor } } }"""
    seen, after = {}, None
    while True:
        page = (await club.data(document, at=at(5), after=after))["customers"]
        seen |= {node["displayName"]: node["city"] for node in page["nodes"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        club.now += DAY
    assert seen == {"Ann": "Ulm", "Bob": "Ulm", "Cem": "Bonn", "Dee": "Kiel", "Eva": None}
    for other in (None, at(6)):
        answer = await club.ask(document, at=other, after=after)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("day", [30.0001, 1000])
async def test_the_future_is_refused(club: Club, day: float) -> None:
    club.now = NOW + 30 * DAY
    answer = await club.ask(WHO, rule=VIP, at=at(day))
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer["errors"][0]["path"] == ["customers"]


async def test_below_an_instant_only_earlier_ones_can_be_asked(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    await lives(club, "Ann", "Bonn", 10)
    await lives(club, "Bob", "Bonn", 20)
    club.now = NOW + 30 * DAY
    document = """query($outer: DateTime, $inner: DateTime) { setAlgebra(expression: {rule: %s}, asOf: $outer) {
        members { nodes { displayName } } } segment(key: "ulm") { members(asOf: $outer) { nodes { displayName
        segments { key count(asOf: $inner) { value } } } } } }"""
    document %= '{attribute: {key: "city", test: {text: {eq: "Ulm"}}}}'
    found = await club.data(document, outer=at(15), inner=at(5))
    assert found["setAlgebra"]["members"]["nodes"] == [{"displayName": "Bob"}]
    (bob,) = found["segment"]["members"]["nodes"]
    assert bob["segments"] == [{"key": "ulm", "count": {"value": 2}}]
    answer = await club.ask(document, outer=at(15), inner=at(16))
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_backdated_change_changes_the_past(club: Club) -> None:
    club.now = NOW + 30 * DAY
    assert set(await who(club, ULM, 20)) == {"Ann", "Bob"}
    said = {"city": "Bonn", "validFrom": at(15)}
    await club.data(UPSERT, by={"id": club.ids["Ann"]}, input=said)
    assert set(await who(club, ULM, 14)) == {"Ann", "Bob"}
    assert set(await who(club, ULM, 20)) == {"Bob"}


async def test_who_was_deleted_is_not_shown_at_any_instant(club: Club) -> None:
    club.now = NOW + 10 * DAY
    await club.data("mutation($id: ID!) { customerDelete(id: $id) { __typename } }", id=club.ids["Ann"])
    assert set(await who(club, ULM, 5)) == {"Bob"}


async def test_a_snapshot_keeps_who_was_a_member_then(club: Club) -> None:
    ulm = await club.create("ulm", rule=ULM)
    await lives(club, "Ann", "Bonn", 10)
    await lives(club, "Eva", "Ulm", 20)
    club.now = NOW + 30 * DAY
    for key, day, names in (("then", 5, "Ann Bob"), ("between", 15, "Bob"), ("later", 30, "Bob Eva")):
        kept = await club.snapshot(ulm["id"], key, asOf=at(day))
        assert await club.members(kept["id"]) == names
    refused = await club.snapshot(ulm["id"], "ahead", asOf=at(31))
    assert [(one["path"], one["code"]) for one in refused["fields"]] == [(["input", "asOf"], "OUT_OF_RANGE")]
