"""Budgets: what was spent in one process is spent in all, and who has spent everything is told when to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.registry import limit_tenant
from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.postgres import Server, a_database
from tests.support.tenants import Tenants, an_owner, maker

ASK = "{ strategies { totalCount } }"  # two points
DEFINE = 'mutation { attributeDefine(input: {key: "vip", label: {en: "VIP"}, type: BOOLEAN}) { __typename } }'
GRAPHQL_JSON = "application/graphql-response+json"
SMALL: dict[str, Any] = {"key_rate": 10, "key_burst": 60}


@pytest.fixture
async def small(server: Server, owner: AsyncEngine) -> AsyncIterator[Api]:
    """An application whose keys have little."""
    async with opened(server.app_dsn, owner, **SMALL) as made:
        yield made


async def exhaust(shop: Api, **headers: str) -> tuple[int, httpx.Response]:
    """(the points that were answered, the refusal that ended them)."""
    spent = 0
    async with asyncio.timeout(20):
        while "errors" not in (answer := await shop.post(ASK, **headers)).json():
            spent += answer.json()["extensions"]["cost"]["requested"]
    return spent, answer


async def test_an_answer_tells_what_it_cost_and_what_is_left(small: Api, tenants: Tenants) -> None:
    shop = await small.of((await tenants())[0])
    first, second = await shop.post(ASK), await shop.post(ASK)
    assert first.json()["extensions"] == {"cost": {"requested": 2, "remaining": 58, "restoreRate": 10}}
    assert 56 <= second.json()["extensions"]["cost"]["remaining"] <= 58
    assert first.headers["ratelimit-policy"] == '"key";q=60;w=6, "tenant";q=2000000;w=10'
    assert first.headers["ratelimit"] == '"key";r=58;t=1'


async def test_over_budget_nothing_is_done_and_one_is_told_when_to_come_back(small: Api, tenants: Tenants) -> None:
    tenant, before = await tenants(2)
    await (await small.of(before)).data(DEFINE)  # of a document that is new only a point would be asked
    shop = await small.of(tenant)
    _, refused = await exhaust(shop, Accept=GRAPHQL_JSON)
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith(GRAPHQL_JSON)
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert "data" not in refused.json()
    written = await shop.post(DEFINE, **{"Accept-Language": "zh-CN"})
    assert written.status_code == 200
    (error,) = written.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["cost"]) == ("RATE_LIMITED", 10)
    assert written.headers["retry-after"] == str(error["extensions"]["retryAfter"]) == "1"
    assert "重试" in error["message"]
    other = await small.of(tenant)
    assert await other.data("{ attributeDefinitions { key } }") == {"attributeDefinitions": []}
    async with asyncio.timeout(3):
        while "errors" in (await shop.ask(DEFINE)):
            pass  # each request is a turn of the loop


async def test_what_an_operation_costs_more_than_can_ever_be_saved_is_refused_for_good(
    small: Api, tenants: Tenants
) -> None:
    shop = await small.of((await tenants())[0])
    (error,) = (await shop.ask("{ customers(first: 100) { nodes { id } } }"))["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


async def test_two_processes_spend_from_one_bucket(server: Server, owner: AsyncEngine, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(opened(server.app_dsn, owner, **SMALL)) for _ in range(2)]
        one = await apps[0].of(tenant)
        started = monotonic()
        spent = await asyncio.gather(*(exhaust(replace(app, token=one.token)) for app in apps))
        took = monotonic() - started
    total = sum(points for points, _ in spent)
    assert 60 - 2 * len(apps) <= total <= 60 + SMALL["key_rate"] * took
    assert all(points for points, _ in spent)


async def test_all_keys_of_a_tenant_share_its_bucket(server: Server, owner: AsyncEngine, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    async with opened(server.app_dsn, owner, tenant_rate=10, tenant_burst=60) as app:
        one, other = await app.of(tenant), await app.of(tenant)
        started = monotonic()
        spent = sum([(await exhaust(shop))[0] for shop in (one, other)])
        assert 58 <= spent <= 60 + 10 * (monotonic() - started)
        (stranger,) = await tenants()
        assert "errors" not in await (await app.of(stranger)).ask(ASK)


async def test_a_tenant_may_have_a_budget_of_its_own(api: Api, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    shop = await api.of(tenant)
    usual = await limits(shop)
    for rate, factor in ((2_000, 0.01), (400_000, 2), (None, 1)):
        async with api.owner.begin() as connection:
            await limit_tenant(connection, tenant.slug, rate, datetime.now(UTC))
        wanted = {name: {one: value * factor for one, value in bucket.items()} for name, bucket in usual.items()}
        async with asyncio.timeout(1):
            while await limits(shop) != wanted:
                pass  # each request is a turn of the loop
        assert (await shop.ask(ASK))["extensions"]["cost"]["restoreRate"] == wanted["key"]["restoreRate"]


async def limits(shop: Api) -> Any:
    """Of the buckets."""
    asked = "{ apiLimits { key { size restoreRate } tenant { size restoreRate } } }"
    return (await shop.data(asked))["apiLimits"]


@asynccontextmanager
async def counted(engine: AsyncEngine) -> AsyncIterator[list[str]]:
    """The leases that are sent over an engine meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "budget" in statement:
            sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_a_busy_key_leases_a_slice_at_a_time_not_a_request(api: Api, tenants: Tenants) -> None:
    shop = await api.of((await tenants())[0])
    async with counted(api.control) as sent:
        for _ in range(100):
            await shop.data(ASK)
    assert len(sent) == 1


