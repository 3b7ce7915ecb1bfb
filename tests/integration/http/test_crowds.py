"""One tenant's many or slow operations: the others are answered; what takes too long is stopped and leaves nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.tenant import Tenant
from tests.support.http import opened
from tests.support.postgres import Server
from tests.support.tenants import Tenants

ASK = "{ strategies { totalCount } }"
DEFINE = 'mutation { attributeDefine(input: {key: "vip", label: {en: "VIP"}, type: BOOLEAN}) { __typename } }'
DEFINED = "{ attributeDefinitions { key } }"
GRAPHQL_JSON = {"Accept": "application/graphql-response+json"}
LEFT = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'regulars' AND datname = current_database()"
    " AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock')"
)


@asynccontextmanager
async def stuck(owner: AsyncEngine, tenant: Tenant, table: str) -> AsyncIterator[None]:
    """Whoever asks a table of the tenant waits meanwhile."""
    async with owner.begin() as connection:
        await connection.execute(text(f"LOCK TABLE {tenant.schema}.{table} IN ACCESS EXCLUSIVE MODE"))
        yield


async def test_a_tenant_with_too_many_operations_waits_and_the_others_do_not(
    server: Server, owner: AsyncEngine, tenants: Tenants
) -> None:
    busy, calm = await tenants(2)
    async with opened(server.app_dsn, owner, tenant_operations=2) as app:
        shop, other = await app.of(busy), await app.of(calm)
        await asyncio.gather(shop.data(ASK), other.data(ASK))
        async with stuck(owner, busy, "strategy"):
            slow = [asyncio.create_task(shop.data(ASK)) for _ in range(2)]
            crowd = [asyncio.create_task(shop.post("{ __typename }", **GRAPHQL_JSON)) for _ in range(3)]
            async with asyncio.timeout(5):
                for _ in range(3):
                    await other.data(ASK)
                for refused in await asyncio.gather(*crowd):
                    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
                    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert len(await asyncio.gather(*slow)) == 2
        assert len(await asyncio.gather(*(shop.data(ASK) for _ in range(20)))) == 20


async def test_what_takes_too_long_is_stopped_and_the_connections_stay_good(
    server: Server, owner: AsyncEngine, tenants: Tenants
) -> None:
    (tenant,) = await tenants()
    async with opened(server.app_dsn, owner, deadline_s=1, tenant_operations=20) as app:
        shop = await app.of(tenant)
        await shop.data(ASK)
        async with stuck(owner, tenant, "strategy"):
            started = monotonic()
            stopped = await asyncio.gather(*(shop.post(ASK, **GRAPHQL_JSON) for _ in range(15)))
            assert monotonic() - started < 4
            for answer in stopped:
                assert answer.status_code == 504
                assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
            assert await left(owner) == 0
        assert len(await asyncio.gather(*(shop.data(ASK) for _ in range(30)))) == 30


async def test_a_write_that_takes_too_long_leaves_nothing(server: Server, owner: AsyncEngine, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    async with opened(server.app_dsn, owner, deadline_s=1) as app:
        shop = await app.of(tenant)
        async with stuck(owner, tenant, "event_counter"):  # the last statement before the commit waits for it
            stopped = await asyncio.gather(*(shop.ask(DEFINE) for _ in range(8)))
            assert {answer["errors"][0]["extensions"]["code"] for answer in stopped} == {"TIMEOUT"}
            assert await left(owner) == 0
        assert await shop.data(DEFINED) == {"attributeDefinitions": []}
        assert (await shop.data(DEFINE))["attributeDefine"]["__typename"] == "AttributeSuccess"
        assert await shop.data(DEFINED) == {"attributeDefinitions": [{"key": "vip"}]}


async def left(owner: AsyncEngine) -> int:
    """Transactions of the application that are still open or wait."""
    async with owner.connect() as connection:
        found: int = (await connection.execute(LEFT)).scalar_one()
        return found


@pytest.mark.parametrize("seconds", [1, 10])
async def test_the_deadline_is_published(server: Server, owner: AsyncEngine, tenant: Tenant, seconds: int) -> None:
    async with opened(server.app_dsn, owner, deadline_s=seconds) as app:
        shop = await app.of(tenant)
        assert await shop.data("{ apiLimits { deadline } }") == {"apiLimits": {"deadline": f"PT{seconds}S"}}
