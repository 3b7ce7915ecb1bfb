"""Trusted documents: asked by their hash alone, and for some keys nothing else."""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.manifest import read_manifest
from tenancy.documents import forget, upload
from tenancy.keys import create_key
from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.postgres import Server
from tests.support.tenants import Tenants

COUNT = "query Count { strategies { totalCount } }"
NAMED = "query Names($n: Int = 5) { strategies(first: $n) { nodes { name } } }"
DEFINE = 'mutation Define { attributeDefine(input: {key: "vip", label: {en: "VIP"}, type: BOOLEAN}) { __typename } }'
UNTRUSTED = "query Other { strategies { totalCount nodes { id } } }"
ALL = [COUNT, NAMED, DEFINE]
GRAPHQL_JSON = {"Accept": "application/graphql-response+json"}


def sha256(text: str) -> str:
    """As clients' tools write it."""
    return hashlib.sha256(text.encode()).hexdigest()


def by_appendix(text: str) -> dict[str, Any]:
    """As the appendix of GraphQL over HTTP says."""
    return {"documentId": f"sha256:{sha256(text)}"}


def by_bare_id(text: str) -> dict[str, Any]:
    """As urql and others send it."""
    return {"documentId": sha256(text)}


def by_apollo(text: str) -> dict[str, Any]:
    """As Apollo's clients send it."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}}


FORMS = [by_appendix, by_bare_id, by_apollo]


async def trust(owner: AsyncEngine, tenant: Tenant, texts: Iterable[str], app: str = "web") -> None:
    """Upload a manifest of the texts."""
    manifest = read_manifest(json.dumps({sha256(text): text for text in texts}).encode())
    async with owner.begin() as connection:
        await upload(connection, tenant, app, manifest, datetime.now(UTC), replace=False)


async def key(api: Api, tenant: Tenant, **more: Any) -> Api:
    """The application, asked with a new key."""
    async with api.owner.begin() as connection:
        _, token = await create_key(connection, tenant, datetime.now(UTC), **more)
    return replace(api, token=token)


async def send(shop: Api, body: dict[str, Any], **headers: str) -> httpx.Response:
    """A POST of any body."""
    return await shop.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {shop.token}", **headers})


async def get(shop: Api, body: dict[str, Any], **headers: str) -> httpx.Response:
    """A GET of the same."""
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    sent = {"Authorization": f"Bearer {shop.token}", **headers}
    return await shop.client.get("/graphql", params=given, headers=sent)


def code(answer: httpx.Response) -> str | None:
    """The only error's."""
    errors = answer.json().get("errors", [])
    assert len(errors) <= 1
    return errors[0]["extensions"]["code"] if errors else None


@pytest.fixture(scope="module")
async def trusting(api: Api, tenants: Tenants) -> Tenant:
    """A tenant with an app."""
    tenant: Tenant = (await tenants())[0]
    await trust(api.owner, tenant, ALL)
    return tenant


@pytest.mark.parametrize("only_trusted", [False, True])
@pytest.mark.parametrize("form", FORMS)
async def test_a_trusted_document_is_asked_by_its_hash(
    api: Api, trusting: Tenant, form: Any, only_trusted: bool
) -> None:
    shop = await key(api, trusting, only_trusted=only_trusted)
    for ask in (send, get):
        assert (await ask(shop, form(COUNT))).json()["data"] == {"strategies": {"totalCount": 0}}
        answer = await ask(shop, form(NAMED) | {"variables": {"n": 3}, "operationName": "Names"})
        assert answer.json()["data"] == {"strategies": {"nodes": []}}
        assert code(await ask(shop, form(NAMED) | {"variables": {"n": 251}})) == "BAD_USER_INPUT"
    assert (await send(shop, form(DEFINE))).json()["data"]["attributeDefine"]["__typename"] in (
        "AttributeSuccess",
        "Invalid",
    )
    assert (await get(shop, form(DEFINE))).status_code == 405


@pytest.mark.parametrize("form", FORMS)
async def test_a_hash_that_nobody_is_trusted_with_is_not_found_nor_learnt(
    api: Api, trusting: Tenant, form: Any
) -> None:
    shop = await key(api, trusting)
    for _ in range(2):
        answer = await send(shop, form(UNTRUSTED), **GRAPHQL_JSON, **{"Accept-Language": "zh-CN"})
        assert (answer.status_code, code(answer)) == (404, "PERSISTED_QUERY_NOT_FOUND")
        assert "受信文档" in answer.json()["errors"][0]["message"]
        assert "data" not in answer.json()
        assert (await send(shop, form(UNTRUSTED))).status_code == 200
        # Registration as Apollo's clients try it: the text is answered, and the hash is none the wiser.
        apollo = {"query": UNTRUSTED, **by_apollo(UNTRUSTED)}
        assert code(await send(shop, apollo)) is None