@pytest.fixture
async def broken(cluster: Server) -> AsyncIterator[tuple[Server, AsyncEngine, Tenant]]:
    """A database whose budgets may be spoilt."""
    async with a_database(cluster) as database, an_owner(database) as owner:
        (tenant,) = await maker(owner, database.login)()
        yield database, owner, tenant


@pytest.mark.parametrize("how", ["REVOKE ALL ON platform.budget FROM {login}", "DROP TABLE platform.budget"])
async def test_without_the_control_plane_each_process_spends_what_a_bucket_restores(
    broken: tuple[Server, AsyncEngine, Tenant], how: str
) -> None:
    database, owner, tenant = broken
    async with opened(database.app_dsn, owner, key_rate=20, key_burst=1000) as app:
        shop = await app.of(tenant)
        async with owner.begin() as connection:
            await connection.execute(text(how.format(login=database.login)))
        started = monotonic()
        spent, refused = await exhaust(shop, Accept=GRAPHQL_JSON)
        assert 20 <= spent <= 20 + 20 * (monotonic() - started)
        assert refused.status_code == 429
        async with asyncio.timeout(3):
            while "errors" in await shop.ask(ASK):
                pass  # each request is a turn of the loop


async def test_a_bucket_that_somebody_holds_makes_nobody_wait_for_long(
    broken: tuple[Server, AsyncEngine, Tenant],
) -> None:
    database, owner, tenant = broken
    async with opened(database.app_dsn, owner) as app:
        shop = await app.of(tenant)
        await shop.data(ASK)
        async with opened(database.app_dsn, owner) as other, owner.begin() as connection:
            await connection.execute(text("LOCK TABLE platform.budget"))
            async with asyncio.timeout(5):
                await replace(other, token=shop.token).data(ASK)


WRONG = {
    "no GraphQL": "{ strategies { totalCount",
    "no such field": "{ strategies { nothing%d } }",
    "too many levels": "{ %d: " + "a { " * 20 + "b" + " }" * 21,
    "too dear": "{ a%d: customers(first: 250) { nodes { orders(first: 250) { nodes { items { id } } } } } }",
    "a missing variable": "query($n: Int!) { strategies(first: $n) { totalCount } }",
    "no such operation": "query A { __typename } query B { __typename }",
}


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
async def test_a_flood_of_what_is_refused_meets_its_budget(small: Api, tenants: Tenants, document: str) -> None:
    shop = await small.of((await tenants())[0])
    codes, asked = set[str](), 0
    async with asyncio.timeout(20):
        while "RATE_LIMITED" not in codes:
            text = document % asked if "%d" in document else document
            answer = await shop.ask(text)
            codes |= {error["extensions"]["code"] for error in answer["errors"]}
            asked += 1
    assert 10 <= asked < 60
    assert len(codes) > 1, "the first were told what was wrong"
    assert answer["errors"][0]["extensions"]["retryAfter"] >= 1
    again = await shop.post(ASK)
    assert again.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert int(again.headers["ratelimit"].split("r=")[1].split(";")[0]) >= 0


async def test_a_new_document_that_is_valid_costs_what_it_says(small: Api, tenants: Tenants) -> None:
    shop = await small.of((await tenants())[0])
    for n in range(4):
        answer = await shop.ask(f"{{ strategies {{ once{n}: totalCount }} }}")
        assert answer["extensions"]["cost"]["remaining"] >= 58 - 2 * n
