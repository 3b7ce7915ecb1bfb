"""Who satisfies a rule, on a handful of customers one can keep in mind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.tag import Tag
from domain.customers.customer import Customer
from domain.interactions.conditions.interactions import Interactions
from domain.interactions.interaction import Direction, Interaction, InteractionType
from domain.orders.conditions.orders import Orders
from domain.orders.order import Order, OrderReturn, OrderStatus
from domain.rules.aggregate import AggregateTest, FieldNumberTest
from domain.rules.durations import DurationTest
from domain.rules.terms import AttributeTerms, SegmentTerms, Terms
from domain.rules.tests import NumberTest, SetTest, TextTest, ValueTest
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not, Rule
from domain.rules.window import Last
from domain.segments.conditions.segment import InSegment, SegmentRelation
from domain.segments.members import member_count, member_ids, members
from domain.time import Clock, Duration

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CLOCK = Clock(now=NOW, zone="Asia/Shanghai")
OURS = UUID("01900000-0000-7000-8000-00000000abcd")


def id_of(name: str) -> UUID:
    return uuid5(OURS, name)


def customer(name: str, **values: Any) -> Customer:
    known = {"registered_at": NOW - 900 * DAY, "created_at": NOW, "updated_at": NOW, "tags": [], "attributes": {}}
    return Customer(id=id_of(name), display_name=name, **{**known, **values})


def order(whose: str, number: int, days_ago: int, net: int, cancelled_days_ago: int | None = None) -> Order:
    cancelled = cancelled_days_ago is not None
    return Order(
        id=id_of(f"order {number}"), customer_id=id_of(whose), system="s", external_id=str(number),
        placed_at=NOW - days_ago * DAY, status=OrderStatus.CANCELLED if cancelled else OrderStatus.PAID,
        cancelled_at=NOW - cancelled_days_ago * DAY if cancelled_days_ago is not None else None,
        currency="CNY", total=Decimal(net), discount=Decimal(0), net_total=Decimal(net), base_net=Decimal(net),
        recorded_at=NOW, updated_at=NOW,
    )  # fmt: skip


def returned(whose: str, number: int, days_ago: int, net: int) -> OrderReturn:
    return OrderReturn(
        id=id_of(f"return {number}"), customer_id=id_of(whose), order_id=id_of(f"order {number}"), system="s",
        external_id=str(number), line=1, quantity=Decimal(1), currency="CNY", net_amount=Decimal(net),
        base_net=Decimal(net), returned_at=NOW - days_ago * DAY, recorded_at=NOW,
    )  # fmt: skip


def people() -> tuple[Customer, ...]:
    return (
        customer("Ann", city="Ulm", tags=["vip", "golf"], attributes={"tier": "gold"}),
        customer("Bob", city="Ulm"),
        customer("Cem", city="Bonn", attributes={"tier": "silver"}),
        customer("Dee"),
        customer("Merged", city="Ulm", merged_into=id_of("Ann")),
        customer("Erased", city="Ulm", erased_at=NOW),
        customer("Later", city="Ulm", registered_at=NOW + DAY),
    )


def orders_of_theirs() -> tuple[Order, ...]:
    return (
        order("Ann", 1, 10, 300),
        order("Ann", 2, 100, 500),
        order("Bob", 3, 400, 90),
        order("Cem", 4, 3, 50, cancelled_days_ago=1),
        order("Cem", 5, 29, 700),
    )


def visit(whose: str) -> Interaction:
    return Interaction(
        id=id_of("visit"), customer_id=id_of(whose), system="s", external_id="1", type=InteractionType.VISIT,
        direction=Direction.INBOUND, occurred_at=NOW - 2 * DAY, properties={}, recorded_at=NOW,
    )  # fmt: skip


@pytest.fixture
async def shop(session: AsyncSession) -> AsyncSession:
    for rows in (people(), orders_of_theirs(), (returned("Ann", 2, 5, 120), visit("Dee"))):
        session.add_all(rows)
        await session.flush()
    return session


def text(key: str, **test: Any) -> AttributeIs:
    return AttributeIs(key, ValueTest(text=TextTest(**test)))


def orders(days: int | None = None, **having: Any) -> Orders:
    made = Orders(AggregateTest(**having))
    return made if days is None else Orders(made.having, window=Last(Duration(0, days * 86_400)))


def number(**test: int) -> NumberTest:
    return NumberTest(**{name: Decimal(value) for name, value in test.items()})


VIP = UUID("01900000-0000-7000-8000-00000000aaaa")
TERMS = Terms(
    attributes={"tier": AttributeTerms("ENUM", ("gold", "silver"))},
    segments={VIP: SegmentTerms("vip", text("tier", eq="gold"))},
)
ULM, GOLD = text("city", eq="Ulm"), text("tier", eq="gold")
NET = {"sum": FieldNumberTest("net_total", number(gte=680))}
KNOWN: dict[str, tuple[Rule | None, str]] = {
    "everybody": (None, "Ann Bob Cem Dee"),
    "a field": (ULM, "Ann Bob"),
    "not a field: without a value it is unknown": (Not(ULM), "Cem"),
    "parts of a text": (text("city", starts_with="B", contains="on", ends_with="nn"), "Cem"),
    "nothing typed is a wildcard": (text("city", contains="_n"), ""),
    "no value": (text("city", is_null=True), "Dee"),
    "an attribute of the tenant's": (GOLD, "Ann"),
    "not an attribute": (text("tier", ne="gold"), "Cem"),
    "tags": (Tag(SetTest(has_all=("golf", "vip"))), "Ann"),
    "no tags": (Tag(SetTest(has_none=("vip",))), "Bob Cem Dee"),
    "orders lately, cancelled ones left out": (orders(20, exists=True), "Ann"),
    "no orders lately, with those who never ordered": (orders(20, count=number(eq=0)), "Bob Cem Dee"),
    "ordered, but not lately": (All((orders(exists=True), orders(20, exists=False))), "Bob Cem"),
    "net of what came back": (orders(**NET), "Ann Cem"),
    "a return counts at its own date": (orders(30, sum=FieldNumberTest("net_total", number(lte=180))), "Ann Bob Dee"),
    "no mean without orders": (Not(orders(avg=FieldNumberTest("gross_total", number(gt=95)))), "Bob"),
    "how long ago": (orders(recency=DurationTest(gte=Duration(1))), "Bob"),
    "events of another kind": (Interactions(AggregateTest(exists=True), types=(InteractionType.VISIT,)), "Dee"),
    "two of three": (AtLeast(2, (ULM, GOLD, orders(20, exists=True))), "Ann"),
    "not two of three, where enough is known": (Not(AtLeast(2, (ULM, GOLD, orders(20, exists=True)))), "Cem"),
    "none": (NoneOf((GOLD, orders(20, exists=True))), "Cem"),
    "branches": (AnyOf((All((ULM, orders(20, exists=True))), All((GOLD, ULM)), orders(**NET))), "Ann Cem"),
    "a segment": (InSegment(id=VIP), "Ann"),
    "not in a segment: whoever is no member": (InSegment(id=VIP, is_=SegmentRelation.NOT_MEMBER), "Bob Cem Dee"),
    "not a segment": (Not(InSegment(id=VIP)), "Bob Cem Dee"),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
async def test_the_members_of_a_rule_are_those_expected(shop: AsyncSession, name: str) -> None:
    rule, expected = KNOWN[name]
    wanted = set(expected.split())
    ids = {id_of(each) for each in wanted}
    found = await shop.scalars(members(rule, terms=TERMS, clock=CLOCK))
    assert {each.display_name for each in found} == wanted
    # Inside a statement about customers the ids must not be taken for its own rows.
    inside = select(Customer.id).where(Customer.id.in_(member_ids(rule, terms=TERMS, clock=CLOCK)))
    assert set(await shop.scalars(inside)) == ids
    assert await shop.scalar(member_count(rule, terms=TERMS, clock=CLOCK)) == len(wanted)


async def test_the_members_of_two_rules_are_found_by_one_inside_the_other(shop: AsyncSession) -> None:
    ulm = member_ids(ULM, terms=TERMS, clock=CLOCK)
    both = ulm.where(ulm.selected_columns.id.in_(member_ids(orders(20, exists=True), terms=TERMS, clock=CLOCK)))
    assert list(await shop.scalars(both)) == [id_of("Ann")]
