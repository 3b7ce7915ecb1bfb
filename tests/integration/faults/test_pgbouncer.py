"""Behind PgBouncer in transaction mode: more clients than connections, no tenant sees another, a restart passes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.prepared import examine
from migrations.compiled import tenant_revisions
from tenancy.tenant import Tenant
from tests.support.bouncer import CONNECTIONS, Bouncer, a_bouncer, needs_pgbouncer
from tests.support.http import Api, opened
from tests.support.postgres import Server
from tests.support.tenants import Tenants

pytestmark = needs_pgbouncer
SAVE = """mutation($name: String!) { customerUpsert(input: {displayName: $name}) {
    ... on CustomerSuccess { customer { displayName } } ... on Problem { code } } }"""
ASK = """query($where: RuleInput) { customers(where: $where) { totalCount nodes { displayName tags } }
    segments { nodes { key } } feedbackMetrics(kind: NPS) { n } }"""
CLIENTS, TURNS = 12, 8


@pytest.fixture(scope="module")
def bouncer(server: Server) -> Iterator[Bouncer]:
    with a_bouncer(server) as made:
        yield made


@pytest.fixture
async def shops(bouncer: Bouncer, owner: AsyncEngine, tenants: Tenants) -> AsyncIterator[list[tuple[Tenant, Api]]]:
    """Merchants, asked through PgBouncer."""
    async with opened(bouncer.dsn, owner, pgbouncer=True) as api:
        yield [(tenant, await api.of(tenant)) for tenant in await tenants(3)]


async def test_what_must_hold_before_the_start_is_asked_through_it(bouncer: Bouncer) -> None:
    late = await examine(bouncer.dsn, tenant_revisions(), require_hardening=True, pgbouncer=True)
    assert late == []


async def test_tenants_share_its_connections_and_nothing_else(shops: list[tuple[Tenant, Api]]) -> None:
    async def client(number: int) -> None:
        tenant, shop = shops[number % len(shops)]
        for turn in range(TURNS):
            name = f"{tenant.slug} {number} {turn}"
            saved = await shop.data(SAVE, {"name": name})
            assert saved["customerUpsert"]["customer"]["displayName"] == name
            where = {"attribute": {"key": "displayName", "test": {"text": {"contains": f" {number} "}}}}
            found = (await shop.data(ASK, {"where": where}))["customers"]
            assert found["totalCount"] == turn + 1
            assert all(one["displayName"].startswith(tenant.slug) for one in found["nodes"])

    assert len(shops) * 2 > CONNECTIONS
    async with asyncio.TaskGroup() as clients:
        for number in range(CLIENTS):
            clients.create_task(client(number))


async def test_settings_that_are_not_said_at_the_start_hold_all_the_same(
    bouncer: Bouncer, shops: list[tuple[Tenant, Api]]
) -> None:
    _, shop = shops[0]
    app: Any = shop.client._transport
    scope = app.app.state.running.engines
    async with scope.node().reads.acquire() as connection:
        assert await connection.fetchval("SHOW jit") == "off"
        assert await connection.fetchval("SHOW search_path") == "regulars_nowhere"
        assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "1min"
    async with app.app.state.running.control.begin() as connection:
        assert (await connection.exec_driver_sql("SHOW statement_timeout")).scalar() == "5s"


async def test_after_a_restart_of_it_all_goes_on(bouncer: Bouncer, shops: list[tuple[Tenant, Api]]) -> None:
    _, shop = shops[0]
    key = {"Idempotency-Key": "across a restart"}
    await shop.data(SAVE, {"name": "before"})
    bouncer.end()
    for document in (ASK, SAVE):
        refused = await shop.post(document, {"name": "while"}, **key)
        assert {error["extensions"]["code"] for error in refused.json()["errors"]} == {"SERVICE_UNAVAILABLE"}
        assert refused.headers["retry-after"] == "1"
    bouncer.begin()
    for _ in range(2):
        await shop.data(SAVE, {"name": "while"}, **key)
    assert (await shop.data(ASK))["customers"]["totalCount"] == 2
