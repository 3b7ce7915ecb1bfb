"""Memberships explained over GraphQL: what decides and what does not, in two languages; limits, and who may ask."""

from typing import Any

import pytest

from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.planted import plant
from tests.support.tenants import Tenants

NODE = "nodeId kind depth outcome label(locale: $locale)"
EXPLANATION = f"""member outcome segment {{ key }} customer {{ id }} evaluation {{ asOf timezone }}
    root {{ {NODE} children {{ nodeId }} }} nodes {{ nodeId parentId outcome segmentId }} decisive {{ {NODE} }}"""
ONE = f"""query($id: ID!, $segment: ID!, $locale: String) {{
    customer(by: {{id: $id}}) {{ membership(segmentId: $segment) {{ {EXPLANATION} }} }} }}"""
MANY = f"""query($customers: [ID!]!, $segments: [ID!]!, $locale: String) {{
    memberships(customerIds: $customers, segmentIds: $segments) {{ {EXPLANATION} }} }}"""
CREATE = """mutation($key: String!, $rule: String!) {
    segmentCreate(input: {key: $key, name: {en: $key}, rule: {text: $rule}}) {
        ... on SegmentSuccess { segment { id } } ... on RuleInvalid { issues { message } } } }"""


@pytest.fixture(scope="module")
async def tenant(tenants: Tenants, scope: Scope) -> Tenant:
    (made,) = await tenants()
    async with scope.write(made) as session:
        await plant(session)
    return made


@pytest.fixture(scope="module")
async def merchant(api: Api, tenant: Tenant) -> Api:
    return await api.of(tenant)


@pytest.fixture(scope="module")
async def people(merchant: Api) -> list[str]:
    found = await merchant.data("{ customers { nodes { id } } }")
    return [node["id"] for node in found["customers"]["nodes"]]


async def segment(api: Api, key: str, rule: str) -> str:
    made = (await api.data(CREATE, {"key": key, "rule": rule}))["segmentCreate"]
    assert "segment" in made, made
    return str(made["segment"]["id"])


async def test_a_membership_is_explained_part_by_part(merchant: Api, people: list[str]) -> None:
    await segment(merchant, "ulmer", 'city = "Ulm" or employees > 5')
    id_ = await segment(merchant, "quiet", 'in segment "ulmer" and no orders')
    asked = {"id": people[0], "segment": id_, "locale": "zh-CN"}
    found = (await merchant.data(ONE, asked))["customer"]["membership"]
    assert (found["member"], found["outcome"], found["segment"]["key"]) == (False, "FALSE", "quiet")
    assert found["customer"] == {"id": people[0]}
    assert [(node["nodeId"], node["outcome"]) for node in found["nodes"]] == [
        ("rule", "FALSE"),
        ("all.0", "TRUE"),
        ("all.0.segment", "TRUE"),
        ("all.0.segment.any.0", "TRUE"),
        ("all.0.segment.any.1", "UNKNOWN"),
        ("all.1", "FALSE"),
    ]
    assert found["root"]["children"] == [{"nodeId": "all.0"}, {"nodeId": "all.1"}]
    assert found["decisive"] == [
        {"nodeId": "all.1", "kind": "orders", "depth": 1, "outcome": "FALSE", "label": "没有订单"}
    ]


async def test_many_are_explained_in_one_statement_in_the_order_asked_for(merchant: Api, people: list[str]) -> None:
    first, second = await segment(merchant, "buyers", "exists orders"), await segment(merchant, "others", "no orders")
    nobody = f"cus_{'0' * 32}"
    asked = {"customers": [people[1], nobody, people[0]], "segments": [second, first], "locale": "en"}
    found = (await merchant.data(MANY, asked))["memberships"]
    assert [each and (each["customer"]["id"], each["segment"]["key"], each["member"]) for each in found] == [
        (people[1], "others", False), (people[1], "buyers", True), None, None,
        (people[0], "others", False), (people[0], "buyers", True),
    ]  # fmt: skip
    assert found[1]["decisive"][0]["label"] == "There are orders"


@pytest.mark.parametrize(("customers", "segments", "place"), [(51, 1, "customerIds"), (1, 21, "segmentIds")])
async def test_more_than_can_be_explained_at_once_is_refused(
    merchant: Api, customers: int, segments: int, place: str
) -> None:
    asked: Any = {"customers": [f"cus_{n:032x}" for n in range(customers)],
                  "segments": [f"seg_{n:032x}" for n in range(segments)]}  # fmt: skip
    (error,) = (await merchant.ask(MANY, asked))["errors"]
    (issue,) = error["extensions"]["issues"]
    assert (issue["code"], issue["path"]) == ("TOO_COMPLEX", [place])


async def test_a_rule_that_reads_what_the_caller_may_not_see_is_not_explained(
    api: Api, tenant: Tenant, merchant: Api, people: list[str]
) -> None:
    plain = await segment(merchant, "mailed", 'email = "a@example.test"')
    referring = await segment(merchant, "referring", 'in segment "mailed"')
    blind = await api.of(tenant, ("customers_read", "segments_read"))
    for id_ in (plain, referring):
        answer = await blind.ask(MANY, {"customers": people, "segments": [id_]})
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["name"] == "email"
        assert (await merchant.data(MANY, {"customers": people[:1], "segments": [id_]}))["memberships"][0]


@pytest.mark.parametrize("scopes", [("customers_read",), ("segments_read",)])
async def test_who_may_not_read_both_customers_and_segments_is_told_nothing(
    api: Api, tenant: Tenant, merchant: Api, people: list[str], scopes: tuple[str, ...]
) -> None:
    known = (await merchant.data('{ segment(key: "ulm") { id } }'))["segment"]["id"]
    blind = await api.of(tenant, scopes)
    answer = await blind.ask(MANY, {"customers": people, "segments": [known]})
    assert (answer["data"] or {"memberships": [None] * 3})["memberships"] == [None] * 3
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}


