"""Groups compared over GraphQL: sets made of others, overlap, statistics and breakdown; each is one statement."""

from typing import Any

import pytest
from sqlalchemy import text

from api.answering import Answering
from api.scopes import Scope as Permission
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, control_of
from tests.support.planted import plant
from tests.support.tenants import NOW, Tenants

RULES = {
    "low": 'city in ("C0", "C1", "C2")',
    "even": 'tag has any ("even")',
    "lower": 'city = "C0"',
    "none": "orders.count > 99",
    "golf": 'hobbies has any ("golf")',
}
CREATE = """mutation($key: String!, $text: String!) {
    segmentCreate(input: {key: $key, name: {en: "S"}, rule: {text: $text}}) {
        ... on SegmentSuccess { segment { id } } } }"""
SET = """query($e: SetExpression!, $l: String) { setAlgebra(expression: $e) {
    count { value exact } members(first: 3) { totalCount nodes { city } } text(locale: $l) } }"""
OVERLAP = """query($ids: [ID!]!) { overlap(segmentIds: $ids) { population segments { key }
    onlyIn { segment { key } size count }
    cells { a { key } b { key } both jaccard shareOfA shareOfB lift contains } } }"""
STATISTICS = """query($id: ID!, $metrics: [MetricKey!]) { segment(id: $id) { statistics(metrics: $metrics) {
    metric customers sum mean median p90 rest populationMean } } }"""
BREAKDOWN = """query($id: ID!, $a: String!) { segment(id: $id) {
    breakdown(attribute: $a) { value count population share populationShare lift } } }"""


class Merchant:
    """100 customers in ten cities, every second with a tag, every fifth with a hobby; and some segments."""

    def __init__(self, api: Api, tenant: Tenant, scope: Scope) -> None:
        self.api, self.tenant, self.scope, self.ids = api, tenant, scope, dict[str, str]()

    async def stock(self) -> None:
        async with self.scope.write(self.tenant) as session:
            await session.execute(
                text(
                    "INSERT INTO customer"
                    " (id, city, tags, attributes, receivable, registered_at, created_at, updated_at)"
                    " SELECT gen_random_uuid(), 'C' || n % 10, CASE WHEN n % 2 = 0 THEN '{even}'::text[] ELSE '{}' END,"
                    " CASE WHEN n % 5 = 0 THEN '{\"hobbies\": [\"golf\"]}'::jsonb ELSE '{}' END, n,"
                    " now() - interval '1 year', now(), now() FROM generate_series(0, 99) AS n"
                )
            )
        define = """mutation { attributeDefine(input: {key: "hobbies", type: MULTI_ENUM, options: ["golf", "chess"],
            label: {en: "Hobbies"}}) { __typename } }"""
        await self.api.data(define)
        for key, rule in RULES.items():
            made = await self.api.data(CREATE, {"key": key, "text": rule})
            self.ids[key] = made["segmentCreate"]["segment"]["id"]

    def of(self, *keys: str) -> list[Any]:
        return [{"segment": self.ids[key]} for key in keys]

    async def set(self, expression: Any, locale: str = "en") -> Any:
        return (await self.api.data(SET, {"e": expression, "l": locale}))["setAlgebra"]


@pytest.fixture(scope="module")
async def merchant(api: Api, tenants: Tenants, scope: Scope) -> Merchant:
    (tenant,) = await tenants()
    made = Merchant(await api.of(tenant), tenant, scope)
    await made.stock()
    return made


async def test_sets_are_united_intersected_and_subtracted(merchant: Merchant) -> None:
    low, even, lower = merchant.of("low", "even", "lower")
    for expression, count, said in (
        ({"union": [low, even]}, 60, 'union of (in segment "low", in segment "even")'),
        ({"intersect": [low, even]}, 20, 'intersection of (in segment "low", in segment "even")'),
        ({"except": {"from": low, "minus": [even, lower]}}, 10, 'in segment "low" without (in segment "even", '
                                                               'in segment "lower")'),
        ({"symmetric": [low, even]}, 40, 'in exactly one of (in segment "low", in segment "even")'),
        ({"symmetric": [low, even, {"rule": {"text": 'city = "C0"'}}]}, 50,
         'in an odd number of (in segment "low", in segment "even", city = "C0")'),
        ({"except": {"from": {"union": [low, even]}, "minus": [lower]}}, 50,
         '(union of (in segment "low", in segment "even")) without (in segment "lower")'),
    ):  # fmt: skip
        answer = await merchant.set(expression)
        assert (answer["count"], answer["text"]) == ({"value": count, "exact": True}, said)
        assert answer["members"]["totalCount"] == count
        assert len(answer["members"]["nodes"]) == 3
    zh = await merchant.set({"except": {"from": low, "minus": [{"rule": {"text": "no orders"}}]}}, "zh")
    assert zh["text"] == '属于分群 "low" 除去 (没有 订单)'


