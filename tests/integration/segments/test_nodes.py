"""A rule while it is built: its nodes with counts, what is said of it, and from whom that is kept."""

from typing import Any

import pytest

from tenancy.scope import Scope
from tests.support.http import Api
from tests.support.planted import plant
from tests.support.tenants import Tenants

NODES = (
    "nodes { id parentId kind depth label field operator values window segmentId counts { matching unknown others } }"
)
PARSE = f"""query($text: String, $accuracy: Accuracy!) {{ parseRule(text: $text, accuracy: $accuracy) {{
    ... on ParsedRuleSuccess {{ {NODES} rule {{ id children {{ id counts {{ matching exact }} }} }}
        analysis {{ nodes depth estimatedCost usesTime usesPopulation fields coverage
            warnings {{ nodeId otherId kind message(locale: "zh") }} }} count {{ value exact }} }} }} }}"""
RULE = 'city = "Ulm" and (orders.count >= 1 or employees > 5) and not (exists interactions(type = "call"))'


@pytest.fixture(scope="module")
async def merchant(api: Api, tenants: Tenants, scope: Scope) -> Api:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    return await api.of(tenant)


async def parsed(api: Api, text: str, accuracy: str = "EXACT") -> Any:
    return (await api.data(PARSE, {"text": text, "accuracy": accuracy}))["parseRule"]


@pytest.mark.parametrize("accuracy", ["EXACT", "ESTIMATE"])
async def test_each_node_tells_of_how_many_it_is_true_and_false(merchant: Api, accuracy: str) -> None:
    answer = await parsed(merchant, RULE, accuracy)
    counts = {node["id"]: tuple(node["counts"].values()) for node in answer["nodes"]}
    assert counts == {
        "rule": (3, 0, 0),
        "all.0": (3, 0, 0),
        "all.1": (3, 0, 0),
        "all.1.any.0": (3, 0, 0),
        "all.1.any.1": (0, 3, 0),
        "all.2": (3, 0, 0),
        "all.2.not": (0, 0, 3),
    }
    assert answer["rule"]["children"][0] == {"id": "all.0", "counts": {"matching": 3, "exact": True}}
    assert answer["count"] == {"value": 3, "exact": True}
    assert answer["analysis"] | {"estimatedCost": 0} == {
        "nodes": 7, "depth": 3, "estimatedCost": 0, "usesTime": False, "usesPopulation": False, "coverage": "1.0000",
        "fields": ["city", "employees", "interactions", "interactions.type", "orders", "orders.cancelledAt"],
        "warnings": [],
    }  # fmt: skip


async def test_missing_data_is_warned_of_when_coverage_is_selected(merchant: Api) -> None:
    answer = await parsed(merchant, "employees > 5")
    assert answer["analysis"]["coverage"] == "0.0000"
    assert answer["analysis"]["warnings"] == [
        {"nodeId": "rule", "otherId": None, "kind": "LOW_COVERAGE", "message": "100% 的客户因缺少所需数据而无法判断。"}
    ]
    asked = 'parseRule(text: "employees > 5") { ... on ParsedRuleSuccess { analysis { warnings { kind } } } }'
    assert (await merchant.data(f"{{ {asked} }}"))["parseRule"]["analysis"]["warnings"] == []


async def test_a_window_before_the_first_event_is_warned_of(merchant: Api) -> None:
    early = "exists orders over from 2001-01-01T00:00:00Z to 2001-02-01T00:00:00Z"
    late = "exists orders over from 2025-01-01T00:00:00Z to 2026-01-01T00:00:00Z"
    answer = await parsed(merchant, f"({early}) or ({late}) or exists orders")
    assert [each for each in answer["analysis"]["warnings"] if each["kind"] == "WINDOW_BEFORE_FIRST_DATA"] == [
        {"nodeId": "any.0", "otherId": None, "kind": "WINDOW_BEFORE_FIRST_DATA",
         "message": "此时间窗早于最早的数据：orders。"}]  # fmt: skip


async def test_a_segment_is_taken_apart_and_analysed_until_it_cannot_be_read(merchant: Api) -> None:
    saved = await merchant.data(
        'mutation { segmentCreate(input: {key: "odd", name: {en: "Odd"}, rule: {text: "no orders and exists orders"}})'
        " { ... on SegmentSuccess { segment { id analysis { warnings { nodeId kind otherId } } nodes { kind } } } } }"
    )
    segment = saved["segmentCreate"]["segment"]
    assert segment["analysis"]["warnings"] == [
        {"nodeId": "rule", "kind": "NEVER_TRUE", "otherId": None},
        {"nodeId": "all.1", "kind": "CONTRADICTS", "otherId": "all.0"},
    ]
    assert [node["kind"] for node in segment["nodes"]] == ["all", "orders", "orders"]
    listed = await merchant.data(
        "{ segments { nodes { key analysis { coverage } nodes { id counts { matching others } } } } }"
    )
    by_key = {node["key"]: node for node in listed["segments"]["nodes"]}
    odd, ulm = by_key["odd"], by_key["ulm"]
    assert odd["analysis"]["coverage"] == "1.0000"
    assert [node["counts"] for node in odd["nodes"]] == [
        {"matching": 0, "others": 3}, {"matching": 0, "others": 3}, {"matching": 3, "others": 0}]  # fmt: skip
    assert ulm["nodes"] == [{"id": "rule", "counts": {"matching": 3, "others": 0}}]


async def test_counts_of_personal_data_are_kept_from_those_who_may_not_see_it(
    api: Api, tenants: Tenants, scope: Scope
) -> None:
    (tenant,) = await tenants()
    everything, blind = await api.of(tenant), await api.of(tenant, ("segments_read",))
    rule = 'email = "a@example.test"'
    await everything.data(
        'mutation($t: String!) { segmentCreate(input: {key: "one", name: {en: "One"}, rule: {text: $t}})'
        " { __typename } }",
        {"t": rule},
    )
    for answer in (
        await parsed(blind, rule),
        (await blind.data(f"{{ segments {{ nodes {{ {NODES} }} }} }}"))["segments"]["nodes"][0],
    ):
        assert [node["counts"] for node in answer["nodes"]] == [None]
    assert (await parsed(blind, rule))["analysis"]["coverage"] is None
    assert [w["kind"] for w in (await parsed(blind, rule))["analysis"]["warnings"]] == ["USES_SENSITIVE_DATA"]
    shown = (await everything.data(f"{{ segments {{ nodes {{ {NODES} }} }} }}"))["segments"]["nodes"][0]
    assert shown["nodes"][0]["counts"] == {"matching": 0, "unknown": 0, "others": 0}
