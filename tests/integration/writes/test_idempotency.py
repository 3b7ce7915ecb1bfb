"""An idempotency key: however often, at once or broken off, a write is applied once and answers what it did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.answering import Answering
from api.asked import Asked
from api.graph.request import Env
from domain.idempotency import KEPT
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, caller_of, control_of
from tests.support.tenants import NOW, Tenants

UPSERT = """
mutation($input: CustomerInput!, $by: CustomerBy, $version: Int) {
  a: customerUpsert(by: $by, input: $input, ifVersion: $version) {
    ... on CustomerSuccess { created customer { id version city } }
    ... on Problem { code }
  }
}"""
KEY = "Idempotency-Key"
SECRET = b"k" * 32


async def upsert(client: Api, key: str | None = "k1", by: Any = None, version: int | None = None, **said: Any) -> Any:
    """The whole answer of one customerUpsert."""
    variables = {"input": said, "by": by, "version": version}
    return await client.ask(UPSERT, variables, **({} if key is None else {KEY: key}))


def code(answer: Any) -> str:
    """The code of the only error."""
    (error,) = answer["errors"]
    return str(error["extensions"]["code"])


@pytest.fixture
async def tenant(tenants: Tenants) -> Tenant:
    """A new one for each test."""
    return (await tenants())[0]


@pytest.fixture
async def shop(api: Api, tenant: Tenant) -> Api:
    """A client of it."""
    return await api.of(tenant)


async def count(scope: Scope, tenant: Tenant, what: str = "customer") -> Any:
    async with scope.read(tenant) as connection:
        return await connection.fetchval(f"SELECT count(*) FROM {what}")


async def test_a_repeat_applies_nothing_and_answers_what_the_first_did_as_it_is_now(
    shop: Api, scope: Scope, tenant: Tenant
) -> None:
    first = await upsert(shop, city="Ulm")
    made = first["data"]["a"]["customer"]
    assert (first["data"]["a"]["created"], made["city"]) == (True, "Ulm")
    await upsert(shop, "k2", {"id": made["id"]}, city="Bonn")
    again = await upsert(shop, city="Ulm")
    assert again["data"]["a"] == {"created": True, "customer": {"id": made["id"], "version": 2, "city": "Bonn"}}
    assert await count(scope, tenant) == 1
    assert await count(scope, tenant, "event") == 2


async def test_without_a_key_each_time_is_another_time(shop: Api, scope: Scope, tenant: Tenant) -> None:
    for _ in range(2):
        await upsert(shop, None, city="Ulm")
    assert await count(scope, tenant) == 2
    assert await count(scope, tenant, "idempotency_record") == 0


async def test_a_repeat_may_select_other_fields_and_write_its_arguments_otherwise(shop: Api) -> None:
    first = await upsert(shop, city="Ulm", tags=["a"])
    select = "... on CustomerSuccess { customer { id tags } }"
    ask = f'mutation {{ a: customerUpsert(input: {{tags: ["a"], city: "Ulm"}}) {{ {select} }} }}'
    again = await shop.ask(ask, **{KEY: "k1"})
    assert again["data"]["a"]["customer"] == {"id": first["data"]["a"]["customer"]["id"], "tags": ["a"]}


async def test_a_key_that_comes_with_something_else_is_refused_and_changes_nothing(
    shop: Api, scope: Scope, tenant: Tenant
) -> None:
    await upsert(shop, city="Ulm")
    other = await upsert(shop, city="Bonn")
    assert (code(other), other["data"]) == ("IDEMPOTENCY_KEY_REUSED", None)
    define = 'mutation { a: attributeDefine(input: {key: "k", label: {en: "k"}, type: TEXT}) { __typename } }'
    assert code(await shop.ask(define, **{KEY: "k1"})) == "IDEMPOTENCY_KEY_REUSED"
    assert await count(scope, tenant) == 1
    assert await count(scope, tenant, "attribute_definition") == 0
    chinese = await shop.ask(define, **{KEY: "k1", "Accept-Language": "zh"})
    assert "其他" in chinese["errors"][0]["message"]


async def test_each_field_of_a_request_and_each_caller_has_records_of_its_own(
    api: Api, scope: Scope, tenant: Tenant
) -> None:
    one, two = await api.of(tenant), await api.of(tenant)
    save = "customerUpsert(input: {city: $city}) { ... on CustomerSuccess { customer { id } } }"
    ask = f"mutation($city: String) {{ a: {save} b: {save} }}"
    made = [await client.data(ask, {"city": "Ulm"}, **{KEY: "k"}) for client in (one, two, one)]
    assert made[0] == made[2] != made[1]
    assert await count(scope, tenant) == 4


async def test_many_repeats_at_once_apply_the_write_once_and_answer_alike(
    shop: Api, scope: Scope, tenant: Tenant
) -> None:
    answers = await asyncio.gather(*(upsert(shop, city="Ulm") for _ in range(12)))
    assert len({orjson.dumps(answer) for answer in answers}) == 1
    assert "errors" not in answers[0]
    assert await count(scope, tenant) == 1


async def waiting(scope: Scope, tenant: Tenant) -> None:
    """Until a statement of the tenant waits for a lock."""
    async with asyncio.timeout(10):
        while True:
            async with scope.read(tenant) as connection:
                if await connection.fetchval(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                ):
                    return
            await asyncio.sleep(0.01)


async def test_a_repeat_waits_for_the_first_and_takes_its_place_when_that_is_killed(
    shop: Api, scope: Scope, tenant: Tenant
) -> None:
    await upsert(shop, "seen", city="Bonn")
    columns = "field, digest, outcome, recorded_at FROM idempotency_record"
    with suppress(DBAPIError):
        async with scope.write(tenant) as first:
            await first.execute(text(f"INSERT INTO idempotency_record SELECT caller, 'k1', {columns}"))
            repeat = asyncio.create_task(upsert(shop, city="Ulm"))
            await waiting(scope, tenant)
            assert not repeat.done()
            await first.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert (await repeat)["data"]["a"]["created"] is True
    assert await count(scope, tenant) == 2


class Broken(Answering):
    """Loses the connection right after the next commit, before anybody hears of it."""

    breaks = 0

    @asynccontextmanager
    async def _write(self, env: Env) -> AsyncIterator[AsyncSession]:
        async with super()._write(env) as session:
            yield session
        if self.breaks:
            self.breaks -= 1
            raise ConnectionResetError


Ask = Callable[..., Any]


@pytest.fixture
def asking(scope: Scope, tenant: Tenant) -> tuple[Broken, Ask]:
    """An application whose connections can be lost, and asking it at any time."""
    answering = Broken(scope, control_of(scope), SECRET, lambda: NOW)

    async def ask(key: str = "k1", days: float = 0, **said: Any) -> Any:
        answering._clock = lambda: NOW + timedelta(days=days)
        caller = caller_of(scope, tenant)
        variables = {"input": said, "by": None, "version": None}
        return orjson.loads((await answering.answer(caller, Asked(UPSERT, variables, None, False, key))).body)

    return answering, ask


async def test_a_write_whose_answer_was_lost_is_applied_once_by_its_repeat(
    asking: tuple[Broken, Ask], scope: Scope, tenant: Tenant
) -> None:
    answering, ask = asking
    answering.breaks = 1
    assert code(await ask(city="Ulm")) == "SERVICE_UNAVAILABLE"
    again = await ask(city="Ulm")
    assert (again["data"]["a"]["created"], again["data"]["a"]["customer"]["version"]) == (True, 1)
    assert await count(scope, tenant) == 1


async def test_a_key_is_kept_for_twice_the_day_that_is_promised_and_then_free_for_anything(
    asking: tuple[Broken, Ask], scope: Scope, tenant: Tenant
) -> None:
    _, ask = asking
    days = KEPT / timedelta(days=1)
    assert days == 2
    await ask(city="Ulm")
    assert (await ask(days=days, city="Ulm"))["data"]["a"]["customer"]["version"] == 1
    assert await count(scope, tenant) == 1
    assert (await ask(days=days + 0.001, city="Bonn"))["data"]["a"]["created"] is True
    assert await count(scope, tenant) == 2
    await ask("k2", days=5, city="Bonn")
    assert await count(scope, tenant, "idempotency_record") == 1  # what is outdated goes


async def test_a_refused_write_is_judged_anew(shop: Api, scope: Scope, tenant: Tenant) -> None:
    made = (await upsert(shop, "k0", city="Ulm"))["data"]["a"]["customer"]
    early: dict[str, Any] = {"by": {"id": made["id"]}, "version": 2, "city": "Aalen"}
    assert (await upsert(shop, **early))["data"]["a"] == {"code": "VERSION_CONFLICT"}
    assert await count(scope, tenant, "idempotency_record") == 1
    await upsert(shop, "k2", {"id": made["id"]}, city="Bonn")
    assert (await upsert(shop, **early))["data"]["a"]["customer"]["version"] == 3
    assert (await upsert(shop, **early))["data"]["a"]["customer"]["version"] == 3


async def test_what_is_kept_holds_no_personal_data(shop: Api, scope: Scope, tenant: Tenant) -> None:
    canary = "canary-4711"
    said = {"displayName": canary, "email": f"{canary}@example.com", "externalRefs": [{"system": "s", "value": canary}]}
    assert (await upsert(shop, **said))["data"]["a"]["created"] is True
    async with scope.read(tenant) as connection:
        kept = await connection.fetchval("SELECT string_agg(CAST(r AS text), '') FROM idempotency_record AS r")
    assert kept
    assert canary not in kept


@pytest.mark.parametrize("key", ["", "é", "x" * 256, "a\tb"])
async def test_what_cannot_be_a_key_is_refused_before_anything_runs(
    shop: Api, scope: Scope, tenant: Tenant, key: str
) -> None:
    answer = await shop.client.post(
        "/graphql",
        json={"query": UPSERT, "variables": {"input": {"city": "Ulm"}}},
        headers=[("Authorization", f"Bearer {shop.token}"), (KEY, key.encode("latin-1"))],  # type: ignore[list-item]
    )
    assert (answer.status_code, code(answer.json())) == (400, "BAD_USER_INPUT")
    assert await count(scope, tenant) == 0


async def test_a_query_takes_no_notice_of_a_key(shop: Api, scope: Scope, tenant: Tenant) -> None:
    assert (await shop.ask("{ __typename }", **{KEY: "k1"}))["data"] == {"__typename": "Query"}
    assert (await upsert(shop, city="Ulm"))["data"]["a"]["created"] is True
