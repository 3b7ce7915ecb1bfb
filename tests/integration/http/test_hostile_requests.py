"""Requests that are meant to do harm: endless bodies, foreign names, members that only the server sets, free orders."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
)

from api.asked import LARGEST_BODY
from api.schema import core_schema
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.tenants import digests

CHUNK = b'{"query": "' + b" " * 65_525
UPSERT = "mutation($input: CustomerInput!) { customerUpsert(input: $input) { __typename } }"
# What the server alone decides, wherever it is stored.
OURS = {"id", "tenant", "tenantId", "version", "createdAt", "updatedAt", "recordedAt", "deletedAt", "sequence", "actor"}


class Endless:
    """A client that goes on sending; ``sent`` counts what was taken of it."""

    def __init__(self, token: str, most: int, length: bytes | None = None) -> None:
        self.sent, self._most = 0, most
        headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
        headers += [(b"content-length", length)] if length else []
        self.scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
        self.answer: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        assert self.sent < self._most, "the server went on reading"
        self.sent += len(CHUNK)
        return {"type": "http.request", "body": CHUNK, "more_body": True}

    async def send(self, message: dict[str, Any]) -> None:
        self.answer.append(message)


@pytest.mark.parametrize("length", [None, b"30000000", b"10", b"-1", b"garbage"])
async def test_a_body_is_counted_as_it_comes_and_no_more_of_it_is_read(shop: Api, length: bytes | None) -> None:
    client = Endless(shop.token, LARGEST_BODY + 2 * len(CHUNK), length)
    app: Any = shop.client._transport
    await app.app(client.scope, client.receive, client.send)
    assert client.answer[0]["status"] == 413
    assert json.loads(client.answer[1]["body"])["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_nothing_is_read_of_a_body_that_nobody_may_send(shop: Api) -> None:
    client = Endless("rk_aaaaaaaaaaaa_" + "a" * 43, 0)
    app: Any = shop.client._transport
    await app.app(client.scope, client.receive, client.send)
    assert (client.answer[0]["status"], client.sent) == (401, 0)


NAMES = [
    "public", "pg_temp", "pg_catalog", "platform", 'x"; SET ROLE postgres; --', "'", "$1", "..", "a" * 5000, "",
    "shop\u200b", "sh\u043ep", "\uff53hop", "SHOP",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_of_a_tenant_that_is_not_the_keys_is_refused_whatever_it_looks_like(shop: Api, name: str) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"authorization", f"Bearer {shop.token}".encode()),
        (b"regulars-tenant", name.encode()),
    ]
    answer = await shop.client.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "TENANT_MISMATCH"


def inputs() -> Iterator[tuple[str, GraphQLInputObjectType]]:
    """The input types that mutations write from, and those inside them."""
    mutations: Any = core_schema().mutation_type
    waiting = [
        (f"{name}({argument})", get_named_type(one.type))
        for name, field in mutations.fields.items()
        for argument, one in field.args.items()
        if argument != "by"
    ]
    seen = set()
    while waiting:
        place, type_ = waiting.pop()
        if is_input_object_type(type_) and type_.name not in seen:
            seen.add(type_.name)
            yield place, type_
            waiting += [(f"{place}.{name}", get_named_type(one.type)) for name, one in type_.fields.items()]


@pytest.mark.parametrize("name", sorted(OURS))
async def test_what_the_server_decides_cannot_be_sent_along(shop: Api, tenant: Tenant, scope: Scope, name: str) -> None:
    before = await digests(scope, tenant)
    answer = await shop.ask(UPSERT, {"input": {"displayName": "Mallory", name: "x"}})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer.get("data") is None
    assert await digests(scope, tenant) == before


def test_no_input_of_a_mutation_offers_it() -> None:
    # An id that names another row is a reference, as in rules; one of the row itself would let a client choose it.
    whole = [(place, type_) for place, type_ in inputs() if not type_.is_one_of and ".rule" not in place]
    assert len(whole) > 10
    offered = {f"{place}.{name}" for place, type_ in whole for name in type_.fields if name in OURS}
    assert offered == set()


def test_orders_are_chosen_from_a_list() -> None:
    orders = [
        argument
        for type_ in core_schema().type_map.values()
        for field in getattr(type_, "fields", {}).values()
        for name, argument in getattr(field, "args", {}).items()
        if name.lower().startswith(("order", "sort")) and "Input" not in str(argument.type)
    ]
    assert len(orders) > 3
    assert all(is_enum_type(get_named_type(argument.type)) for argument in orders)


@pytest.mark.parametrize("order", ["name; DROP TABLE customer", "NAME DESC", "1", "random()"])
async def test_an_order_of_ones_own_is_refused(shop: Api, order: str) -> None:
    answer = await shop.ask("query($o: CustomerOrder) { customers(orderBy: $o) { totalCount } }", {"o": order})
    assert answer["errors"][0]["extensions"]["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


KEYS = ["a'b", 'a"b', "a->>'b'", "a') OR TRUE --", "$1", "%s", "a\\", "display_name", "attributes"]


@pytest.mark.parametrize("key", KEYS)
async def test_a_key_of_an_attribute_is_a_value_and_never_sql(
    shop: Api, tenant: Tenant, scope: Scope, key: str
) -> None:
    before = await digests(scope, tenant)
    ask = "query($where: RuleInput) { customers(where: $where) { totalCount } }"
    for document, given in (
        (ask, {"where": {"attribute": {"key": key, "test": {"text": {"eq": "x"}}}}}),
        (UPSERT, {"input": {"displayName": "M", "attributes": [{"key": key, "value": "x"}]}}),
    ):
        answer = await shop.ask(document, given)
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        assert codes == ["BAD_USER_INPUT"] or answer["data"]["customerUpsert"]["__typename"] == "Invalid"
    assert await digests(scope, tenant) == before
