"""What the sample's domain says of rows: SQL, batches and writes.  A row is a class or a subquery's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Select,
    Text,
    any_,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from tests.support.graph_sample import rules
from tests.support.graph_sample.rules import NameTaken, Refused, Rule, Window, since
from tests.support.graph_sample.tables import Customer, Dictionary, Feedback, Order, OrderItem, OrderStatus, Segment

BY_NAME = (Customer.name.asc(), Customer.id.asc())
NEWEST = (Order.placed_at.desc(), Order.id.desc())


class Says(NamedTuple):
    """What an argument means."""

    label: str
    doc: str = ""


class OrderSort(Enum):
    """Orders of orders."""

    NEWEST = NEWEST
    SHIPPED = (Order.shipped_at.asc().nulls_last(), Order.id.desc())  # nullable, and mixed directions


@dataclass(frozen=True)
class Clock:
    """Now, and where."""

    now: Any
    zone: Any


@dataclass(frozen=True, slots=True)
class PointRange:
    """From and to, inclusive."""

    low: Annotated[int, Says("from")] = 0
    high: Annotated[int | None, Says("to", "No end when left out.")] = None


@dataclass(frozen=True, slots=True)
class CustomerBy:
    """One way to name a customer."""

    one_of = True
    in_sql = True

    id: Annotated[UUID | None, Says("id")] = None
    email: Annotated[str | None, Says("e-mail")] = None


@dataclass(frozen=True, slots=True)
class AmountRange:
    """From and to, inclusive."""

    at_least: Annotated[Decimal | None, Says("from")] = None
    at_most: Annotated[Decimal | None, Says("to")] = None


def customers(country: str | None = None, points: PointRange | None = None) -> Select[Customer]:
    """All customers, or those of one country or with so many points."""
    query = select(Customer).where(true() if country is None else Customer.country == country)
    if points is not None:
        query = query.where(Customer.points >= points.low)
        if points.high is not None:
            query = query.where(Customer.points <= points.high)
    return query


def customer_by(by: CustomerBy) -> Select[Customer]:
    """The customer of that name."""
    return select(Customer).where(Customer.id == by.id if by.id is not None else Customer.email == by.email)


def named(search: str) -> Select[Customer]:
    """Customers whose name begins so, whatever the case."""
    return (
        select(Customer)
        .where(func.lower(Customer.name).startswith(search.casefold(), autoescape=True))
        .order_by(*BY_NAME)
    )


def answered(other_than: list[str] | None = None) -> Select[Customer]:
    """Customers who gave feedback, by name; those of these countries left out, as are those of no country."""
    query = select(Customer).where(Customer.id.in_(select(Feedback.customer_id))).order_by(*BY_NAME)
    if other_than is None:
        return query.where(Customer.id.not_in(select(Order.customer_id).where(Order.number < 3)))
    return query.where(Customer.country.not_in(other_than))


def greeting(customer: type[Customer], *, locale: str) -> ColumnElement[str]:
    """How to address the customer, in the caller's language."""
    return literal("你好，" if locale == "zh" else "Hello ", Text()) + customer.name


def orders_of(
    customer: type[Customer], status: list[OrderStatus] | None = None, total: AmountRange | None = None
) -> Select[Order]:
    """The customer's orders."""
    query = select(Order).where(Order.customer_id == customer.id)
    if total is not None and total.at_least is not None:
        query = query.where(Order.total >= total.at_least)
    if total is not None and total.at_most is not None:
        query = query.where(Order.total <= total.at_most)
    return query if status is None else query.where(Order.status == any_(status))


def items_of(order: type[Order]) -> Select[OrderItem]:
    """The order's lines."""
    return select(OrderItem).where(OrderItem.order_id == order.id).order_by(OrderItem.sku, OrderItem.id)


def customer_of(order: type[Order]) -> Select[Customer]:
    """Who placed it."""
    return select(Customer).where(Customer.id == order.customer_id)


def last_order_of(customer: type[Customer]) -> Select[Order]:
    """The latest order."""
    return select(Order).where(Order.customer_id == customer.id).order_by(*NEWEST).limit(1)


def spend(customer: type[Customer], window: Window = Window.ALL, *, now: datetime) -> ColumnElement[Decimal]:
    """Sum of the customer's order totals in the window."""
    query = select(func.coalesce(func.sum(Order.total), 0)).where(Order.customer_id == customer.id)
    if window.value:
        query = query.where(Order.placed_at > since(window, now))
    return cast(query.scalar_subquery(), Numeric(12, 2))


def average(customer: type[Customer]) -> ColumnElement[Decimal]:
    """Declared never null, yet null without orders: what a wrong declaration looks like."""
    return select(func.round(func.avg(Order.total), 2)).where(Order.customer_id == customer.id).scalar_subquery()


def joined_on(customer: type[Customer], *, clock: Clock) -> ColumnElement[str]:
    """The local day of the record."""
    return func.to_char(func.timezone(clock.zone, customer.created_at), "YYYY-MM-DD")