async def test_whoever_a_rule_is_unknown_of_is_outside(merchant: Merchant) -> None:
    everybody = {"rule": {"text": "no orders"}}
    (golf,) = merchant.of("golf")
    assert (await merchant.set({"except": {"from": everybody, "minus": [golf]}}))["count"]["value"] == 80
    asked = '{ customerCount(where: {text: "not in segment \\"golf\\""}) { value } }'
    assert (await merchant.api.data(asked))["customerCount"]["value"] == 80


async def test_what_segments_have_in_common_is_told_two_by_two(merchant: Merchant) -> None:
    keys = ("low", "even", "lower", "none")
    answer = (await merchant.api.data(OVERLAP, {"ids": [merchant.ids[key] for key in keys]}))["overlap"]
    assert (answer["population"], [each["key"] for each in answer["segments"]]) == (100, list(keys))
    cells = {(cell.pop("a")["key"], cell.pop("b")["key"]): cell for cell in answer["cells"]}
    assert len(cells) == 6
    assert cells["low", "even"] == {
        "both": 20, "jaccard": "0.333333", "shareOfA": "0.666667", "shareOfB": "0.400000", "lift": "1.333333",
        "contains": "OVERLAPS",
    }  # fmt: skip
    assert (cells["low", "lower"]["contains"], cells["low", "lower"]["lift"]) == ("B_IN_A", "3.333333")
    assert cells["even", "none"] == {
        "both": 0, "jaccard": "0.000000", "shareOfA": "0.000000", "shareOfB": None, "lift": None, "contains": "DISJOINT"
    }  # fmt: skip
    assert [(row["segment"]["key"], row["size"], row["count"]) for row in answer["onlyIn"]] == [
        ("low", 30, 10), ("even", 50, 30), ("lower", 10, 0), ("none", 0, 0)]  # fmt: skip


async def test_statistics_stand_beside_the_rest_and_everybody(merchant: Merchant) -> None:
    asked = {"id": merchant.ids["lower"], "metrics": ["RECEIVABLE", "NET_SPEND", "NPS_LAST"]}
    rows = (await merchant.api.data(STATISTICS, asked))["segment"]["statistics"]
    assert rows[0] == {
        "metric": "RECEIVABLE", "customers": 10, "sum": "450.000000", "mean": "45.000000", "median": "45.000000",
        "p90": "81.000000", "rest": "50.000000", "populationMean": "49.500000",
    }  # fmt: skip
    assert [rows[1][name] for name in ("metric", "customers", "mean")] == ["NET_SPEND", 10, "0.000000"]
    assert {rows[2][name] for name in ("sum", "mean", "median", "p90", "rest", "populationMean")} == {None}
    every = (await merchant.api.data(STATISTICS, {"id": merchant.ids["lower"]}))["segment"]["statistics"]
    assert len(every) == 12
    none = await merchant.api.ask(STATISTICS, {"id": merchant.ids["lower"], "metrics": []})
    assert none["errors"][0]["extensions"]["issues"][0]["path"] == ["metrics"]


async def test_members_are_broken_down_beside_everybody(merchant: Merchant) -> None:
    async def rows(key: str, attribute: str) -> Any:
        asked = {"id": merchant.ids[key], "a": attribute}
        return [tuple(row.values()) for row in (await merchant.api.data(BREAKDOWN, asked))["segment"]["breakdown"]]

    assert (await rows("low", "city"))[:4] == [
        ("C0", 10, 10, "0.333333", "0.100000", "3.333333"),
        ("C1", 10, 10, "0.333333", "0.100000", "3.333333"),
        ("C2", 10, 10, "0.333333", "0.100000", "3.333333"),
        ("C3", 0, 10, "0.000000", "0.100000", "0.000000"),
    ]
    assert await rows("lower", "hobbies") == [
        ("golf", 10, 20, "1.000000", "0.200000", "5.000000"),
        (None, 0, 80, "0.000000", "0.800000", "0.000000"),
    ]
    assert (await rows("none", "tags"))[0] == ("even", 0, 50, None, "0.500000", None)


