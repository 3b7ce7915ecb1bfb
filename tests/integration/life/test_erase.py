"""customerErase: a canary planted in everything that is a customer's is found nowhere afterwards."""

import logging
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import ARRAY, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from domain.base import Stored
from domain.customers.owned import owned
from domain.models import TABLES
from tests.integration.life.conftest import Life, by, key_of

CANARY = "canary-7c1e"
ERASE = """
mutation($id: ID!, $reason: String!) { done: customerErase(id: $id, reason: $reason) { __typename
  ... on EraseSuccess { receipt { id customerId reason rows { table count } en: consequence(locale: "en")
    zh: consequence(locale: "zh-CN") } }
  ... on Problem { code path } } }
"""
# Three letters of ISO 4217, checked whenever they are written.
CLOSED = {("orders", "currency"), ("order_return", "currency")}


async def erase(shop: Life, id_: str, reason: str = "asked by letter", **headers: str) -> Any:
    """The result of an erasure."""
    return (await shop.client.data(ERASE, {"id": id_, "reason": reason}, **headers))["done"]


def reachable() -> list[Table]:
    """Tables that name a customer, or a row that does."""
    found = {one.table.name: one.table for one in owned()}
    for table in Stored.metadata.sorted_tables:
        if any(key.column.table.name in found for column in table.columns for key in column.foreign_keys):
            found.setdefault(table.name, table)
    return list(found.values())


def planted(table: Table) -> dict[str, str]:
    """Column → SQL of a canary in it, for all that can hold one."""
    unique = {
        c.name for one in table.constraints if isinstance(one, UniqueConstraint) for c in one.columns
    } | {c.name for c in table.primary_key.columns}  # fmt: skip
    found = {}
    for column in table.columns:
        text = f"'{CANARY}' || ctid" if column.name in unique else f"'{CANARY}'"
        if column.foreign_keys or (table.name, column.name) in CLOSED:
            continue
        if isinstance(column.type, Text):
            found[column.name] = text
        elif isinstance(column.type, ARRAY):
            found[column.name] = f"ARRAY['{CANARY}']"
        elif isinstance(column.type, JSONB):
            found[column.name] = f"""'{{"{CANARY}": "{CANARY}"}}'"""
    return found


async def whole_text(shop: Life) -> str:
    """All rows of all tables as one text."""
    return str([await shop.rows(f"SELECT CAST(t AS text) FROM {table.__tablename__} AS t") for table in TABLES])