def masked_email(customer: type[Customer]) -> ColumnElement[str]:
    """The first letter."""
    return func.left(customer.email, 1) + "***"


def nps(window: Window = Window.ALL, *, now: datetime) -> Select[Any]:
    """Net promoter score of the window."""
    n = func.count()
    promoters, detractors = n.filter(Feedback.score >= 9), n.filter(Feedback.score <= 6)
    return select(
        promoters.label("promoters"),
        detractors.label("detractors"),
        n.label("responses"),
        func.round(cast(100 * (promoters - detractors), Numeric) / func.nullif(n, 0), 1).label("score"),
        since(window, now).label("since"),
    ).where(Feedback.at > since(window, now))


def nps_trend(metrics: type[Any]) -> Select[Any]:
    """The answers by month, oldest first."""
    month = func.to_char(func.timezone("UTC", Feedback.at), "YYYY-MM")
    found = select(month.label("month"), func.count().label("responses")).where(Feedback.at > metrics.since)
    return found.group_by(month).order_by(month)


def latest(of: int | None = None) -> Select[Any]:
    """What was recorded last, customers and orders alike; of all, or of the first so many orders."""
    known = literal_column("'Customer'", Text()).label("kind"), literal_column("'Order'", Text()).label("kind")
    orders = select(known[1], Order.id, Order.placed_at.label("at"))
    orders = orders if of is None else orders.where(Order.number <= of)
    rows = union_all(select(known[0], Customer.id, Customer.created_at.label("at")), orders).subquery("latest")
    return select(rows.c.kind, rows.c.id).order_by(rows.c.at.desc(), rows.c.id).limit(literal_column("5"))


def segments() -> Select[Segment]:
    """All segments by name."""
    return select(Segment).order_by(Segment.name)


def members(rule: Rule, *, now: datetime, terms: Mapping[str, tuple[str, ...]]) -> Select[Customer]:
    """Customers that satisfy the rule."""
    return rules.matching(rule, now, terms)


def member_count(
    rule: Rule | None = None, *, now: datetime, terms: Mapping[str, tuple[str, ...]]
) -> ColumnElement[int]:
    """How many satisfy it; how many there are, without one."""
    found = select(Customer) if rule is None else rules.matching(rule, now, terms)
    return found.with_only_columns(func.count(), maintain_column_froms=True).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Reason:
    """One of them."""

    kind: str
    weight: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a customer matters."""

    text: str
    reasons: list[Reason]
    order: UUID | None
    lost: UUID


async def explain(
    fetch: Any, ids: list[UUID], lang: str = "en", *, clock: Clock, terms: Mapping[str, tuple[str, ...]]
) -> list[Explanation]:
    """Why each customer matters, one batch."""
    by_number: Any = aggregate_order_by(Order.id, Order.number.desc())
    counted = select(Order.customer_id, func.count(), func.max(Order.number), func.array_agg(by_number)[1])
    counted = counted.where(Order.customer_id.in_(ids)).group_by(Order.customer_id)
    found = {row[0]: tuple(row[1:]) for row in await fetch(counted)}
    said = f"{lang}: {{}} orders, the last no. {{}}, {len(terms)} regions, {clock.zone}"
    counts = (found.get(key, (0, None, None)) for key in ids)
    return [Explanation(said.format(n, no), [Reason("orders", n)], order, UUID(int=1)) for n, no, order in counts]


async def segment_create(
    session: Any, name: Annotated[str, Says("name", "Unique.")], rule: Rule, *, now: datetime, terms: Any
) -> tuple[Segment, bool]:
    """Name a rule."""
    rules.matching(rule, now, terms)  # refuses unknown regions
    values = {"id": uuid4(), "name": name, "version": 1, "rule": rules.to_json(rule)}
    made = insert(Segment).values(values).on_conflict_do_nothing(index_elements=["name"]).returning(Segment)
    segment = await session.scalar(made)
    if segment is None:
        raise Refused(NameTaken(path=("name",), name=name))
    await session.execute(update(Dictionary).values(version=Dictionary.version + 1))
    return segment, True


async def order_move(session: Any, id: UUID, customer_id: UUID) -> Order:
    """Give an order to another customer."""
    order = await session.get(Order, id)
    if order is None:
        raise Refused(rules.Invalid(path=("id",)))
    if await session.get(Customer, customer_id) is None:
        raise Refused(NameTaken(name="nobody"))  # not among the declared problems
    order.customer_id = customer_id
    return order


OMITTED: Any = object()


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What becomes of an order."""

    partial = True

    status: Annotated[OrderStatus | None, Says("status")] = OMITTED
    shipped_at: Annotated[datetime | None, Says("shipped at")] = OMITTED


async def order_change(session: Any, id: UUID, input: OrderChange) -> Order:
    """Change what is said of an order."""
    order = await session.get(Order, id)
    said = {name: one for name in ("status", "shipped_at") if (one := getattr(input, name)) is not OMITTED}
    if not said:
        raise Refused(rules.Unsaid(path=("input",), orders=(id,)))
    for name, one in said.items():
        setattr(order, name, one)
    return order
