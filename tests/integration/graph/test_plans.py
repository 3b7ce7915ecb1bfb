"""What decides over a plan: shapes, nulls, enums, scopes, stored rules; never values.  All of it is bounded."""

import asyncio
from typing import Any

import asyncpg
import pytest

from api.graph import sql
from tests.integration.graph.documents import IDS, named
from tests.support.graph_sample.oracle import World
from tests.support.graph_sample.shop import Shop, Tenant, only_plan, opened

NESTED = (
    "query($i: ID!, $n: Int) { segment(id: $i) { count members(first: $n) { nodes { orders { nodes { total } } } } } }"
)
RULE = "query($r: RuleInput!) { matchingCount(rule: $r) }"
SKIP = "query($a: Boolean!) { segments { name @skip(if: $a) id } }"
LOADED = "{ customers { nodes { explanation { text } } } }"


@pytest.fixture
async def fresh(planted: str) -> Any:
    """A shop that has seen nothing yet, except the dictionary."""
    async with opened(planted) as made:
        await made.ask("{ segments { count } }")
        yield made


async def counted(shop: Shop, *asked: tuple[str, Any]) -> list[tuple[int, int]]:
    """(plans, statements) that each question took."""
    out = []
    for text, variables in asked:
        plans, statements = shop.counted
        answer = await shop.ask(text, variables)
        assert "errors" not in answer
        out.append((shop.counted[0] - plans, shop.counted[1] - statements))
    return out


def both(at_least: str, *countries: str) -> Any:
    return {"all": [{"country": list(countries)}, {"spent": {"atLeast": at_least}}]}


async def test_a_nested_segment_is_one_statement_and_its_shape_decides_over_the_plan(fresh: Shop) -> None:
    asked = [(NESTED, {"i": IDS["S"], "n": 6}), (NESTED, {"i": IDS["S"], "n": 7}), (NESTED, {"i": IDS["S2"], "n": 7})]
    assert await counted(fresh, *asked, asked[-1]) == [(1, 1), (0, 1), (1, 1), (0, 1)]


async def test_usual_page_sizes_stand_in_the_statement_and_others_share_one(fresh: Shop) -> None:
    text = "query($n: Int) { customers(first: $n) { nodes { name } } }"
    asked = [(text, {"n": size}) for size in (20, 50, 6, 7, 249)]
    assert await counted(fresh, *asked) == [(1, 1), (1, 1), (1, 1), (0, 1), (0, 1)]


async def test_rules_of_one_shape_share_a_plan(fresh: Shop) -> None:
    inverted = [{"r": {"not": both(amount, "CN")}} for amount in ("1", "5")]
    rules = [{"r": both("1", "CN")}, {"r": both("2", "CN", "DE", "FR")}, *inverted]
    assert await counted(fresh, *((RULE, rule) for rule in rules)) == [(1, 1), (0, 1), (1, 1), (0, 1)]


async def test_a_directives_variable_decides_over_the_plan(fresh: Shop) -> None:
    asked = [(SKIP, {"a": True}), (SKIP, {"a": False}), (SKIP, {"a": True})]
    assert await counted(fresh, *asked) == [(1, 1), (1, 1), (0, 1)]


async def test_a_loaded_field_is_one_batch_for_all_rows(fresh: Shop) -> None:
    assert await counted(fresh, (LOADED, None), (LOADED, None)) == [(1, 2), (0, 2)]


async def test_the_rows_that_loaded_values_name_are_one_statement_for_each_field(fresh: Shop) -> None:
    text = "{ customers { nodes { explanation { order { number customer { explanation { text } } } } } } }"
    assert await counted(fresh, (text, None), (text, None)) == [(1, 4), (0, 4)]


async def test_statements_stay_one_whatever_the_nesting(fresh: Shop) -> None:
    deep = "{ segments { members { nodes { lastOrder { customer { orders { nodes { items { sku } } } } } } } } }"
    assert await counted(fresh, (deep, None)) == [(1, 1)]


async def test_a_scope_matters_only_where_it_is_read(shop: Shop) -> None:
    text = "{ customers(first: 1) { nodes { email } } }  # masked"
    masked, clear = await shop.ask(text), await shop.ask(text, scopes=frozenset({"PII_READ"}))
    assert masked["data"]["customers"]["nodes"][0]["email"] == "p***"
    assert "@" in clear["data"]["customers"]["nodes"][0]["email"]
    plans = shop.counted[0]
    for scopes in (frozenset[str](), frozenset({"PII_READ"}), frozenset({"OTHER"})):
        await shop.ask("{ segments { name } }  # anybody", scopes=scopes)
    assert shop.counted[0] - plans == 1


