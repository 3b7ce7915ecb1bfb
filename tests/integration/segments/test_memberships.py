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
