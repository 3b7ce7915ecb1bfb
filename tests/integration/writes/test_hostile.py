"""Whatever stands in any field of any item: it is stored or refused with a code at its place, and nothing breaks."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.read import CustomerBy, ExternalRefInput
from domain.feedback.feedback import FeedbackKind
from domain.interactions.interaction import InteractionType
from domain.orders.order import OrderStatus
from domain.recording.batch import MOST_ITEMS
from domain.recording.catalogue import exchange_rates_set, products_save
from domain.recording.contacts import feedback_record, interactions_record
from domain.recording.inputs import (
    ExchangeRateInput,
    FeedbackInput,
    InteractionInput,
    OrderInput,
    OrderItemInput,
    OrderRefInput,
    OrderReturnInput,
    OrderReturnItemInput,
    ProductInput,
)
from domain.recording.orders import order_returns_record, orders_record
from domain.recording.outcome import Recorded
from domain.time import Clock
from tests.integration.writes.conftest import Writing
from tests.support.imports import NOW
from tests.support.tenants import rolled_back

AT = datetime(2024, 3, 1, tzinfo=UTC)
REF = ExternalRefInput("shop", "h1")
C1 = CustomerBy(external_ref=ExternalRefInput("shop", "c1"))
O1 = OrderRefInput(external_ref=ExternalRefInput("shop", "o1"))
HALF, TWO = Decimal("0.5"), Decimal(2)
SELLING: dict[str, Any] = {"base_currency": "EUR", "clock": Clock(NOW, "Asia/Shanghai")}
Call = Callable[..., Awaitable[list[Recorded]]]
KINDS: dict[str, tuple[Call, Any]] = {
    "orders": (
        partial(orders_record, **SELLING),
        OrderInput(
            external_ref=REF, by=C1, placed_at=AT, status=OrderStatus.CANCELLED, currency="EUR", discount=HALF,
            items=[OrderItemInput(sku="A", quantity=TWO, unit_price=TWO, discount=HALF, customization="x")],
            channel="web", store="Ulm", cancelled_at=AT, valid_from=AT,
        ),
    ),
    "returns": (
        partial(order_returns_record, **SELLING),
        OrderReturnInput(
            external_ref=REF, by=C1, order=O1, returned_at=AT, currency="EUR", channel="web", store="Ulm",
            items=[OrderReturnItemInput(sku="A", quantity=TWO, unit_price=TWO, discount=HALF)],
        ),
    ),
    "interactions": (
        interactions_record,
        InteractionInput(
            external_ref=REF, by=C1, type=InteractionType.VISIT, occurred_at=AT, name="x", outcome="x",
            properties={"a": "x"},
        ),
    ),
    "feedback": (
        feedback_record,
        FeedbackInput(
            external_ref=REF, by=C1, kind=FeedbackKind.CES, submitted_at=AT, score=HALF, scale_min=HALF,
            scale_max=TWO, comment="x", survey_key="x", question_key="x", order=O1,
        ),
    ),
    "products": (products_save, ProductInput(sku="H", name="x", category_path=["x"], customizable=True, tags=["x"])),
    "rates": (
        partial(exchange_rates_set, base_currency="EUR"),
        ExchangeRateInput(currency="USD", on_date=date(2024, 1, 1), rate=HALF),
    ),
}  # fmt: skip
HOSTILE: dict[type, list[Any]] = {
    str: ["a\0b", "\ud800", "", " ", "\u3000", "x" * 60_000, "'; DROP TABLE orders; --", "\x1f", "\u202e", "😀" * 300],
    Decimal: [Decimal(text) for text in (
        "NaN", "sNaN", "Infinity", "-Infinity", "1E+400", "-1E+400", "1E-400", "9999999999999999.9999", "-0", "0",
        "1." + "1" * 60, "1" * 60,
    )],
    datetime: [datetime.min, datetime.max, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), NOW],
    date: [date.min, date.max],
    dict: [{"a\0": "x"}, {"\ud800": "x"}, {"a": "\0"}, {"a": Decimal("NaN")}, {"a": float("inf")}, {"": ""}, ["x"], 7,
           {"a": [1]}, {"a": {"b": "c"}}, {"a": 10**5000}, {f"{n}": "x" for n in range(1000)}],
}  # fmt: skip


def variants(value: Any) -> Iterator[Any]:
    """The value with something hostile in one place."""
    if isinstance(value, list):
        yield from ([one] for one in variants(value[0]))
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            for inner in variants(getattr(value, one.name)):
                yield replace(value, **{one.name: inner})
    elif type(value) in HOSTILE:
        yield from HOSTILE[type(value)]


async def begun(session: AsyncSession) -> None:
    """An order that returns and answers may name."""
    order = replace(KINDS["orders"][1], external_ref=ExternalRefInput("shop", "o1"))
    (done,) = await orders_record(session, [order], **SELLING, now=NOW)
    assert done.problem is None


@pytest.mark.parametrize("argument", KINDS)
async def test_nothing_that_stands_in_an_item_breaks_the_others(wide: Writing, argument: str) -> None:
    record, sound = KINDS[argument]
    every = list(variants(sound))
    assert len(every) > len(HOSTILE[str])
    async with rolled_back(wide.scope, wide.tenant) as session:
        await begun(session)
        (plain,) = await record(session, [sound], now=NOW)
        assert plain.problem is None
        for start in range(0, len(every), MOST_ITEMS):
            items = every[start : start + MOST_ITEMS]
            done = await record(session, items, now=NOW)
            assert len(done) == len(items)
            for item, one in zip(items, done, strict=True):
                if one.problem is None:
                    assert isinstance(one.id, UUID), item
                else:
                    assert one.problem.fields
                    assert {issue.path[0] for issue in one.problem.fields} == {argument}, item
                    assert all(issue.message("en") and issue.message("zh") for issue in one.problem.fields)