GAPS = 'gaps { nodeId observed required missing before clears alone hint zh: hint(locale: "zh-CN") }'
EVENT = "source at order { id } interaction { type } feedback { score } item { id } returned { id }"
WHY = f"""query($id: ID!, $segment: ID!) {{ customer(by: {{id: $id}}) {{ membership(segmentId: $segment) {{
    member summary zh: summary(locale: "zh-CN") {GAPS}
    nodes {{ nodeId observed zh: observed(locale: "zh-CN") required evidence {{ {EVENT} }} }} }} }} }}"""
ORDER = """mutation($orders: [OrderInput!]!) { ordersRecord(orders: $orders) {
    items { problem { message } node { id } } } }"""


async def why(api: Api, customer: str, segment_id: str) -> Any:
    found = await api.data(WHY, {"id": customer, "segment": segment_id})
    return found["customer"]["membership"]


async def test_what_is_missing_is_told_and_enough(merchant: Api, people: list[str]) -> None:
    """Two more orders are said to be needed: after one the customer is no member yet, after two it is."""
    id_ = await segment(merchant, "loyal", 'orders.count over last 100 years >= 3 and city = "Ulm"')
    found = await why(merchant, people[2], id_)
    (gap,) = found["gaps"]
    assert (gap["nodeId"], gap["observed"], gap["required"], gap["missing"], gap["alone"]) == (
        "all.0", "1 order", "is at least 3", "2", True)  # fmt: skip
    assert gap["hint"] == "2 more orders needed before 2 June 2125 00:00"
    assert gap["zh"] == "还需 2 笔订单，须在 2125 年 6 月 2 日 00:00 之前"
    assert found["summary"] == (
        "Not in the segment: not so: The number of orders in the last 100 years is at least 3 (1 order). "
        "To get in: 2 more orders needed before 2 June 2125 00:00."
    )
    for n in range(2):
        assert not (await why(merchant, people[2], id_))["member"]
        order = {"by": {"id": people[2]}, "placedAt": f"2025-07-0{n + 1}T10:00:00Z", "status": "PAID",
                 "currency": "EUR", "externalRef": {"system": "t", "value": f"more-{n}"}, "items": []}  # fmt: skip
        done = await merchant.data(ORDER, {"orders": [order]})
        assert done["ordersRecord"]["items"][0]["problem"] is None
    found = await why(merchant, people[2], id_)
    assert (found["member"], found["gaps"]) == (True, [])
    assert found["zh"] == "属于该分群：最近100年订单的次数至少为3（3 笔订单）；城市为“Ulm”（Ulm）。"
    evidence = found["nodes"][1]["evidence"]
    assert [each["at"][:10] for each in evidence] == ["2025-07-02", "2025-07-01", "2025-06-01"]
    assert all(each["order"] and each["source"] == "orders" for each in evidence)


ODD = """no interactions over last 100 years and (tag has any ("vip") or employees > 5) and top 10 % by net_spend
    and metric days_since_order < 5 and not (exists feedback) and orders.sum(net_total) > 100000"""


async def test_what_was_seen_has_its_unit_and_events_are_shown(merchant: Api, people: list[str]) -> None:
    found = await why(merchant, people[0], await segment(merchant, "odd", ODD))
    nodes = {node["nodeId"]: node for node in found["nodes"]}
    assert {id_: (node["observed"], node["zh"], node["required"]) for id_, node in nodes.items() if id_ != "all.3"} == {
        "rule": (None, None, None),
        "all.0": ("some", "有", "is 0"),
        "all.1": (None, None, None),
        "all.1.any.0": ("tea", "tea", 'include one of "vip"'),
        "all.1.any.1": ("no value", "无值", "is more than 5"),
        "all.2": ("place 1 of 3", "3 名中的第 1 名", None),
        "all.4": (None, None, None),
        "all.4.not": ("some", "有", "is at least 1"),
        "all.5": ("5 EUR", "5 EUR", "is more than 100,000"),
    }
    assert nodes["all.0"]["evidence"][0]["interaction"] == {"type": "VISIT"}
    assert nodes["all.4.not"]["evidence"][0]["feedback"] is not None
    assert [(gap["nodeId"], gap["hint"], gap["zh"]) for gap in found["gaps"] if gap["nodeId"] != "all.3"] == [
        ("all.5", "99995.01 EUR more needed", "还需 99995.01 EUR"),
        ("all.0", "None may count: if none follows, by 2 June 2125 00:00 at the latest",
         "不能再有：如不再发生，最迟至 2125 年 6 月 2 日 00:00"),
        ("all.4.not", "Must not hold: There are answers", "须不成立：有反馈"),
        ("all.1.any.0", 'Must hold: The tags include one of "vip"', "须成立：标签含“vip”之一"),
        ("all.1.any.1", "Not known yet: Employees is more than 5", "数据缺失，尚无法判断：员工数大于5"),
    ]  # fmt: skip


async def test_events_are_shown_only_to_those_who_may_see_them(
    api: Api, tenant: Tenant, merchant: Api, people: list[str]
) -> None:
    id_ = await segment(merchant, "answered", "exists feedback")
    blind = await api.of(tenant, ("customers_read", "segments_read"))
    answer = await blind.ask(WHY, {"id": people[0], "segment": id_})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    (node,) = answer["data"]["customer"]["membership"]["nodes"]
    assert (node["observed"], node["evidence"][0]["source"], node["evidence"][0]["feedback"]) == (
        "some", "feedback", {"score": None})  # fmt: skip
