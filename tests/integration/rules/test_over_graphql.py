"""Places among others, scores and periods through the GraphQL compiler: pages, counts, segments of a customer."""

from typing import Any

import pytest

from tenancy.scope import Scope
from tests.support.http import Api
from tests.support.rules.garage import park
from tests.support.tenants import Tenants

ASK = """query($where: RuleInput) {
    customers(where: $where, first: 2) { totalCount nodes { displayName } pageInfo { hasNextPage } }
    again: customers(where: $where) { nodes { displayName } }
    count: customerCount(where: $where) { value }
    orderMetrics(where: $where) { customers } }"""
BEST = {"rank": {"by": "NET_SPEND", "test": {"topN": 2}}}


def of_orders(function: str, test: Any, window: Any) -> dict[str, Any]:
    return {"orders": {"having": {function: {"field": "netTotal", "test": test}}, "window": window}}


RULES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "the two who spent most": (BEST, {"Ann", "Dee"}),
    "the better of those": ({"rank": {"by": "NET_SPEND", "test": {"topN": 1}, "population": BEST}}, {"Dee"}),
    "none of the best, of those who ordered": (
        {"all": [{"none": [BEST]}, {"orders": {"having": {"exists": True}}}]},
        {"Bo", "Eva"},
    ),
    "the upper half by orders, the lower by days": (
        {
            "all": [
                {"rank": {"by": "ORDER_COUNT", "test": {"quantile": {"of": 2, "in": [2]}}}},
                {"rank": {"by": "DAYS_SINCE_ORDER", "test": {"bottomPercent": "50"}}},
            ]
        },
        {"Ann"},
    ),
    "scores": ({"rfm": {"frequency": {"gte": "5"}, "monetary": {"lte": "4"}}}, {"Ann"}),
    "last two orders": (of_orders("sum", {"gte": "500"}, {"lastN": 2}), {"Ann", "Dee"}),
    "first orders": (of_orders("max", {"lte": "50"}, {"firstN": 1}), {"Bo", "Eva"}),
}


@pytest.fixture(scope="module")
async def garage(api: Api, tenants: Tenants, scope: Scope) -> Api:
    (tenant,) = await tenants(timezone="Europe/Berlin")
    async with scope.write(tenant) as session:
        await park(session)
    return await api.of(tenant)


@pytest.mark.parametrize("name", RULES)
async def test_every_way_to_ask_gives_the_same_customers(garage: Api, name: str) -> None:
    rule, expected = RULES[name]
    answer = await garage.data(ASK, {"where": rule})
    assert {one["displayName"] for one in answer["again"]["nodes"]} == expected
    assert answer["customers"]["totalCount"] == answer["count"]["value"] == len(expected)
    assert answer["customers"]["pageInfo"]["hasNextPage"] == (len(expected) > 2)
    assert answer["orderMetrics"]["customers"] == len(expected)


async def test_the_segments_of_a_customer_know_the_best(garage: Api) -> None:
    made = 'input: {key: "best", name: {en: "Best"}, rule: $rule}'
    create = f"mutation($rule: RuleInput!) {{ segmentCreate({made}) {{ __typename }} }}"
    assert (await garage.data(create, {"rule": BEST}))["segmentCreate"]["__typename"] == "SegmentSuccess"
    asked = "{ customers { nodes { displayName segments { key } } } }"
    nodes = (await garage.data(asked))["customers"]["nodes"]
    assert {one["displayName"] for one in nodes if one["segments"]} == {"Ann", "Dee"}


@pytest.mark.parametrize(
    ("window", "path"),
    [
        ({"lastN": 3}, ["window"]),
        ({"after": {"anchor": "FIRST_ORDER_AT", "within": "P30D"}}, ["window"]),
        ({"ago": {"from": "P1D", "to": "P2D"}}, ["window", "ago"]),
        ({"current": {"unit": "MONTH", "offset": 1}}, ["window", "current", "offset"]),
        ({"previous": {"unit": "MONTH", "fiscal": True}}, ["window", "previous", "fiscal"]),
        ({"previous": {"unit": "YEAR", "offset": -5000}}, ["window", "previous", "offset"]),
    ],
)
async def test_a_window_that_cannot_be_of_many_customers_is_refused(garage: Api, window: Any, path: list[str]) -> None:
    answer = await garage.ask("query($w: WindowInput) { orderMetrics(window: $w) { orders } }", {"w": window})
    (error,) = answer["errors"]
    assert error["extensions"]["code"] in ("INVALID_RULE", "BAD_USER_INPUT")
    assert str(path[-1]) in str(error)