async def test_a_masked_column_is_not_read(shop: Shop) -> None:
    text = "{ customers(first: 1) { nodes { email } } }  # not read"
    await shop.ask(text)
    statement = only_plan(shop, text).text
    assert '.email AS "email"' not in statement
    assert "left(" in statement


async def test_a_field_without_its_scope_is_an_error_at_its_path(shop: Shop) -> None:
    text = named('{ customer(id: "<C>") { name secret } segments { name } }')
    answer = await shop.ask(text)
    assert answer["data"]["customer"]["secret"] is None
    error = {"message": "Not allowed.", "path": ["customer", "secret"], "extensions": {"code": "FORBIDDEN"}}
    assert answer["errors"] == [error]
    assert "errors" not in await shop.ask(text, scopes=frozenset({"SECRETS"}))


async def test_a_refusal_is_an_error_at_its_field_and_is_not_remembered(shop: Shop) -> None:
    asked = [{"region": "atlantis"}, {"region": "asia"}, {"region": "lemuria"}, {"region": "europe"}]
    answers = [await shop.ask(f"{RULE}  # refused", {"r": rule}) for rule in asked]
    assert [a["data"] and a["data"]["matchingCount"] is not None for a in answers] == [None, True, None, True]
    extensions = answers[2]["errors"][0]["extensions"]
    assert (extensions["code"], extensions["problem"], extensions["path"]) == ("BAD_USER_INPUT", "INVALID", ["rule"])
    assert extensions["issues"][0]["message"] == "No region 'lemuria'."
    chinese = await shop.ask(f"{RULE}  # refused", {"r": asked[0]}, locale="zh-CN")
    assert chinese["errors"][0]["message"] == "规则无效。"
    assert chinese["errors"][0]["extensions"]["issues"][0]["message"] == "没有地区“atlantis”。"


async def test_what_one_tenant_keeps_never_serves_another(shop: Shop) -> None:
    text = "query($r: RuleInput!) { matchingCount(rule: $r) }  # whose"
    here = await shop.ask(text, {"r": {"region": "asia"}})
    there = await shop.ask(text, {"r": {"region": "asia"}}, tenant=Tenant("shop_two"))
    assert here["data"]["matchingCount"] > 0
    assert there["errors"][0]["extensions"]["problem"] == "INVALID"
    again = await shop.ask(text, {"r": {"region": "asia"}})
    assert again == here