@pytest.mark.parametrize(
    ("attribute", "code"),
    [("employees", "INVALID_RULE"), ("nothing", "INVALID_RULE"), ("birth_date", "INVALID_RULE"), ("", "INVALID_RULE")],
)
async def test_only_a_field_of_few_values_is_broken_down_by(merchant: Merchant, attribute: str, code: str) -> None:
    answer = await merchant.api.ask(BREAKDOWN, {"id": merchant.ids["low"], "a": attribute})
    assert answer["errors"][0]["extensions"]["problem"] == code


async def test_nobody_is_broken_down_by_what_the_caller_may_not_see(merchant: Merchant, api: Api) -> None:
    blind = await api.of(merchant.tenant, ("segments_read", "customers_read"))
    for attribute in ("email", "displayName", "display_name", "birthDate"):
        answer = await blind.ask(BREAKDOWN, {"id": merchant.ids["low"], "a": attribute})
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    expression = {"rule": {"text": 'email = "a@example.test"'}}
    answer = await blind.ask(SET, {"e": expression})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


NESTED: Any = {"rule": {"text": "no orders"}}
for _ in range(6):
    NESTED = {"union": [NESTED]}


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ({"segment": "seg_0190000000007000800000000000ffff"}, ["expression", "segment"]),
        ({"union": [{"segment": "garbage"}]}, ["expression", "union", "0", "segment"]),
        ({"union": []}, ["expression"]),
        ({"except": {"from": {"rule": {"text": "no orders"}}, "minus": []}}, ["expression"]),
        ({"union": [{"rule": {"text": "no orders"}}] * 21}, ["expression"]),
        (NESTED, ["expression", *["union", "0"] * 5]),
    ],
)
async def test_a_set_that_cannot_be_is_refused_with_its_place(merchant: Merchant, expression: Any, path: Any) -> None:
    answer = await merchant.api.ask(SET, {"e": expression})
    found = answer["errors"][0]["extensions"]
    assert (found["code"], found["issues"][0]["path"]) == ("BAD_USER_INPUT", path)


@pytest.mark.parametrize("depth", [60, 400])
async def test_a_set_nested_beyond_recursion_is_refused(merchant: Merchant, depth: int) -> None:
    expression: Any = {"rule": {"text": "no orders"}}
    for _ in range(depth):
        expression = {"union": [expression]}
    answer = await merchant.api.ask(SET, {"e": expression})
    assert {error["extensions"]["code"] for error in answer["errors"]} <= {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize("many", [0, 1, 13, -2])
async def test_two_to_twelve_segments_are_compared_each_once(merchant: Merchant, many: int) -> None:
    ids = [merchant.ids["low"]] * abs(many)
    answer = await merchant.api.ask(OVERLAP, {"ids": ids})
    assert answer["errors"][0]["extensions"]["issues"][0]["path"] == ["segmentIds"]


async def test_each_comparison_is_one_statement(merchant: Merchant) -> None:
    executor = Answering(merchant.scope, control_of(merchant.scope), b"k" * 32).executor
    ids = [merchant.ids[key] for key in ("low", "even", "lower")]
    asked = [
        (SET, {"e": {"union": merchant.of("low", "even")}, "l": "en"}),
        (OVERLAP, {"ids": ids}),
        (STATISTICS, {"id": ids[0]}),
        (BREAKDOWN, {"id": ids[0], "a": "city"}),
    ]
    for document, variables in asked:
        taken = []
        for _ in range(2):
            before = executor.reading.statements
            answer = await executor.run(
                document, variables, now=NOW, tenant=merchant.tenant, scopes=frozenset(Permission)
            )
            assert not answer.codes, answer.body
            assert answer.compiled
            taken.append(executor.reading.statements - before)
        assert taken[1] == 1, document


async def test_an_archived_segment_is_none(merchant: Merchant, api: Api, tenants: Tenants, scope: Scope) -> None:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    own = await api.of(tenant)
    made = await own.data(CREATE, {"key": "gone", "text": "no orders"})
    gone = made["segmentCreate"]["segment"]["id"]
    await own.data("mutation($id: ID!) { segmentArchive(id: $id) { __typename } }", {"id": gone})
    for asked, variables in ((SET, {"e": {"segment": gone}}), (OVERLAP, {"ids": [gone, merchant.ids["low"]]})):
        assert (await own.ask(asked, variables))["errors"][0]["extensions"]["problem"] == "INVALID_RULE"
    empty = (await own.data(STATISTICS, {"id": gone}))["segment"]
    assert empty["statistics"] is None
