"""One GraphQL request over HTTP: credentials, methods, media types, and what a tenant may not be asked."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from api.allowances import USUAL
from api.auth import Callers
from api.errors import RequestRefused
from api.purses import Purses
from tenancy.engine import create_engine
from tenancy.keys import create_key, list_keys, revoke_key
from tenancy.platform import Status
from tenancy.registry import move_tenant
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.postgres import Server
from tests.support.tenants import Tenants

ASK = "{ strategies { totalCount } }"
GRAPHQL_JSON = "application/graphql-response+json"


async def test_a_key_opens_its_tenant(shop: Api) -> None:
    answer = await shop.post(ASK)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"strategies": {"totalCount": 0}}


@pytest.mark.parametrize("token", ["", "rk_", "rk_aaaaaaaaaaaa_" + "a" * 43, "x" * 5000])
async def test_without_a_valid_key_nothing_is_answered(api: Api, token: str) -> None:
    answer = await api.client.post("/graphql", json={"query": ASK}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_revoked_key_is_refused_within_a_second(api: Api, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    shop = await api.of(tenant)
    assert (await shop.post(ASK)).status_code == 200
    async with api.owner.begin() as connection:
        (key,) = await list_keys(connection, tenant)
        await revoke_key(connection, tenant, key.prefix, datetime.now(UTC))
    async with asyncio.timeout(1):
        while (await shop.post(ASK)).status_code == 200:
            pass  # each request is a turn of the loop


async def test_an_expired_key_is_refused_though_it_is_remembered(api: Api, tenant: Tenant) -> None:
    now = datetime.now(UTC)
    async with api.owner.begin() as connection:
        _, token = await create_key(connection, tenant, now, expires_at=now + timedelta(milliseconds=300))
    headers = {"Authorization": f"Bearer {token}"}
    assert (await api.client.post("/graphql", json={"query": ASK}, headers=headers)).status_code == 200
    async with asyncio.timeout(1):
        while (await api.client.post("/graphql", json={"query": ASK}, headers=headers)).status_code == 200:
            pass  # each request is a turn of the loop


async def test_a_suspended_tenant_is_closed_and_a_read_only_one_only_read(api: Api, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    shop = await api.of(tenant)
    define = 'mutation { attributeDefine(input: {key: "vip", label: {en: "VIP"}, type: BOOLEAN}) { __typename } }'
    for status, reads, writes in (
        (Status.READ_ONLY, 200, "TENANT_SUSPENDED"),
        (Status.SUSPENDED, 403, "TENANT_SUSPENDED"),
        (Status.ACTIVE, 200, None),
    ):
        async with api.owner.begin() as connection:
            await move_tenant(connection, tenant.slug, status, datetime.now(UTC))
        async with asyncio.timeout(2):
            while (await shop.post(ASK)).status_code != reads:
                pass  # each request is a turn of the loop
            while _code(await shop.ask(define)) != writes:
                pass  # each request is a turn of the loop


async def test_a_header_that_names_another_tenant_is_refused(shop: Api, tenant: Tenant) -> None:
    assert (await shop.post(ASK, **{"Regulars-Tenant": tenant.slug})).status_code == 200
    other = await shop.post(ASK, **{"Regulars-Tenant": "somebody-else"})
    assert (other.status_code, _code(other.json())) == (403, "TENANT_MISMATCH")


async def test_get_reads_and_does_not_write(shop: Api) -> None:
    headers = {"Authorization": f"Bearer {shop.token}"}
    read = await shop.client.get("/graphql", params={"query": ASK}, headers=headers)
    assert read.json()["data"] == {"strategies": {"totalCount": 0}}
    change = 'mutation { attributeDefine(input: {key: "a", label: {en: "A"}, type: TEXT}) { __typename } }'
    refused = await shop.client.get("/graphql", params={"query": change}, headers=headers)
    assert _code(refused.json()) == "BAD_USER_INPUT"
    assert await shop.data("{ attributeDefinitions { key } }") == {"attributeDefinitions": []}


@pytest.mark.parametrize(
    ("accept", "status", "media"),
    [
        (GRAPHQL_JSON, 400, GRAPHQL_JSON),
        ("application/json", 200, "application/json"),
        (f"application/json;q=0.5, {GRAPHQL_JSON}", 400, GRAPHQL_JSON),
        ("text/html", 406, "application/json"),
    ],
)
async def test_the_status_of_a_bad_document_follows_the_media_type(
    shop: Api, accept: str, status: int, media: str
) -> None:
    answer = await shop.post("{ nothingOfThatName }", Accept=accept)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(media)
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": []}', "application/json", 400),
        (b'{"query": "\xff"}', "application/json", 400),
        (b"query=1", "application/x-www-form-urlencoded", 415),
        (b'{"query": "{ __typename }"}', "application/json; charset=latin-1", 415),
        (b'{"query": "' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)
async def test_what_is_not_a_graphql_request_is_refused(shop: Api, content: bytes, kind: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {shop.token}", "Content-Type": kind, "Accept-Language": "zh-CN"}
    answer = await shop.client.post("/graphql", content=content, headers=headers)
    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert any("\u4e00" <= c <= "\u9fff" for c in error["message"])


async def test_the_application_says_how_it_is(api: Api) -> None:
    assert (await api.client.get("/livez")).json() == {"status": "alive"}
    assert (await api.client.get("/readyz")).json() == {"status": "ready", "isolation": "full"}
    assert "type Query" in (await api.client.get("/schema.graphql")).text
    assert "Regulars" in (await api.client.get("/")).text


def _code(answer: dict[str, object]) -> object:
    errors = answer.get("errors")
    return errors[0]["extensions"]["code"] if errors else None  # type: ignore[index]


async def test_a_tenant_whose_schema_is_too_old_is_not_served(server: Server, api: Api, tenant: Tenant) -> None:
    engine = create_engine(server.app_dsn)
    shop = await api.of(tenant)
    request = Request({"type": "http", "headers": [(b"authorization", f"Bearer {shop.token}".encode())]})
    purses = Purses(engine, USUAL)
    assert (await Callers(engine, purses).authenticate(request)).tenant == tenant
    with pytest.raises(RequestRefused) as refused:
        await Callers(engine, purses, outdated=[tenant.revision]).authenticate(request)
    assert (refused.value.status, refused.value.code) == (503, "SERVICE_UNAVAILABLE")
    await engine.dispose()
