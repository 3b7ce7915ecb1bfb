"""What may go wrong while reading: marks in rows, killed and outdated statements, many questions at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson
import pytest

from api.graph.request import Env
from tests.integration.graph.documents import DATA, named
from tests.support.graph_sample.shop import Shop, opened

NAME = named('{ customer(id: "<C>") { name explanation { text } } }')


async def run(dsn: str, statement: str, *values: Any) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "shop_one"})
    await connection.execute(statement, *values)
    await connection.close()


@pytest.mark.parametrize("evil", ['"\\u0000!NULL"', "\\u0000!NULL", '\\"\\u00000:x', "\x01", '"', "\\"])
async def test_a_row_cannot_forge_a_mark(shop: Shop, planted: str, evil: str) -> None:
    put = "UPDATE customer SET name = $1::text, traits = jsonb_build_object($1::text, $1::text) WHERE id = $2"
    key, first = DATA["customer"][0]["id"], DATA["customer"][0]
    await run(planted, put, evil, key)
    try:
        text = named('{ customer(id: "<C>") { name traits explanation { text } average } }')
        customer = (await shop.ask(text))["data"]["customer"]
        assert (customer["name"], customer["traits"]) == (evil, {evil: evil})
        cursor = "{ customers { edges { cursor node { name } } } }"
        edges = (await shop.ask(cursor))["data"]["customers"]["edges"]
        assert evil in [e["node"]["name"] for e in edges]
    finally:
        await run(planted, "UPDATE customer SET name = $1 WHERE id = $2", first["name"], key)
        await run(planted, "UPDATE customer SET traits = $1 WHERE id = $2", orjson.dumps(first["traits"]).decode(), key)


async def test_a_statement_that_a_migration_outdated_is_prepared_again(planted: str) -> None:
    async with opened(planted, size=1) as shop:
        before = await shop.ask(NAME)
        assert "errors" not in before
        await run(planted, 'ALTER TABLE "order" ALTER number TYPE bigint')  # the batch of a loaded field selects it
        try:
            assert await shop.ask(NAME) == before
            assert shop.opened == ["read", "read", "read"], "once more, in a fresh frame"
        finally:
            await run(planted, 'ALTER TABLE "order" ALTER number TYPE integer')


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SET LOCAL statement_timeout = 1", "TIMEOUT"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "SERVICE_UNAVAILABLE"),
        ("SET LOCAL search_path TO nowhere", "INTERNAL"),
    ],
)
async def test_a_failed_read_has_a_code_and_shows_nothing_of_the_database(
    planted: str, statement: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(planted, size=1) as shop:
        doors = shop.executor.reading.doors

        @asynccontextmanager
        async def read(env: Env) -> AsyncIterator[Any]:
            async with shop.pool.acquire() as connection, connection.transaction():
                await connection.execute("SET LOCAL search_path TO shop_one")
                await connection.execute(statement)
                yield connection

        shop.executor.reading.doors = type(doors)(read, doors.write, doors.stored, doors.place)
        slow = "{ " + " ".join(f"a{n}: segments {{ count members {{ nodes {{ spend }} }} }}" for n in range(40)) + " }"
        answer = await shop.answer(slow)
    assert answer.codes == (code,)
    assert answer.request_error
    body = orjson.loads(answer.body)
    for word in ("select", "relation", "customer", "nowhere", "terminat", "Traceback"):
        assert word not in body["errors"][0]["message"].lower()
    if code == "INTERNAL":
        trace = body["errors"][0]["extensions"]["trace"]
        assert trace in caplog.text


async def test_concurrent_questions_do_not_share_values(shop: Shop) -> None:
    text = "query($n: Int!, $r: RuleInput!) { customers(first: $n) { nodes { id } } matching(rule: $r) { totalCount } }"
    totals = {n: (await shop.ask(text, question(n)))["data"]["matching"]["totalCount"] for n in range(6)}

    async def one(n: int) -> bool:
        answer = (await shop.ask(text, question(n)))["data"]
        return len(answer["customers"]["nodes"]) == n + 1 and answer["matching"]["totalCount"] == totals[n]

    assert all(await asyncio.gather(*(one(i % 6) for i in range(120))))
    assert len(set(totals.values())) > 3


def question(n: int) -> dict[str, Any]:
    return {"n": n + 1, "r": {"spent": {"atLeast": str(n * 500)}}}


async def test_a_cancelled_question_leaves_the_pool_usable(planted: str) -> None:
    async with opened(planted, size=1) as shop:
        expected = await shop.ask(NAME)
        for turns in (0, 1, 2, 5, 20, 100):
            task = asyncio.create_task(shop.ask(NAME))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert await shop.ask(NAME) == expected


async def test_introspection_goes_to_graphql_core_and_data_beside_it_is_compiled(shop: Shop) -> None:
    mixed = await shop.answer(
        "query($a: String!) { x: __type(name: $a) { name kind } segments { name } __typename s:"
        " __schema { queryType { name } } }",
        {"a": "Customer"},
    )
    assert not mixed.compiled
    data = orjson.loads(mixed.body)["data"]
    assert list(data) == ["x", "segments", "__typename", "s"]
    assert data["x"] == {"name": "Customer", "kind": "OBJECT"}
    assert [s["name"] for s in data["segments"]] == ["Asian", "Big", "Chinese", "None"]
    assert data["s"] == {"queryType": {"name": "Query"}}


async def test_introspection_beside_an_error_keeps_its_place(shop: Shop) -> None:
    text = named('{ customer(id: "<C>") { secret } __type(name: "Nothing") { name } __schema { queryType { name } } }')
    answer = await shop.ask(text)
    assert answer["data"] == {
        "customer": {"secret": None},
        "__type": None,
        "__schema": {"queryType": {"name": "Query"}},
    }
    assert len(answer["errors"]) == 1
