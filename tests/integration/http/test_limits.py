"""``apiLimits`` tells what is really held to, and docs/integrating.md tells the same numbers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import Api

TEXT = (Path(__file__).parents[3] / "docs" / "integrating.md").read_text(encoding="utf-8")
CUS = '"cus_1", '
LISTED = dict(re.findall(r"^\| `([a-zA-Z.]+)` \| ([A-Z\d,]+) \| ", TEXT, re.MULTILINE))
ALL = next(one for one in re.findall(r"```graphql\n(.*?)```", TEXT, re.DOTALL) if "apiLimits" in one)


@pytest.fixture
async def limits(shop: Api) -> dict[str, Any]:
    """As they are answered; a bucket's by ``key.size``."""
    return flat((await shop.data(ALL))["apiLimits"])


def flat(given: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested names joined by dots."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found


async def test_the_docs_list_every_limit_with_its_number(shop: Api, limits: dict[str, Any]) -> None:
    fields = (await shop.data('{ __type(name: "ApiLimits") { fields { name } } }'))["__type"]["fields"]
    assert {one["name"] for one in fields} == {name.partition(".")[0] for name in limits}
    assert {name: f"{value:,}" if isinstance(value, int) else value for name, value in limits.items()} == LISTED


async def code(shop: Api, document: str, variables: Any = None) -> str | None:
    """The first error's, null without one."""
    answer = await shop.ask(document, variables)
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None


def deep(levels: int) -> tuple[str, Any]:
    """Down the graph."""
    down = ["customers(first: 1)", "nodes", *["orders(first: 1)", "nodes", "customer"] * levels][: levels - 1]
    return f"{{ {' { '.join(down)} {{ __typename {'} ' * levels}", None


def wide(fields: int) -> tuple[str, Any]:
    """A fragment of ten fields, spread 45 times, and some more."""
    page = "totalCount edges { cursor } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    spread = " ".join(f"a{n}: strategies(first: 1) {{ ...Page }}" for n in range(45))
    more = " ".join(["depth", "fields", "aliases", "directives", "tokens", "ids", "items"][: fields - 45 * 11 - 1])
    return f"{{ {spread} apiLimits {{ {more} }} }} fragment Page on StrategyConnection {{ {page} }}", None


def long(tokens: int) -> tuple[str, Any]:
    """A default that is not used."""
    default = '"cus_1" ' * (tokens - 25)
    return f"query($ids: [ID!] = [{default}]) {{ nodes(ids: $ids) {{ id }} }}", {"ids": []}


def ruled(nodes: int) -> tuple[str, Any]:
    """A rule of so many nodes."""
    leaf = {"attribute": {"key": "city", "test": {"text": {"eq": "Ulm"}}}}
    rule = {"all": [leaf] * (nodes - 1)}
    return "query($rule: RuleInput!) { customerCount(where: $rule) { value } }", {"rule": rule}


def listed(items: int) -> tuple[str, Any]:
    """A mutation of so many items."""
    rate = {"currency": "USD", "onDate": "2025-01-01", "rate": "1"}
    given = [rate] * items
    return "mutation($r: [ExchangeRateInput!]!) { exchangeRatesSet(rates: $r) { items { index } } }", {"r": given}


@pytest.mark.parametrize(
    ("name", "made", "refusal"),
    [
        ("depth", deep, "QUERY_TOO_COMPLEX"),
        ("fields", wide, "QUERY_TOO_COMPLEX"),
        ("aliases", lambda n: (f"{{ {' '.join(f'a{i}: __typename' for i in range(n))} }}", None), "QUERY_TOO_COMPLEX"),
        (
            "directives",
            lambda n: (f"{{ {' '.join(f'a{i}: __typename @skip(if: false)' for i in range(n))} }}", None),
            "QUERY_TOO_COMPLEX",
        ),
        ("tokens", long, "QUERY_TOO_COMPLEX"),
        ("ruleNodes", ruled, "BAD_USER_INPUT"),
        ("pageSize", lambda n: (f"{{ strategies(first: {n}) {{ totalCount }} }}", None), "BAD_USER_INPUT"),
        ("ids", lambda n: (f"{{ nodes(ids: [{CUS * n}]) {{ id }} }}", None), "BAD_USER_INPUT"),
        ("items", listed, "BAD_USER_INPUT"),
    ],
)
async def test_a_limit_holds_exactly(shop: Api, limits: dict[str, Any], name: str, made: Any, refusal: str) -> None:
    assert await code(shop, *made(limits[name])) is None
    assert await code(shop, *made(limits[name] + 1)) == refusal


async def test_a_body_may_be_as_long_as_is_told(shop: Api, limits: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {shop.token}", "Content-Type": "application/json"}
    body = b'{"query": "{ __typename }"}'
    for more, status in ((0, 200), (1, 413)):
        content = body.ljust(limits["bodyBytes"] + more)
        assert (await shop.client.post("/graphql", content=content, headers=headers)).status_code == status
