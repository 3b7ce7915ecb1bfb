"""Keys that a merchant makes by itself: shown once, never more than their maker, ended within a second everywhere."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text

from tests.integration.members.conftest import KEY, REMOVE, Office
from tests.support.http import Api, opened
from tests.support.postgres import Server

READING = ["CUSTOMERS_READ", "PII_READ"]
LISTED = "query($all: Boolean!) { apiKeys(revoked: $all) { prefix label scopes dataScope memberId revokedAt } }"
REVOKE = """mutation($prefix: String!) { apiKeyRevoke(prefix: $prefix) {
    __typename ... on ApiKeySuccess { key { prefix revokedAt } } ... on Problem { code path } } }"""
WHO = "{ viewer { actor scopes dataScope memberId expiresAt tenant { slug name } } }"


async def test_a_key_is_made_with_its_token_shown_once_and_opens_what_it_says(office: Office) -> None:
    made = await office.key(label="till 7", scopes=READING, origins=["https://shop.example"])
    assert made["key"]["scopes"] == READING
    listed = (await office.admin.data(LISTED, {"all": False}))["apiKeys"]
    assert made["key"]["prefix"] in {one["prefix"] for one in listed}
    assert made["token"] not in str(listed)
    caller = await office.caller(scopes=READING)
    who = (await caller.data(WHO))["viewer"]
    assert who["actor"] == f"key:{caller.token.split('_')[1]}"
    assert (who["scopes"], who["dataScope"], who["tenant"]["slug"]) == (READING, "ALL", office.tenant.slug)


async def test_what_is_done_to_keys_is_written_down_with_who_did_it(office: Office) -> None:
    made = await office.key()
    await office.admin.data(REVOKE, {"prefix": made["key"]["prefix"]})
    rows = (
        "SELECT action, actor FROM platform.audit WHERE tenant_id = :id AND details ->> 'prefix' = :prefix ORDER BY id"
    )
    async with office.admin.owner.connect() as connection:
        found = await connection.execute(text(rows), {"id": office.tenant.id, "prefix": made["key"]["prefix"]})
        actor = f"key:{office.admin.token.split('_')[1]}"
        assert [tuple(row) for row in found] == [("key.created", actor), ("key.revoked", actor)]


async def test_a_revoked_key_is_refused_within_a_second_by_every_process(office: Office, server: Server) -> None:
    caller = await office.caller()
    async with opened(server.app_dsn, office.admin.owner) as other:
        elsewhere = replace(other, token=caller.token)
        for each in (caller, elsewhere):
            assert (await each.post(WHO)).status_code == 200
        prefix = caller.token.split("_")[1]
        done = await office.admin.data(REVOKE, {"prefix": prefix})
        revoked, since = done["apiKeyRevoke"]["key"]["revokedAt"], monotonic()
        assert (await caller.post(WHO)).status_code == 401, "the process that revoked it knows at once"
        while (await elsewhere.post(WHO)).status_code != 401:
            assert monotonic() - since < 1
    again = await office.admin.data(REVOKE, {"prefix": prefix})
    assert again["apiKeyRevoke"]["key"]["revokedAt"] == revoked
    assert (await office.admin.data(REVOKE, {"prefix": "nobody"}))["apiKeyRevoke"]["__typename"] == "NotFound"
    alive, every = [(await office.admin.data(LISTED, {"all": all_}))["apiKeys"] for all_ in (False, True)]
    assert prefix not in {one["prefix"] for one in alive}
    assert prefix in {one["prefix"] for one in every}


SOON = "2099-01-01T00:00:00Z"
LATER = "2099-01-01T00:00:01Z"


@pytest.mark.parametrize(
    ("maker", "asked", "place"),
    [
        ({}, {"scopes": ["PII_READ"]}, "scopes"),
        ({"expiresAt": SOON}, {}, "expiresAt"),
        ({"expiresAt": SOON}, {"expiresAt": LATER}, "expiresAt"),
        ({"memberId": "anna"}, {}, "memberId"),
        ({"memberId": "anna"}, {"memberId": "bo"}, "memberId"),
        ({"memberId": "anna", "dataScope": "OWN"}, {"memberId": "anna"}, "dataScope"),
        ({"memberId": "anna", "dataScope": "OWN"}, {"memberId": "anna", "dataScope": "STORE"}, "dataScope"),
    ],
)
async def test_a_key_grants_no_more_than_its_maker_has(
    office: Office, maker: dict[str, Any], asked: dict[str, Any], place: str
) -> None:
    def named(given: dict[str, Any]) -> dict[str, Any]:
        return given | ({"memberId": office.members[given["memberId"]]} if "memberId" in given else {})

    by = await office.caller(scopes=["ADMIN", "CUSTOMERS_READ"], **named(maker))
    refused = await office.key(by, **named(asked))
    assert [(one["path"], one["code"]) for one in refused["fields"]] == [(["input", place], "FORBIDDEN")]
    assert all(one["zh"] and one["message"] for one in refused["fields"])
    assert (await office.key(by, **named(maker)))["__typename"] == "ApiKeyCreated"


async def test_a_key_with_a_data_scope_sees_and_ends_those_of_its_member_that_reach_no_further(office: Office) -> None:
    def of(code: str | None, scope: str = "ALL") -> dict[str, Any]:
        return {"memberId": office.members[code] if code else None, "dataScope": scope}

    wider = {
        await made_by(office, given) for given in (of(None), of("anna"), of("anna", "DEPARTMENT"), of("bo", "OWN"))
    }
    by = await office.caller(scopes=["ADMIN", "CUSTOMERS_READ"], **of("anna", "OWN"))
    own = {by.token.split("_")[1], await made_by(office, of("anna", "OWN"))}
    for revoked in (False, True):
        shown = {one["prefix"] for one in (await by.data(LISTED, {"all": revoked}))["apiKeys"]}
        assert shown == own
    for prefix in (*wider, office.admin.token.split("_")[1]):
        answer = (await by.data(REVOKE, {"prefix": prefix}))["apiKeyRevoke"]
        assert answer == {"__typename": "NotFound", "code": "NOT_FOUND", "path": ["prefix"]}
    alive = {one["prefix"] for one in (await office.admin.data(LISTED, {"all": False}))["apiKeys"]}
    assert alive >= wider | own
    for prefix in sorted(own, key=lambda one: one in by.token):
        assert (await by.data(REVOKE, {"prefix": prefix}))["apiKeyRevoke"]["key"]["revokedAt"]


async def made_by(office: Office, given: dict[str, Any]) -> str:
    """The prefix of a new key."""
    return str((await office.key(**given))["key"]["prefix"])


async def test_a_key_for_a_page_makes_keys_for_that_page_only(office: Office) -> None:
    by = await office.caller(scopes=["ADMIN", "CUSTOMERS_READ"], origins=["https://a.example", "https://b.example"])
    for origins, typename in (
        ([], "Invalid"),
        (["https://c.example"], "Invalid"),
        (["https://a.example"], "ApiKeyCreated"),
    ):
        given = {"label": "x", "scopes": ["CUSTOMERS_READ"], "origins": origins}
        made = await by.data(KEY, {"input": given}, Origin="https://a.example")
        assert made["apiKeyCreate"]["__typename"] == typename


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"label": " "}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"scopes": []}, "scopes"),
        ({"origins": ["shop.example"]}, "origins"),
        ({"origins": ["*"]}, "origins"),
        ({"expiresAt": "2001-01-01T00:00:00Z"}, "expiresAt"),
        ({"dataScope": "OWN"}, "memberId"),
        ({"memberId": "mem_" + "0" * 32}, "memberId"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused_at_its_place(
    office: Office, given: dict[str, Any], place: str
) -> None:
    refused = await office.key(**given)
    assert [one["path"] for one in refused["fields"]] == [["input", place]]


async def test_the_words_read_and_write_do_not_administer(office: Office, api: Api) -> None:
    for words in (("read", "write"), ("admi",), ("read",)):
        answer = await (await api.of(office.tenant, words)).ask("{ apiKeys { prefix } }")
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await (await api.of(office.tenant, ("admin",))).data("{ apiKeys { prefix } }")


async def test_a_repeat_under_one_idempotency_key_makes_one_key_and_does_not_show_the_token_again(
    office: Office,
) -> None:
    given = {"input": {"label": "once", "scopes": ["CUSTOMERS_READ"]}}
    first, second = [await office.admin.data(KEY, given, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert first["apiKeyCreate"]["token"]
    assert second["apiKeyCreate"]["token"] is None
    assert first["apiKeyCreate"]["key"] == second["apiKeyCreate"]["key"]
    other = await office.admin.ask(KEY, {"input": given["input"] | {"label": "two"}}, **{"Idempotency-Key": "k1"})
    assert other["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    both = await asyncio.gather(
        *(office.admin.ask(KEY, given, **{"Idempotency-Key": "k2"}) for _ in range(4)), return_exceptions=True
    )
    prefixes = {one["data"]["apiKeyCreate"]["key"]["prefix"] for one in both}
    assert len(prefixes) == 1


async def test_the_key_of_a_member_who_left_opens_nothing_from_that_moment(office: Office) -> None:
    boss = await office.caller(memberId=office.members["anna"], scopes=["ADMIN", "CUSTOMERS_READ", "CUSTOMERS_WRITE"])
    part = await office.caller(memberId=office.members["anna"], dataScope="OWN", scopes=["CUSTOMERS_READ"])
    asked = "{ customers { totalCount } }"
    for caller in (boss, part):
        assert await caller.data(asked)
    await office.admin.data(REMOVE, {"id": office.members["anna"]})
    writes = 'mutation { customerUpsert(input: { city: "Ulm" }) { __typename } }'
    settings = 'mutation { tenantSettingsSave(input: { name: "x" }) { __typename } }'
    for caller, document in ((boss, asked), (part, asked), (boss, WHO), (boss, writes), (boss, settings)):
        answer = await caller.ask(document)
        assert [one["extensions"]["code"] for one in answer["errors"]] == ["UNAUTHENTICATED"], document
    response = await boss.post(asked, Accept="application/graphql-response+json")
    assert response.status_code == 401


async def test_a_key_ends_when_it_says(office: Office) -> None:
    ends = datetime.now(UTC) + timedelta(milliseconds=300)
    caller = await office.caller(expiresAt=ends.isoformat())
    assert (await caller.data(WHO))["viewer"]["expiresAt"]
    while (await caller.post(WHO)).status_code == 200:
        assert datetime.now(UTC) < ends + timedelta(milliseconds=100)
    assert datetime.now(UTC) >= ends
