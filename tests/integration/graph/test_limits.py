"""Hostile and oversized documents are refused fast, before a plan or a connection; what fits is answered."""

import time
from typing import Any

import pytest
from graphql import get_introspection_query

from api.graph.limits import Limits
from tests.support.graph_sample.shop import Shop, opened

DOUBLED = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(20)]
LAST = "fragment F20 on Query { segments { name } }"
FIELDS_DOUBLED = [f"fragment F{i} on Query {{ segments {{ name }} ...F{i + 1} ...F{i + 1} }}" for i in range(20)]
HOSTILE = {
    "2^20 fragments": " ".join(["{ ...F0 }", *DOUBLED, LAST]),
    "2^20 fragments with fields": " ".join(["{ ...F0 }", *FIELDS_DOUBLED, LAST]),
    "an unused fragment, doubled": " ".join(["{ segments { name } }", *DOUBLED, LAST]),
    "1,000 aliases": "{ " + " ".join(f"a{i}: __typename" for i in range(1000)) + " }",
    "51 aliases": "{ " + " ".join(f"a{i}: __typename" for i in range(51)) + " }",
    "3,000 duplicate fields": "{ " + "__typename " * 3000 + "}",
    "490 duplicate fields": "{ " + "__typename " * 490 + "}",
    "100 duplicate objects in fragments": "{ "
    + " ".join(f"...F{i}" for i in range(10))
    + " } "
    + " ".join(f"fragment F{i} on Query {{ " + "segments { name } " * 12 + "}" for i in range(10)),
    "depth 3,000": "{ " + "a { " * 3000 + "a" + " }" * 3000 + " }",
    "depth 16": "{ " + "customers { nodes { lastOrder { customer { orders { nodes { customer { lastOrder { customer {"
    " orders { nodes { customer { lastOrder { customer { lastOrder { total" + " }" * 16,
    "values nested 900 deep": "{ matchingCount(rule: " + "[" * 900 + "]" * 900 + ") }",
    "10,000 tokens": "{ " + "name " * 10_000 + "}",
    "21 directives": "{ a: __typename " + "@skip(if: false) " * 21 + "}",
}


@pytest.fixture
async def strict(planted: str) -> Any:
    """A shop with the limits of production."""
    async with opened(planted, limits=Limits()) as made:
        yield made


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_is_refused_within_100_ms(strict: Shop, name: str) -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        answer = await strict.answer(HOSTILE[name])
        took.append(time.perf_counter() - start)
        assert answer.request_error
        assert answer.codes == ("QUERY_TOO_COMPLEX",)
    assert min(took) < 0.1
    assert strict.opened == []


async def test_a_cycle_of_fragments_is_invalid_and_found_fast(strict: Shop) -> None:
    spread = " ".join(f"a{n}: segments {{ ...B }}" for n in range(5))
    text = f"{{ ...A }} fragment A on Query {{ {spread} }} fragment B on Segment {{ members {{ nodes {{ ...C }} }} }}"
    text += " fragment C on Customer { ...C a: lastOrder { customer { ...C } } b: lastOrder { customer { ...C } } }"
    start = time.perf_counter()
    answer = await strict.answer(text)
    assert answer.codes[0] == "GRAPHQL_VALIDATION_FAILED"
    assert time.perf_counter() - start < 0.3


async def test_fifteen_levels_and_fifty_aliases_are_answered(strict: Shop) -> None:
    deep = (
        "{ " + "customers(first: 1) { nodes { orders(first: 1) { nodes { customer { orders(first: 1) { nodes { customer"
    )
    deep += " { orders(first: 1) { nodes { customer { lastOrder { customer { name" + " }" * 14
    assert (await strict.ask(deep))["data"]["customers"]["nodes"]
    assert len((await strict.ask("{ " + " ".join(f"a{i}: __typename" for i in range(50)) + " }"))["data"]) == 50


async def test_the_usual_introspection_query_fits(strict: Shop) -> None:
    answer = await strict.ask(get_introspection_query())
    assert any(t["name"] == "Customer" for t in answer["data"]["__schema"]["types"])


async def test_a_limit_is_named_in_the_callers_language(strict: Shop) -> None:
    error = (await strict.ask(HOSTILE["51 aliases"], locale="zh-CN"))["errors"][0]
    assert error == {
        "message": "文档超过 aliases 的上限 50。",
        "extensions": {"code": "QUERY_TOO_COMPLEX", "limit": "aliases", "most": 50},
    }


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('{ named(search: "a\\u0000b") { name } }', None),
        ("{ customers(first: 1e999) { totalCount } }", None),
        ("query($s: String!) { named(search: $s) { name } }", {"s": "a\0b"}),
        ("query($s: String!) { named(search: $s) { name } }", {"s": "\ud800"}),
        ("query($r: RuleInput!) { matchingCount(rule: $r) }", {"r": {"all": [{"region": "\0"}]}}),
        ("{ __typename }", {"unused": float("inf")}),
    ],
)
async def test_what_postgresql_cannot_hold_is_refused_in_one_place(strict: Shop, text: str, variables: Any) -> None:
    answer = await strict.answer(text, variables)
    assert answer.request_error
    assert answer.codes == ("BAD_USER_INPUT",)
    assert strict.opened == []


async def test_a_costly_query_is_refused_before_a_connection_is_taken(planted: str) -> None:
    text = "query($n: Int) { customers(first: $n) { nodes { name orders(first: 5) { nodes { total } } } } }"
    async with opened(planted, most_cost=200) as shop:
        assert (await shop.answer(text, {"n": 250})).codes == ("QUERY_TOO_COMPLEX",)
        assert shop.opened == []
        small, double = await shop.answer(text, {"n": 5}), await shop.answer(text, {"n": 10})
    assert (small.cost - 1) * 2 == double.cost - 1


@pytest.mark.parametrize(
    ("text", "variables", "code"),
    [
        ("{ customers {", None, "GRAPHQL_PARSE_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { customers(first: $n) { totalCount } }", {"n": "x"}, "BAD_USER_INPUT"),
        ("query($n: Int!) { customers(first: $n) { totalCount } }", {"n": 2**31}, "BAD_USER_INPUT"),
        ("query($r: RuleInput!) { matchingCount(rule: $r) }", {"r": {"spent": {"atLeast": "1e3"}}}, "BAD_USER_INPUT"),
        ("query($r: RuleInput!) { matchingCount(rule: $r) }", {"r": {}}, "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", None, "BAD_USER_INPUT"),
    ],
)
async def test_a_request_error_has_a_code_and_executes_nothing(
    strict: Shop, text: str, variables: Any, code: str
) -> None:
    answer = await strict.answer(text, variables)
    assert answer.request_error
    assert answer.codes[0] == code
    assert strict.opened == []


@pytest.mark.parametrize("depth", [250, 900])
async def test_a_rule_nested_beyond_recursion_is_refused(strict: Shop, depth: int) -> None:
    rule: dict[str, Any] = {"country": ["CN"]}
    for _ in range(depth):
        rule = {"not": rule}
    answer = await strict.answer("query($r: RuleInput!) { matchingCount(rule: $r) }", {"r": rule})
    assert answer.codes == ("BAD_USER_INPUT",)
    assert strict.opened == []


async def test_only_a_query_can_be_asked_where_only_queries_may(strict: Shop) -> None:
    answer = await strict.answer(
        'mutation { segmentCreate(name: "g", rule: {all: []}) { __typename } }', only_query=True
    )
    assert (answer.request_error, answer.operation, answer.codes) == (True, "mutation", ("BAD_USER_INPUT",))
    assert strict.opened == []
