"""A shop of two products and some customers with all that can happen to one, and a client of it."""

from dataclasses import dataclass
from typing import Any

import pytest

from api.graph.request import parse_id
from domain.models import TABLES
from tenancy.scope import Scope
from tests.support.http import Api
from tests.support.imports import Shop
from tests.support.tenants import Tenants

DONE = """
fragment Done on CustomerResult { __typename ... on CustomerSuccess { created customer { id } }
  ... on Problem { code path message } }
"""
BEGIN = "mutation($p: [ProductInput!]!) { productsSave(products: $p) { items { problem { code } } } }"
RECORD = """
mutation($o: [OrderInput!]!, $r: [OrderReturnInput!]!, $i: [InteractionInput!]!, $f: [FeedbackInput!]!) {
  ordersRecord(orders: $o) { items { problem { code } } }
  orderReturnsRecord(returns: $r) { items { problem { code } } }
  interactionsRecord(interactions: $i) { items { problem { code } } }
  feedbackRecord(feedback: $f) { items { problem { code } } }
}
"""


def by(name: str) -> dict[str, Any]:
    """A customer by its reference."""
    return {"externalRef": {"system": "shop", "value": name}}


def events(name: str, number: str = "1") -> dict[str, Any]:
    """Variables of ``RECORD``: one of everything."""
    ref = {"externalRef": {"system": "shop", "value": f"{name}-{number}"}, "by": by(name)}
    line = {"sku": "A", "quantity": "2", "unitPrice": "5"}
    order = {"placedAt": "2024-03-01T09:00:00Z", "status": "PAID", "currency": "EUR", "items": [line]}
    back = {"returnedAt": "2024-03-02T09:00:00Z", "currency": "EUR", "items": [line | {"quantity": "1"}]}
    seen = {"type": "VISIT", "occurredAt": "2024-03-03T09:00:00Z", "properties": {"place": "Ulm"}}
    said = {"kind": "NPS", "score": "9", "submittedAt": "2024-03-04T09:00:00Z", "comment": "good"}
    return {"o": [ref | order], "r": [ref | back], "i": [ref | seen], "f": [ref | said]}


@dataclass(frozen=True, slots=True)
class Life(Shop):
    """A tenant, and a client of it."""

    client: Api

    async def customer(self, name: str, *, events_too: bool = True, **said: Any) -> str:
        """The id of a new customer with a reference, and one of everything."""
        text = f"mutation($i: CustomerInput!) {{ customerUpsert(input: $i) {{ ...Done }} }} {DONE}"
        input_ = said | {"externalRefs": [by(name)["externalRef"]]}
        made = (await self.client.data(text, {"i": input_}))["customerUpsert"]["customer"]["id"]
        if events_too:
            await self.record(name)
        return str(made)

    async def record(self, name: str, number: str = "1") -> Any:
        """One of everything for a customer by its reference; the codes of what was refused."""
        done = await self.client.data(RECORD, events(name, number))
        return [item["problem"] and item["problem"]["code"] for one in done.values() for item in one["items"]]

    async def change(self, mutation: str, **given: Any) -> Any:
        """The result of a mutation of a customer."""
        types = {"losers": "[ID!]!", "reason": "String!", "ifVersion": "Int"}
        heads = ", ".join(f"${name}: {types.get(name, 'ID!')}" for name in given)
        passed = ", ".join(f"{name}: ${name}" for name in given)
        text = f"mutation({heads}) {{ done: {mutation}({passed}) {{ ...Done }} }} {DONE}"
        return (await self.client.data(text, given))["done"]

    async def dump(self, *left_out: str) -> dict[str, list[str]]:
        """Every row of every table as text, without the event log, and without ``left_out`` columns."""
        found = {}
        for table in TABLES:
            name = table.__tablename__
            if name in ("event", "event_counter"):
                continue
            columns = [c.name for c in table.__table__.columns if f"{name}.{c.name}" not in left_out]
            rows = await self.rows(f"SELECT CAST(ROW({', '.join(columns)}) AS text) AS row FROM {name} ORDER BY 1")
            found[name] = [row["row"] for row in rows]
        return found

    async def topics(self) -> list[str]:
        """The topics of all events, in order."""
        return [row["topic"] for row in await self.rows("SELECT topic FROM event ORDER BY sequence")]


def key_of(id_: str) -> Any:
    """The key behind an id."""
    return parse_id(id_)


@pytest.fixture
async def shop(api: Api, scope: Scope, tenants: Tenants) -> Life:
    """A new tenant for each test."""
    (tenant,) = await tenants(1, timezone="Europe/Berlin", base_currency="EUR")
    client = await api.of(tenant)
    await client.data(BEGIN, {"p": [{"sku": "A"}, {"sku": "B"}]})
    return Life(scope, tenant, client)
