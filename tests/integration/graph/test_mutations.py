"""Mutations: a transaction a field, refusals as data, the payload read by the compiled path after the commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text as sql_text
from sqlalchemy.ext.asyncio import AsyncSession

from api.graph.request import Env
from tests.integration.graph.documents import DATA, IDS
from tests.support.graph_sample.shop import Shop, opened
from tests.support.graph_sample.subjects import schema

CREATE = """
mutation($n: String!, $r: RuleInput!) {
  a: segmentCreate(name: $n, rule: $r) { ...Made }
  b: segmentCreate(name: $n, rule: $r) { ...Made }
}
fragment Made on SegmentResult {
  __typename
  ... on SegmentSuccess { created segment { name count members(first: 1) { nodes { orders { totalCount } } } } }
  ... on Problem { code message path zh: message(locale: "zh") }
  ... on NameTaken { name }
  ... on Invalid { issues { code path message } }
}
"""
ORDERS_WRITE = frozenset({"ORDERS_WRITE"})


@pytest.fixture
async def own(planted: str) -> AsyncIterator[Shop]:
    """A shop whose segments of the test are gone afterwards."""
    async with opened(planted) as made:
        yield made
        await done(made, "DELETE FROM segment WHERE name LIKE 'Made%'", "UPDATE dictionary SET version = version + 1")


async def done(shop: Shop, *statements: str) -> Any:
    async with shop.engine.begin() as connection:
        await connection.execute(sql_text("SET LOCAL search_path TO shop_one"))
        for statement in statements:
            result = await connection.execute(sql_text(statement))
        return result.scalar() if result.returns_rows else None


async def test_a_mutation_answers_from_the_committed_row_and_the_next_field_sees_it(own: Shop) -> None:
    made = (await own.ask(CREATE, {"n": "Made", "r": {"region": "asia"}}))["data"]
    assert made["a"]["__typename"] == "SegmentSuccess"
    assert made["a"]["created"] is True
    assert made["a"]["segment"]["count"] == sum(c["country"] == "CN" for c in DATA["customer"])
    assert made["a"]["segment"]["members"]["nodes"]
    taken = {"code": "NAME_TAKEN", "message": "'Made' is taken.", "path": ["name"], "zh": "“Made”已被使用。"}
    assert made["b"] == {"__typename": "NameTaken", **taken, "name": "Made"}


async def test_a_refusal_rolls_back_and_its_nested_issues_speak_the_callers_language(own: Shop) -> None:
    answer = await own.answer(CREATE, {"n": "Made 2", "r": {"region": "atlantis"}}, locale="zh-CN")
    assert b'"errors"' not in answer.body
    assert "没有地区“atlantis”。".encode() in answer.body
    assert await done(own, "SELECT count(*) FROM segment WHERE name = 'Made 2'") == 0


async def test_a_payload_is_planned_once(own: Shop) -> None:
    await own.ask(CREATE, {"n": "Made 3", "r": {"all": []}})
    plans = own.counted[0]
    await own.ask(CREATE, {"n": "Made 4", "r": {"all": []}})
    assert own.counted[0] == plans


async def test_a_mutation_needs_its_scope_before_it_opens_a_transaction(own: Shop) -> None:
    text = f'mutation {{ orderMove(id: "{IDS["O"]}", customerId: "{IDS["C"]}") {{ __typename }} }}'
    answer = await own.ask(text)
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["orderMove"]
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert own.opened == []


async def test_ids_lose_their_prefix_and_a_foreign_one_names_no_row(own: Shop) -> None:
    text = """
    mutation($o: ID!, $c: ID!) { orderMove(id: $o, customerId: $c) {
      ... on OrderSuccess { order { id customer { id } } } ... on Problem { code } } }"""
    order, customer = (DATA[t][-1]["id"].hex for t in ("order", "customer"))
    given = {"o": f"ord_{order}", "c": f"cus_{customer}"}
    moved = await own.ask(text, given, scopes=ORDERS_WRITE)
    assert moved["data"]["orderMove"] == {"order": {"id": given["o"], "customer": {"id": given["c"]}}}
    for wrong in (f"cus_{order}", "garbage", f"ord_{order.upper()}", ""):
        refused = await own.ask(text, {**given, "o": wrong}, scopes=ORDERS_WRITE)
        assert refused["data"]["orderMove"] == {"code": "INVALID"}


async def test_a_refusal_that_is_no_member_of_the_result_is_an_error_at_the_field(own: Shop) -> None:
    text = f'mutation {{ orderMove(id: "{IDS["O"]}", customerId: "cus_{"0" * 32}") {{ __typename }} }}'
    answer = await own.ask(text, scopes=ORDERS_WRITE)
    extensions = {"code": "BAD_USER_INPUT", "problem": "NAME_TAKEN", "path": [], "name": "nobody"}
    assert answer["errors"] == [
        {"message": "'nobody' is taken.", "path": ["orderMove"], "extensions": extensions},
    ]


CHANGE = """
mutation($o: ID!, $i: OrderChangeInput!) { orderChange(id: $o, input: $i) {
  ... on OrderSuccess { order { status shippedAt } } ... on Unsaid { code orders } } }"""


@pytest.fixture
async def order(own: Shop) -> AsyncIterator[str]:
    """The id of an order that afterwards is as it was."""
    key = DATA["order"][0]["id"].hex
    await done(own, f"CREATE TABLE kept AS SELECT * FROM \"order\" WHERE id = '{key}'")
    yield f"ord_{key}"
    back = 'UPDATE "order" AS o SET status = k.status, shipped_at = k.shipped_at FROM kept AS k WHERE o.id = k.id'
    await done(own, back, "DROP TABLE kept")


async def test_of_a_partial_input_what_is_left_out_is_left_alone_and_null_is_null(own: Shop, order: str) -> None:

    async def change(**said: Any) -> Any:
        return (await own.ask(CHANGE, {"o": order, "i": said}))["data"]["orderChange"]

    when = "2026-01-05T10:00:00+00:00"
    assert await change(status="PAID", shippedAt=when) == {"order": {"status": "PAID", "shippedAt": when}}
    assert await change(status="RETURNED") == {"order": {"status": "RETURNED", "shippedAt": when}}
    assert await change(shippedAt=None) == {"order": {"status": "RETURNED", "shippedAt": None}}
    written = await own.ask(f'mutation {{ orderChange(id: "{order}", input: {{status: PAID}}) {{ __typename }} }}')
    assert written["data"] == {"orderChange": {"__typename": "OrderSuccess"}}
    assert await change() == {"code": "INVALID", "orders": [order]}
    assert "input OrderChangeInput {" in schema.as_str()
    assert "shippedAt: DateTime\n}" in schema.as_str()


class Failing:
    """Makes the first writes of a shop fail as PostgreSQL would."""

    def __init__(self, shop: Shop, sqlstate: str, times: int) -> None:
        self.sqlstate, self.left, self.write = sqlstate, times, shop.write
        self.tried = 0

    @asynccontextmanager
    async def __call__(self, env: Env) -> AsyncIterator[AsyncSession]:
        async with self.write(env) as session:
            self.tried += 1
            yield session
            if self.left:
                self.left -= 1
                raised = f"DO $$ BEGIN RAISE EXCEPTION 'canary' USING ERRCODE = '{self.sqlstate}'; END $$"
                await session.execute(sql_text(raised))


@pytest.fixture
async def failing(planted: str) -> AsyncIterator[Any]:
    """Opens a shop whose writes fail so many times."""
    async with opened(planted) as made:

        def fail(sqlstate: str, times: int) -> Failing:
            doors = made.executor.reading.doors
            failing = Failing(made, sqlstate, times)
            made.executor.reading.doors = type(doors)(doors.read, failing, doors.stored, doors.place)
            return failing

        yield made, fail
        await done(made, "DELETE FROM segment WHERE name LIKE 'Made%'", "UPDATE dictionary SET version = version + 1")


ONCE = 'mutation { segmentCreate(name: "Made once", rule: {all: []}) { __typename } }'


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_conflict_with_another_transaction_is_tried_again(failing: Any, sqlstate: str) -> None:
    shop, fail = failing
    writes = fail(sqlstate, 2)
    assert (await shop.ask(ONCE))["data"] == {"segmentCreate": {"__typename": "SegmentSuccess"}}
    assert writes.tried == 3
    assert await done(shop, "SELECT count(*) FROM segment WHERE name = 'Made once'") == 1


async def test_a_conflict_that_stays_is_an_error_at_the_field_after_three_tries(failing: Any) -> None:
    shop, fail = failing
    writes = fail("40001", 9)
    answer = await shop.ask(ONCE)
    assert writes.tried == 3
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["segmentCreate"]
    assert await done(shop, "SELECT count(*) FROM segment WHERE name = 'Made once'") == 0


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [("57014", "TIMEOUT"), ("53100", "SERVICE_UNAVAILABLE"), ("57P01", "SERVICE_UNAVAILABLE"), ("23514", "INTERNAL")],
)
async def test_a_failed_write_has_a_code_and_shows_nothing_of_the_database(
    failing: Any, sqlstate: str, code: str
) -> None:
    shop, fail = failing
    writes = fail(sqlstate, 1)
    answer = await shop.answer(ONCE)
    assert answer.codes == (code,)
    assert b"canary" not in answer.body
    assert writes.tried == 1


async def test_fields_before_a_failed_one_are_kept_where_they_may_be_and_later_ones_are_not_run(failing: Any) -> None:
    shop, fail = failing
    writes = fail("23514", 1)
    two = (
        'mutation { a: segmentCreate(name: "Made a", rule: {all: []}) { __typename } b:'
        ' segmentCreate(name: "Made b", rule: {all: []}) { __typename } }'
    )
    answer = await shop.ask(two)
    assert answer["data"] is None
    assert [e["path"] for e in answer["errors"]] == [["a"]]
    assert writes.tried == 1
