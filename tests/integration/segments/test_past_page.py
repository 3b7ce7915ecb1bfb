"""The story of docs/past.md is told to a tenant, which then answers the page's documents as printed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from tenancy.scope import Scope
from tests.support.club import Club
from tests.support.tenants import Tenants

PAGE = Path(__file__).parents[3] / "docs" / "past.md"
PRINTED = re.findall(r"```graphql\n(.*?)```\s*```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
SHOP = {"system": "shop"}


def day(month: int, number: int) -> datetime:
    return datetime(2025, month, number, 9, tzinfo=UTC)


class Story:
    """Tells a club what happened."""

    def __init__(self, club: Club) -> None:
        self.club = club

    async def tell(self, at: datetime, document: str, **variables: Any) -> Any:
        self.club.now = at
        (answer,) = (await self.club.data(document, **variables)).values()
        return answer

    async def customer(self, name: str, at: datetime, **said: Any) -> None:
        document = "mutation($by: CustomerBy, $i: CustomerInput!) { customerUpsert(by: $by, input: $i) {"
        document += " ... on CustomerSuccess { customer { id } } ... on Problem { message } } }"
        by = {"id": self.club.ids[name]} if name in self.club.ids else None
        answer = await self.tell(at, document, by=by, i={"displayName": name, **said})
        self.club.ids[name] = answer["customer"]["id"]

    async def order(self, name: str, at: datetime, lines: Any, placed: datetime, **more: Any) -> None:
        said = {
            "externalRef": {**SHOP, "value": name}, "by": {"id": self.club.ids[name]}, "placedAt": placed.isoformat(),
            "status": "PAID", "currency": "EUR", **more,
            "items": [{"sku": sku, "quantity": n, "unitPrice": price} for sku, n, price in lines],
        }  # fmt: skip
        document = "mutation($o: [OrderInput!]!) { ordersRecord(orders: $o) { items { problem { message } } } }"
        assert (await self.tell(at, document, o=[said]))["items"] == [{"problem": None}]

    async def returned(self, name: str, at: datetime, sku: str, amount: str) -> None:
        said = {
            "externalRef": {**SHOP, "value": f"back {name}"}, "order": {"externalRef": {**SHOP, "value": name}},
            "returnedAt": at.isoformat(), "currency": "EUR",
            "items": [{"sku": sku, "quantity": "1", "unitPrice": amount}],
        }  # fmt: skip
        document = (
            "mutation($r: [OrderReturnInput!]!) { orderReturnsRecord(returns: $r) { items { problem { message } } } }"
        )
        assert (await self.tell(at, document, r=[said]))["items"] == [{"problem": None}]


@pytest.fixture(scope="module")
async def club(scope: Scope, tenants: Tenants) -> Club:
    (tenant,) = await tenants(timezone="Europe/Berlin")
    story = Story(Club(scope, tenant))
    products = '[{sku: "TEA", name: "Tea"}, {sku: "CUP", name: "Cup"}]'
    await story.tell(day(3, 1), f"mutation {{ productsSave(products: {products}) {{ items {{ index }} }} }}")
    for key, rule in (("quiet", "no orders over last 30 days and exists orders"), ("ulm", 'city = "Ulm"')):
        await story.club.create(key, rule={"text": rule})
    for minute, name in enumerate(("Ann", "Bob")):
        await story.customer(name, day(3, 1) + minute * timedelta(minutes=1), city="Ulm")
    await story.order("Ann", day(3, 5), [("TEA", "2", "40"), ("CUP", "1", "20")], day(3, 5))
    await story.customer("Ann", day(3, 12), city="Bonn", validFrom=day(3, 10).isoformat())
    await story.returned("Ann", day(3, 15), "TEA", "40")
    await story.order("Bob", day(3, 18), [("TEA", "1", "50")], day(3, 18))
    await story.order("Ann", day(3, 20), [("TEA", "2", "40")], day(3, 5))
    cancelled = {"status": "CANCELLED", "cancelledAt": day(3, 22).isoformat()}
    await story.order("Bob", day(3, 22), [("TEA", "1", "50")], day(3, 18), **cancelled)
    story.club.now = day(6, 1)
    return story.club


def test_the_page_has_answers() -> None:
    assert len(PRINTED) >= 4


@pytest.mark.parametrize(("document", "answer"), PRINTED)
async def test_the_story_has_the_answers_that_are_printed(club: Club, document: str, answer: str) -> None:
    assert await club.data(document) == orjson.loads(answer)
