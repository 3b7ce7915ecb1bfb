"""Pages in browsers: which may ask with which key, and how they learn it."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.keys import create_key, revoke_key
from tenancy.platform import Status
from tenancy.registry import move_tenant
from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.postgres import Server
from tests.support.tenants import Tenants, new_slug

ASK = "{ strategies { totalCount } }"
DEFINE = 'mutation { attributeDefine(input: {key: "vip", label: {en: "VIP"}, type: BOOLEAN}) { __typename } }'


def new_origin() -> str:
    """An origin that no other test uses."""
    return f"https://{new_slug()}.example"


async def with_key(api: Api, tenant: Tenant, *origins: str, **more: Any) -> tuple[Api, str]:
    """(the application, asked with a new key that lists the origins; the key's prefix)."""
    async with api.owner.begin() as connection:
        key, token = await create_key(connection, tenant, datetime.now(UTC), origins=origins, **more)
    return replace(api, token=token), key.prefix


async def preflight(api: Api, origin: str, **more: str) -> httpx.Response:
    """What a browser asks first."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    return await api.client.options("/graphql", headers={"Origin": origin, **asked, **more})


def listed(header: str) -> set[str]:
    """The names in a header."""
    return {name.strip().lower() for name in header.split(",")}


async def until(api: Api, origin: str, status: int) -> None:
    """Returns when a preflight is answered so, within a second."""
    async with asyncio.timeout(1):
        while (await preflight(api, origin)).status_code != status:
            pass  # each request is a turn of the loop


async def test_a_page_whose_origin_a_key_lists_may_ask_and_read(api: Api, tenant: Tenant) -> None:
    origin = new_origin()
    shop, _ = await with_key(api, tenant, origin, "https://other.example")
    await until(api, origin, 204)
    allowed = await preflight(api, origin)
    assert allowed.headers["access-control-allow-origin"] == origin
    assert listed(allowed.headers["access-control-allow-methods"]) == {"get", "post"}
    wanted = {"authorization", "content-type", "idempotency-key", "regulars-tenant", "accept-language"}
    assert listed(allowed.headers["access-control-allow-headers"]) == wanted
    assert "origin" in listed(allowed.headers["vary"])
    assert "access-control-allow-credentials" not in allowed.headers
    assert allowed.content == b""
    answer = await shop.post(ASK, Origin=origin)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
    assert listed(answer.headers["access-control-expose-headers"]) == {"ratelimit", "ratelimit-policy", "retry-after"}
    assert "origin" in listed(answer.headers["vary"])


@pytest.mark.parametrize("body", ["{", '{"query": "{ nothing }"}', '{"query": ""}'])
async def test_a_page_may_read_why_it_was_refused(api: Api, tenant: Tenant, body: str) -> None:
    origin = new_origin()
    shop, _ = await with_key(api, tenant, origin)
    await until(api, origin, 204)
    headers = {"Origin": origin, "Content-Type": "application/json"}
    for token in (shop.token, "rk_none"):
        sent = headers | {"Authorization": f"Bearer {token}"}
        answer = await api.client.post("/graphql", content=body, headers=sent)
        assert "errors" in answer.json()
        assert answer.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("sent", ["https://elsewhere.example", "null", "", None, "HTTPS://ELSEWHERE.EXAMPLE"])
async def test_a_key_is_taken_from_its_own_origins_only(api: Api, tenants: Tenants, sent: str | None) -> None:
    (tenant,) = await tenants()
    origin = new_origin()
    shop, _ = await with_key(api, tenant, origin)
    headers = {} if sent is None else {"Origin": sent}
    refused = await shop.post(DEFINE, **headers, **{"Accept-Language": "zh-CN", "Accept": "application/json"})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "来源" in error["message"]
    assert await shop.data("{ attributeDefinitions { key } }", Origin=origin) == {"attributeDefinitions": []}


async def test_the_origin_of_one_key_does_not_open_another(api: Api, tenants: Tenants) -> None:
    one, other = await tenants(2)
    theirs = new_origin()
    await with_key(api, other, theirs)
    shop, _ = await with_key(api, one, new_origin())
    await until(api, theirs, 204)
    refused = await shop.post(ASK, Origin=theirs)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


async def test_a_key_without_origins_is_for_programs_and_pages_of_this_host(api: Api, tenant: Tenant) -> None:
    shop, _ = await with_key(api, tenant)
    assert (await shop.post(ASK)).status_code == 200
    assert (await shop.post(ASK, Origin="http://regulars.test")).status_code == 200
    refused = await shop.post(ASK, Origin="https://regulars.test.evil.example")
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("origin", ["https://nobody.example", "null", "*", "https://a.example, https://b.example"])
async def test_a_preflight_from_an_origin_that_nobody_lists_is_refused(api: Api, origin: str) -> None:
    refused = await preflight(api, origin, **{"Accept-Language": "zh"})
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "access-control-allow-origin" not in refused.headers
    assert "origin" in listed(refused.headers["vary"])


async def test_a_question_for_the_methods_is_answered(api: Api) -> None:
    answer = await api.client.options("/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, POST, OPTIONS")


@pytest.mark.parametrize("how", ["revoked", "suspended", "expired"])
async def test_an_origin_is_forgotten_with_its_key_within_a_second_in_every_process(
    server: Server, owner: AsyncEngine, tenants: Tenants, how: str
) -> None:
    (tenant,) = await tenants()
    origin, now = new_origin(), datetime.now(UTC)
    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(opened(server.app_dsn, owner)) for _ in range(2)]
        more = {"expires_at": now + timedelta(seconds=1)} if how == "expired" else {}
        shop, prefix = await with_key(apps[0], tenant, origin, **more)
        await asyncio.gather(*(until(app, origin, 204) for app in apps))
        asked = [replace(app, token=shop.token).post(ASK, Origin=origin) for app in apps]
        assert [one.status_code for one in await asyncio.gather(*asked)] == [200, 200]
        async with owner.begin() as connection:
            if how == "revoked":
                await revoke_key(connection, tenant, prefix, datetime.now(UTC))
            elif how == "suspended":
                await move_tenant(connection, tenant.slug, Status.SUSPENDED, datetime.now(UTC))
        await asyncio.gather(*(until(app, origin, 403) for app in apps))
        for app in apps:
            refused = await replace(app, token=shop.token).post(ASK, Origin=origin)
            assert refused.status_code == (403 if how == "suspended" else 401)