async def changed(dsn: str, *statements: str) -> None:
    """Change the shop behind the executor's back, as another process would."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "shop_one"})
    async with connection.transaction():
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("UPDATE dictionary SET version = version + 1")
    await connection.close()


async def test_a_changed_rule_is_noticed_in_the_same_answer(shop: Shop, planted: str) -> None:
    text = named('{ segment(id: "<S>") { count } segments { name count } }')
    before = await shop.ask(text)
    await changed(planted, "UPDATE segment SET rule = '{\"country\": [\"DE\"]}' WHERE name = 'Asian'")
    after = await shop.ask(text)
    await changed(planted, "UPDATE segment SET rule = '{\"region\": \"asia\"}' WHERE name = 'Asian'")
    assert after["data"]["segment"]["count"] != before["data"]["segment"]["count"]
    assert after["data"]["segment"]["count"] == after["data"]["segments"][0]["count"]
    assert await shop.ask(text) == before


async def test_a_changed_region_is_noticed_too_also_as_a_literal_of_the_document(shop: Shop, planted: str) -> None:
    text = '{ matchingCount(rule: {region: "asia"}) }  # literal'
    before = await shop.ask(text)
    await changed(planted, "UPDATE region SET countries = '{DE}' WHERE name = 'asia'")
    after = await shop.ask(text)
    await changed(planted, "UPDATE region SET countries = '{CN,JP}' WHERE name = 'asia'")
    assert after != before == await shop.ask(text)


async def test_a_new_segment_is_counted_in_the_same_answer(shop: Shop, planted: str) -> None:
    text = "{ segments { name count } }"
    names = [s["name"] for s in (await shop.ask(text))["data"]["segments"]]
    await changed(planted, "INSERT INTO segment VALUES (gen_random_uuid(), 'New', 1, '{\"all\": []}')")
    assert {"name": "New", "count": 24} in (await shop.ask(text))["data"]["segments"]
    await changed(planted, "DELETE FROM segment WHERE name = 'New'")
    assert [s["name"] for s in (await shop.ask(text))["data"]["segments"]] == names


async def test_more_stored_rules_than_a_statement_should_hold_are_asked_one_by_one(planted: str) -> None:
    await changed(
        planted,
        "INSERT INTO segment SELECT gen_random_uuid(), 'Many ' || n, 1, '{\"all\": []}' FROM generate_series(1, 60) n",
    )
    try:
        async with opened(planted) as shop:
            answer = await shop.ask("{ segments { name count } }")
            assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
            assert (await shop.ask(named('{ segment(id: "<S>") { count } }')))["data"]["segment"]["count"] > 0
    finally:
        await changed(planted, "DELETE FROM segment WHERE name LIKE 'Many %'")


async def test_a_row_without_a_stored_value_is_null_with_an_error_not_another_rows(shop: Shop, planted: str) -> None:
    await changed(planted, "INSERT INTO segment VALUES (gen_random_uuid(), 'Zero', 1, 'null')")
    try:
        answer = await shop.ask("{ segments { name members { totalCount } } }")
        assert answer["data"] is None
        assert answer["errors"][0]["path"] == ["segments", 4, "members"]
        assert answer["errors"][0]["message"] == "Cannot return null for non-nullable field Segment.members."
    finally:
        await changed(planted, "DELETE FROM segment WHERE name = 'Zero'")


async def test_of_the_branches_for_stored_values_one_is_charged(shop: Shop) -> None:
    one = await shop.answer(named('{ segment(id: "<S>") { members(first: 10) { nodes { spend } } } }'))
    many = await shop.answer("{ segments { members(first: 10) { nodes { spend } } } }")
    assert one.cost == many.cost


async def test_a_pinned_document_outlives_a_flood(planted: str) -> None:
    async with opened(planted, most_documents=2) as shop:
        shop.executor.documents.pin("{ segments { name } }")
        await shop.ask("{ segments { name } }")
        for number in range(5):
            await shop.ask(f"{{ a{number}: __typename }}")
        plans = shop.counted[0]
        await shop.ask("{ segments { name } }")
        assert shop.counted[0] == plans


async def test_a_trusted_document_outlives_a_flood(planted: str) -> None:
    async with opened(planted, most_documents=2) as shop:
        await shop.answer("{ segments { name } }", trusted=True)
        for number in range(5):
            await shop.ask(f"{{ a{number}: __typename }}")
        plans = shop.counted[0]
        await shop.answer("{ segments { name } }", trusted=True)
        assert shop.counted[0] == plans


async def test_documents_and_plans_are_bounded(planted: str) -> None:
    async with opened(planted, most_documents=5, most_plans=4) as shop:
        for number in range(20):
            await shop.ask(f"{{ a{number}: __typename }}")
            await shop.ask("{ segments { name } }")
        assert len(shop.executor.documents.recent.kept) == 5
        rules: list[Any] = [{"all": [{"country": ["CN"]}] * n} for n in range(1, 12)]
        for rule in rules + rules:
            await shop.ask(RULE, {"r": rule})
        document = shop.executor.documents.recent.get(RULE)
        assert document
        assert document.plans.leaves <= 4


async def test_a_very_long_or_invalid_document_is_not_remembered(planted: str) -> None:
    async with opened(planted) as shop:
        await shop.ask("{ segments { name } }" + " " * 20_000)
        await shop.ask("{ nonsense }")
        assert not shop.executor.documents.recent.kept


async def test_all_values_are_parameters(shop: Shop) -> None:
    text = f"{RULE}  # parameters"
    await shop.ask(text, {"r": {"all": [{"country": ["Robert'); DROP"]}, {"spent": {"atLeast": "31337"}}]}})
    statement = only_plan(shop, text).text
    assert "Robert" not in statement
    assert "31337" not in statement


def shapes() -> list[Any]:
    """Rules of many shapes, each with several values."""
    leaves: list[Any] = [
        *({"country": [c]} for c in ("CN", "DE")),
        *({"region": r} for r in ("asia", "europe")),
        *({"spent": {"atLeast": str(n), "window": w}} for n in (100, 900) for w in ("ALL", "LAST_YEAR")),
    ]
    pairs = [{"all": [a, {"not": b}]} for a in leaves[::2] for b in leaves]
    return leaves + pairs


async def test_forgetting_plans_amid_concurrent_questions_never_mixes_them_up(planted: str, world: World) -> None:
    expected = [len(world.members(rule)) for rule in shapes()]
    async with opened(planted, most_plans=3) as shop:

        async def one(rule: Any) -> Any:
            return (await shop.ask(RULE, {"r": rule}))["data"]["matchingCount"]

        for _ in range(3):
            assert await asyncio.gather(*map(one, shapes())) == expected
            assert [await one(rule) for rule in reversed(shapes())] == expected[::-1]


def test_a_response_key_that_is_no_graphql_name_never_reaches_the_statement() -> None:
    for key in ('a"b', "a b", "名", ""):
        with pytest.raises(ValueError, match="GraphQL names"):
            sql.Object({key: sql.NULL})