async def test_a_canary_in_every_text_of_every_table_reached_is_found_nowhere_afterwards(
    shop: Life, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ann = await shop.customer("ann", displayName="Ann", attributes=[], tags=["a"])
    twin = await shop.customer("twin", displayName="Ann", street="Main 1")
    await shop.client.data(
        'mutation($id: ID!) { customerUpsert(by: {id: $id}, input: {city: "Ulm"}) { __typename } }', {"id": ann}
    )
    await shop.record("ann", "anonymous")
    await shop.run("UPDATE feedback SET customer_id = NULL, order_id = (SELECT id FROM orders WHERE external_id ="
                   " 'ann-anonymous') WHERE external_id = 'ann-anonymous'")  # fmt: skip
    await shop.run(
        "INSERT INTO order_revision SELECT gen_random_uuid(), id, 1, 0, 1, 1, '[{}]', now(), now() FROM orders"
    )
    tables = [table for table in reachable() if table.name not in ("erasure", "customer_merge")]
    for table in tables:
        sets = ", ".join(f"{name} = {sql}" for name, sql in planted(table).items())
        if sets:
            await shop.run(f"UPDATE {table.name} SET {sets}")
    texts = await whole_text(shop)
    assert texts.count(CANARY) > 60
    await shop.change("customerMerge", winner=ann, losers=[twin])
    done = await erase(shop, ann)
    assert done["__typename"] == "EraseSuccess", done
    assert CANARY not in await whole_text(shop)
    assert CANARY not in caplog.text
    told = {row["table"]: row["count"] for row in done["receipt"]["rows"]}
    assert told | {"orders": 3, "customer": 2, "feedback": 3} == told
    assert done["receipt"]["en"] != done["receipt"]["zh"]
    left = await shop.rows("SELECT * FROM customer ORDER BY merged_into NULLS FIRST")
    for row in left:
        kept = {name for name, value in row.items() if value is not None and value not in ([], {})}
        assert kept <= {"id", "kind", "version", "registered_at", "created_at", "updated_at", "erased_at",
                        "deleted_at", "merged_into"}  # fmt: skip


async def test_nobody_finds_the_person_any_more_and_the_names_are_free(shop: Life) -> None:
    ann = await shop.customer("ann", displayName="Ann", email="ann@example.com", phone="+4973112345")
    twin = await shop.customer("twin", email="twin@example.com")
    bob = await shop.customer("bob", displayName="Bob")
    await shop.change("customerMerge", winner=ann, losers=[twin])
    await erase(shop, twin)  # by the loser's id
    ask = "query($by: CustomerBy!) { customer(by: $by) { id } }"
    for name in ({"id": ann}, {"id": twin}, by("ann"), by("twin"), {"email": "ann@example.com"},
                 {"email": "twin@example.com"}, {"phone": "+4973112345"}):  # fmt: skip
        assert (await shop.client.data(ask, {"by": name}))["customer"] is None
    for search in ("Ann", "ann@", "12345", "ann", "twin"):
        found = await shop.client.data("query($s: String) { customers(search: $s) { totalCount } }", {"s": search})
        assert found["customers"]["totalCount"] == 0
    whole = """{ customers { nodes { id } } orderMetrics { orders } feedbackMetrics(kind: NPS) { n }
        deletedCustomers { id } }"""
    assert await shop.client.data(whole) == {
        "customers": {"nodes": [{"id": bob}]}, "orderMetrics": {"orders": 1}, "feedbackMetrics": {"n": 1},
        "deletedCustomers": [],
    }  # fmt: skip
    for id_ in (ann, twin):
        for mutation in ("customerRestore", "customerDelete"):
            text = f"mutation($id: ID!) {{ done: {mutation}(id: $id) {{ __typename }} }}"
            assert (await shop.client.data(text, {"id": id_}))["done"] == {"__typename": "NotFound"}
    assert (await shop.change("customerUnmerge", loser=twin))["code"] == "NOT_FOUND"
    again = await shop.customer("ann", email="ann@example.com")
    assert again not in (ann, twin)


async def test_erasing_again_answers_the_same_receipt_and_a_deleted_customer_can_be_erased(shop: Life) -> None:
    ann = await shop.customer("ann")
    await shop.client.data("mutation($id: ID!) { customerDelete(id: $id) { __typename } }", {"id": ann})
    first, second = await erase(shop, ann), await erase(shop, ann, "another reason")
    assert first == second
    assert first["receipt"]["customerId"] == ann
    receipts = await shop.client.data("{ erasures { nodes { id reason } } }")
    assert receipts["erasures"]["nodes"] == [{"id": first["receipt"]["id"], "reason": "asked by letter"}]
    event = await shop.rows("SELECT subject_id, payload FROM event WHERE topic = 'CUSTOMER_ERASED'")
    assert event == [{"subject_id": key_of(ann), "payload": {"receipt": str(key_of(first["receipt"]["id"]))}}]


async def test_what_cannot_be_erased_is_refused(shop: Life) -> None:
    ann = await shop.customer("ann", events_too=False)
    before = await shop.everything()
    assert (await erase(shop, "cus_" + "0" * 32))["code"] == "NOT_FOUND"
    assert (await erase(shop, "ord_" + ann[4:]))["code"] == "NOT_FOUND"
    for reason in ("", "  ", "x" * 501):
        assert await erase(shop, ann, reason) == {"__typename": "Invalid", "code": "VALIDATION", "path": ["reason"]}
    assert await shop.everything() == before


async def test_a_write_that_is_repeated_after_its_customer_was_erased_brings_nobody_back(shop: Life) -> None:
    upsert = """mutation($i: CustomerInput!) { customerUpsert(input: $i) { __typename
        ... on CustomerSuccess { created customer { id } } ... on Problem { code message } } }"""
    said = {"i": {"externalRefs": [by("ann")["externalRef"]], "email": "ann@example.com"}}
    keyed = {"Idempotency-Key": str(uuid4())}
    first = (await shop.client.data(upsert, said, **keyed))["customerUpsert"]
    ids = [by("ann")["externalRef"] | {"value": "x"}]
    order = {"o": [{"externalRef": ids[0], "by": by("ann"), "placedAt": "2024-03-01T09:00:00Z", "status": "PAID",
                    "currency": "EUR", "items": [{"sku": "A", "quantity": "1", "unitPrice": "1"}]}]}  # fmt: skip
    record = "mutation($o: [OrderInput!]!) { ordersRecord(orders: $o) { items { node { id } problem { code } } } }"
    recorded = {"Idempotency-Key": str(uuid4())}
    await shop.client.data(record, order, **recorded)
    erased = {"Idempotency-Key": str(uuid4())}
    receipt = await erase(shop, first["customer"]["id"], **erased)
    before = await shop.everything()
    again = await shop.client.ask(upsert, said, **keyed)
    assert again["data"] is None
    assert again["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (await shop.client.data(record, order, **recorded))["ordersRecord"]["items"] == [
        {"node": None, "problem": None}
    ]
    assert await erase(shop, first["customer"]["id"], **erased) == receipt
    assert await shop.everything() == before