@pytest.mark.parametrize(
    "given",
    [
        {"documentId": "sha256:" + "g" * 64},
        {"documentId": "sha256:" + sha256(COUNT).upper()},
        {"documentId": "md5:" + "0" * 32},
        {"documentId": "x"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x" * 5000}}},
    ],
)
async def test_an_id_of_another_form_is_not_found(api: Api, trusting: Tenant, given: dict[str, Any]) -> None:
    assert code(await send(await key(api, trusting), given)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"documentId": 5},
        {"documentId": ""},
        {"documentId": sha256(COUNT), "query": COUNT},
        {"extensions": {"persistedQuery": "x"}},
        {"extensions": {"persistedQuery": {"sha256Hash": 5}}},
    ],
)
async def test_what_names_no_document_is_no_request(api: Api, trusting: Tenant, given: dict[str, Any]) -> None:
    answer = await send(await key(api, trusting), given)
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


async def test_a_key_for_trusted_documents_asks_nothing_else(api: Api, trusting: Tenant) -> None:
    shop = await key(api, trusting, only_trusted=True)
    for text in (UNTRUSTED, COUNT + " ", "{ __schema { types { name } } }", "{", DEFINE.replace("vip", "vip2")):
        refused = await send(shop, {"query": text}, **GRAPHQL_JSON)
        assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
    assert code(await send(shop, {"query": COUNT})) is None  # it is what was uploaded
    for text in ALL:
        assert code(await get(shop, {"query": text})) == "FORBIDDEN"
    free = await key(api, trusting)
    assert await free.data("{ attributeDefinitions { key } }") in (
        {"attributeDefinitions": []},
        {"attributeDefinitions": [{"key": "vip"}]},
    )


async def test_another_tenants_documents_are_not_found(api: Api, trusting: Tenant, tenants: Tenants) -> None:
    (other,) = await tenants()
    shop = await key(api, other)
    assert code(await send(shop, by_appendix(COUNT))) == "PERSISTED_QUERY_NOT_FOUND"
    await trust(api.owner, other, [COUNT])
    async with asyncio.timeout(1):
        while code(await send(shop, by_appendix(COUNT))):
            pass  # each request is a turn of the loop


async def test_what_is_forgotten_is_refused_within_a_second_in_every_process(
    server: Server, owner: AsyncEngine, tenants: Tenants
) -> None:
    (tenant,) = await tenants()
    await trust(owner, tenant, ALL)
    await trust(owner, tenant, [NAMED], app="till")
    async with AsyncExitStack() as stack:
        apps = [await stack.enter_async_context(opened(server.app_dsn, owner)) for _ in range(2)]
        one = await key(apps[0], tenant, only_trusted=True)
        shops = [replace(app, token=one.token) for app in apps]
        for shop in shops:
            assert code(await send(shop, by_appendix(COUNT))) is None
        async with owner.begin() as connection:
            assert await forget(connection, tenant, "web", datetime.now(UTC)) == len(ALL)
        async with asyncio.timeout(1):
            for shop in shops:
                while code(await send(shop, by_appendix(COUNT))) is None:
                    pass  # each request is a turn of the loop
        for shop in shops:
            assert code(await send(shop, by_appendix(NAMED))) is None, "another app has it still"


async def test_documents_that_are_looked_up_are_paid_for_and_known_ones_are_not(
    server: Server, owner: AsyncEngine, tenants: Tenants
) -> None:
    (tenant,) = await tenants()
    await trust(owner, tenant, [COUNT])
    async with opened(server.app_dsn, owner, key_rate=1, key_burst=40) as app:
        shop = await key(app, tenant)
        spent = [(await send(shop, by_appendix(COUNT))).json()["extensions"]["cost"] for _ in range(2)]
        assert [one["requested"] for one in spent] == [2, 2]
        assert spent[1]["remaining"] in (26, 27)
        for number in range(3):
            last = await send(shop, by_appendix(f"query {{ a{number}: __typename }}"))
        assert code(last) == "RATE_LIMITED"


async def test_a_key_for_trusted_documents_makes_no_key_that_asks_more(api: Api, tenants: Tenants) -> None:
    (tenant,) = await tenants()
    create = """mutation Create($only: Boolean!) {
        apiKeyCreate(input: {label: "till", scopes: [SEGMENTS_READ], onlyTrusted: $only}) {
            ... on ApiKeyCreated { key { onlyTrusted } }
            ... on Invalid { fields { path code } }
        }
    }"""
    await trust(api.owner, tenant, [create])
    shop = await key(api, tenant, scopes=("admin", "read"), only_trusted=True)
    wider = {"path": ["input", "onlyTrusted"], "code": "FORBIDDEN"}
    for only, made in ((True, {"key": {"onlyTrusted": True}}), (False, {"fields": [wider]})):
        answer = await send(shop, by_appendix(create) | {"variables": {"only": only}})
        assert answer.json()["data"] == {"apiKeyCreate": made}
