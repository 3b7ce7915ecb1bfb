"""One line for each operation: whose, what kind, how long, with what outcome; nothing of what was asked or answered."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.settings import Settings
from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.logged import logged
from tests.support.postgres import Server
from tests.support.tenants import Tenants

CANARY = "Kanarienvogel"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
UPSERT = """mutation Save($input: CustomerInput!) {
    customerUpsert(input: $input) { __typename ... on CustomerSuccess { customer { id displayName } }
        ... on Problem { code message } ... on Invalid { fields { message } } } }"""
FIND = "query Find($where: RuleInput) { customers(where: $where) { totalCount nodes { displayName email } } }"


def named(test: dict[str, Any]) -> dict[str, Any]:
    return {"where": {"attribute": {"key": "displayName", "test": {"text": test}}}}


@pytest.fixture(scope="module")
async def asked(api: Api, tenants: Tenants) -> tuple[Tenant, Api]:
    """A merchant of its own."""
    (tenant,) = await tenants()
    return tenant, await api.of(tenant)


async def test_a_query_and_a_mutation_leave_a_line_each(asked: tuple[Tenant, Api]) -> None:
    tenant, shop = asked
    with logged() as log:
        await shop.data(UPSERT, {"input": {"displayName": CANARY}}, traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
        found = await shop.data(FIND, named({"eq": CANARY}))
    assert found["customers"]["totalCount"] == 1
    saved, asked_ = log.of("operation")
    assert (saved["kind"], saved["name"], saved["tenant"], saved["trace"]) == ("mutation", "Save", tenant.slug, TRACE)
    assert (asked_["kind"], asked_["name"], asked_["status"], asked_["codes"]) == ("query", "Find", 200, [])
    assert asked_["cost"] > 0
    assert asked_["statements"] >= 1
    assert asked_["actor"] == saved["actor"] == f"key:{shop.token.split('_')[1]}"
    assert 0 < asked_["ms"] < 60_000
    assert asked_["trace"] != TRACE
    assert CANARY not in log.text


async def test_refused_requests_are_logged_with_their_code(asked: tuple[Tenant, Api]) -> None:
    _, shop = asked
    with logged() as log:
        await shop.post("{ nothing }")
        await shop.client.post("/graphql", json={"query": CANARY}, headers={"Authorization": f"Bearer {CANARY}"})
        await shop.client.post("/graphql", content=CANARY, headers={"Content-Type": CANARY})
    codes = [line["codes"] for line in log.of("operation")]
    assert codes == [["GRAPHQL_VALIDATION_FAILED"], ["UNAUTHENTICATED"], ["UNAUTHENTICATED"]]
    assert CANARY not in log.text


ANYWHERE = {
    "an argument": ("query { customer(by: {email: \"%s@example.com\"}) { id } }", None),
    "a name in the document": ("query { %s }", None),
    "a syntax error": ("query { customers(where: \"%s\") ", None),
    "a comment": ("# %s\n{ segments { totalCount } }", None),
    "an alias": ("{ %s: segments { totalCount } }", None),
    "a variable of a wrong type": (FIND, {"where": "%s"}),
    "a rule": (FIND, named({"contains": "%s"})),
    "a wrong rule": (FIND, {"where": {"attribute": {"key": "%s", "test": {"text": {"eq": "x"}}}}}),
    "a cursor": ("{ customers(after: \"%s\") { totalCount } }", None),
    "an id": ("{ node(id: \"%s\") { id } }", None),
    "an operation that is not there": ("query A { segments { totalCount } }", None),
    "a refused write": (UPSERT, {"input": {"displayName": "%s", "email": "%s"}}),
    "a write": (UPSERT, {"input": {"displayName": "%s", "email": "%s@example.com", "attributes": []}}),
}  # fmt: skip


@pytest.mark.parametrize("place", ANYWHERE)
async def test_what_was_asked_is_nowhere_in_the_log(asked: tuple[Tenant, Api], place: str) -> None:
    _, shop = asked
    document, variables = ANYWHERE[place]
    with logged() as log:
        answer = await shop.client.post(
            "/graphql",
            json={
                "query": document.replace("%s", CANARY),
                "variables": planted(variables),
                "operationName": CANARY if "not there" in place else None,
            },
            headers={"Authorization": f"Bearer {shop.token}", "Idempotency-Key": CANARY, "User-Agent": CANARY},
        )
    assert answer.status_code < 500
    assert log.of("operation")
    assert CANARY not in log.text


def planted(given: Any) -> Any:
    if isinstance(given, dict):
        return {key: planted(value) for key, value in given.items()}
    return given.replace("%s", CANARY) if isinstance(given, str) else given


async def test_what_the_database_says_of_a_row_is_neither_logged_nor_answered(
    asked: tuple[Tenant, Api], owner: AsyncEngine
) -> None:
    tenant, shop = asked
    table = f"{tenant.schema}.customer"
    async with owner.begin() as connection:
        await connection.execute(
            text(f"ALTER TABLE {table} ADD CONSTRAINT ck_customer_no_bird CHECK (display_name <> '{CANARY} zwei')")
        )
    try:
        with logged() as log:
            answer = await shop.ask(UPSERT, {"input": {"displayName": f"{CANARY} zwei"}})
    finally:
        async with owner.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ck_customer_no_bird"))
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert CANARY not in str(answer)
    assert CANARY not in log.text
    (operation,) = log.of("operation")
    assert operation["codes"] == ["INTERNAL"]
    (told,) = [line for line in log.lines if "exception" in line]
    assert error["extensions"]["trace"] == operation["trace"] == told["trace"]
    assert "sqlstate=23514" in told["exception"]
    assert "constraint_name=ck_customer_no_bird" in told["exception"]


async def test_a_share_of_the_successes_is_logged_and_every_failure(
    server: Server, owner: AsyncEngine, asked: tuple[Tenant, Api]
) -> None:
    tenant, _ = asked
    async with opened(server.app_dsn, owner, log_share=0.0) as api:
        shop = await api.of(tenant)
        with logged() as log:
            await shop.data("{ segments { totalCount } }")
            await shop.post("{ nothing }")
    assert [line["codes"] for line in log.of("operation")] == [["GRAPHQL_VALIDATION_FAILED"]]


async def test_what_is_counted_is_what_was_asked(server: Server, owner: AsyncEngine, asked: tuple[Tenant, Api]) -> None:
    app = create_app(Settings(database_url=server.app_dsn))
    tenant, _ = asked
    async with opened(server.app_dsn, owner, app=app) as api:
        shop = await api.of(tenant)
        await shop.data("{ segments { totalCount } }")
        await shop.data("{ segments { totalCount } }")
        await shop.data(UPSERT, {"input": {"displayName": CANARY}})
        await shop.post("{ nothing }")
        await shop.client.post("/graphql", json={"query": "{ __typename }"})
        assert (await shop.client.get("/metrics")).status_code == 404  # a listener of its own tells
    labels = ("kind", "outcome", "pool", "state")
    seen = {
        (*(sample.labels.get(name, "") for name in labels), sample.name): sample.value
        for metric in app.state.metrics.registry.collect()
        for sample in metric.samples
    }
    count = "regulars_operation_seconds_count"
    assert seen["query", "OK", "", "", count] == 2
    assert seen["mutation", "OK", "", "", count] == 1
    assert seen["none", "GRAPHQL_VALIDATION_FAILED", "", "", count] == 1
    assert seen["none", "UNAUTHENTICATED", "", "", count] == 1
    assert seen["", "", "", "", "regulars_statements_total"] >= 3
    assert seen["", "", "", "", "regulars_events_written_total"] == 1
    assert seen["", "", "", "", "regulars_plans_made_total"] >= 2
    pool = "regulars_pool_connections"
    assert seen["", "", "reads", "lent", pool] + seen["", "", "reads", "free", pool] >= 1
    assert seen["", "", "writes", "lent", pool] == 0
    assert tenant.slug not in str(seen)
