"""A shop with two products and two customers, and a client that records in it."""

from dataclasses import dataclass
from typing import Any

import pytest

from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.imports import Shop
from tests.support.tenants import Tenants, digests

PROBLEM = 'problem { code path message ... on Invalid { fields { path code message zh: message(locale: "zh") } } }'
MADE = "id ... on Order { version netTotal baseNet status } ... on OrderReturn { baseNet } ... on Feedback { score }"
INPUTS = {
    "ordersRecord": ("orders", "OrderInput"),
    "orderReturnsRecord": ("returns", "OrderReturnInput"),
    "interactionsRecord": ("interactions", "InteractionInput"),
    "feedbackRecord": ("feedback", "FeedbackInput"),
    "productsSave": ("products", "ProductInput"),
    "exchangeRatesSet": ("rates", "ExchangeRateInput"),
}
BEGUN = """
mutation {
  productsSave(products: [{ sku: "A" }, { sku: "B", name: "Bowl" }]) { items { problem { code } } }
  c1: customerUpsert(input: { externalRefs: [{ system: "shop", value: "c1" }], email: "c1@example.com" }) { ...Done }
  c2: customerUpsert(input: { externalRefs: [{ system: "crm", value: "c2" }], phone: "+4973112345" }) { ...Done }
}
fragment Done on CustomerResult { ... on CustomerSuccess { customer { id } } }
"""


def named(value: str, system: str = "shop") -> dict[str, str]:
    """A reference."""
    return {"system": system, "value": value}


def by(value: str = "c1", system: str = "shop") -> dict[str, Any]:
    """A customer by a reference."""
    return {"externalRef": named(value, system)}


def line(sku: str = "A", quantity: Any = 1, price: Any = "10", **others: Any) -> dict[str, Any]:
    """A line of an order or a return."""
    return {"sku": sku, "quantity": quantity, "unitPrice": price} | others


def order(value: str = "o1", *lines: dict[str, Any], **others: Any) -> dict[str, Any]:
    """An order of customer c1; of one A for 10 if nothing else is said."""
    said = {"externalRef": named(value), "by": by(), "placedAt": "2024-03-01T09:00:00Z", "status": "PAID"}
    return said | {"currency": "EUR", "items": list(lines) or [line()]} | others


def back(value: str = "r1", *lines: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A return of the first order."""
    said = {"externalRef": named(value), "order": {"externalRef": named("o1")}, "returnedAt": "2024-03-10T09:00:00Z"}
    return said | {"currency": "EUR", "items": list(lines) or [line()]} | others


@dataclass(frozen=True, slots=True)
class Writing(Shop):
    """A tenant, a client of it, and the ids of its customers."""

    client: Api
    customers: dict[str, str]

    async def each(self, mutation: str, *items: Any, made: str = MADE, **headers: str) -> list[Any]:
        """The items of an answer."""
        argument, kind = INPUTS[mutation]
        fields = f"items {{ index node {{ {made} }} {PROBLEM} }}"
        text = f"mutation($given: [{kind}!]!) {{ {mutation}({argument}: $given) {{ {fields} }} }}"
        answer = await self.client.ask(text, {"given": list(items)}, **headers)
        assert "errors" not in answer, answer
        found: list[Any] = answer["data"][mutation]["items"]
        assert [one["index"] for one in found] == list(range(len(items)))
        assert all(one["problem"] is None or one["node"] is None for one in found)
        return found

    async def recorded(self, mutation: str, *items: Any, **options: Any) -> list[Any]:
        """The nodes of items that all succeed."""
        found = await self.each(mutation, *items, **options)
        assert all(one["problem"] is None for one in found), found
        return [one["node"] for one in found]

    async def refused(self, mutation: str, *items: Any) -> list[tuple[str, str]]:
        """Places and codes of what is wrong with items that all fail, and change nothing."""
        before = await digests(self.scope, self.tenant)
        found = await self.each(mutation, *items)
        assert await digests(self.scope, self.tenant) == before
        assert all(one["problem"]["code"] == "VALIDATION" for one in found), found
        return [issue for one in found for issue in issues(one)]

    async def events(self) -> list[str]:
        """The topics of all events, in order."""
        return [row["topic"] for row in await self.rows("SELECT topic FROM event ORDER BY sequence")]


def issues(item: Any) -> list[tuple[str, str]]:
    """Places and codes of what is wrong with an item; each has its sentences."""
    assert all(one["message"] and one["zh"] for one in item["problem"]["fields"])
    return [(".".join(one["path"]), one["code"]) for one in item["problem"]["fields"]]


async def opened(api: Api, scope: Scope, tenant: Tenant) -> Writing:
    """The shop in a tenant."""
    client = await api.of(tenant)
    done = await client.data(BEGUN)
    return Writing(scope, tenant, client, {name: done[name]["customer"]["id"] for name in ("c1", "c2")})


@pytest.fixture
async def shop(api: Api, scope: Scope, tenants: Tenants) -> Writing:
    """A new tenant for each test."""
    (tenant,) = await tenants(1, timezone="Europe/Berlin", base_currency="EUR")
    return await opened(api, scope, tenant)


@pytest.fixture(scope="module")
async def wide(api: Api, scope: Scope, tenants: Tenants) -> Writing:
    """A tenant for tests that change nothing."""
    (tenant,) = await tenants(1, timezone="Europe/Berlin", base_currency="EUR")
    return await opened(api, scope, tenant)
