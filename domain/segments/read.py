"""What can be asked of groups of customers: who they are, how many, what they bought."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from sqlalchemy import Boolean, Select, Text, Uuid, and_, cast, false, func, literal, literal_column, or_, select

from domain.customers.customer import Customer
from domain.customers.read import found_by_text
from domain.events import changed_since
from domain.orders.measures import bought
from domain.orders.order import Order, OrderReturn
from domain.rules.check import check_window
from domain.rules.grouped import Shape
from domain.rules.moment import Moment
from domain.rules.personal import forbidden
from domain.rules.terms import Terms
from domain.rules.tree import All, Rule
from domain.rules.window import Window, bounds
from domain.segments.estimate import Accuracy, estimated
from domain.segments.members import is_member, member_count, member_ids, member_sample, members
from domain.segments.segment import Segment, SegmentKind, SegmentStatus
from domain.time import Clock
from domain.words import Says, Words

Where = Annotated[Rule | None, Says(Words("rule", "规则"), "Only customers for whom it holds.")]
HowSure = Annotated[
    Accuracy,
    Says(Words("accuracy", "精度"), "An estimate has bounds that hold in 95 of 100 cases; small sets are counted."),
]
During = Annotated[Window | None, Says(Words("window", "时间窗"), "All time when left out.")]


class SegmentOrder(Enum):
    """How segments are ordered."""

    KEY = (Segment.key.collate("C").asc(),)
    CREATED_AT = (Segment.created_at.desc(), Segment.id.desc())


def customers(
    where: Where = None,
    search: str | None = None,
    updated_since: datetime | None = None,
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    shape: Shape = Shape.EACH,
) -> Select[Customer]:
    """Customers known by now, neither merged into others nor deleted or erased.

    A search is FORBIDDEN to callers who may not see what is searched.
    """
    query = members(where, terms=terms, clock=clock, shape=shape)
    if updated_since is not None:
        query = query.where(changed_since(Customer, updated_since))
    if search is None:
        return query
    if not sees_personal:
        raise forbidden("search")
    return query.where(found_by_text(search))


def segments(
    status: list[SegmentStatus] | None = None,
    kind: list[SegmentKind] | None = None,
    search: str | None = None,
    updated_since: datetime | None = None,
) -> Select[Segment]:
    """The merchant's segments, or those of some status or kind, or with a text in the key or a name."""
    query = select(Segment)
    for column, wanted in ((Segment.status, status), (Segment.kind, kind)):
        if wanted is not None:
            query = query.where(cast(column, Text) == func.any(wanted))
    if search is not None:
        part = func.lower(search)  # strpos, not LIKE: nothing a caller types is a wildcard
        columns = (Segment.key, Segment.name_en, Segment.name_zh)
        query = query.where(or_(*(func.strpos(func.lower(column), part) > 0 for column in columns)))
    return query if updated_since is None else query.where(changed_since(Segment, updated_since))


def segments_of(customer: type[Customer], *, terms: Terms, clock: Clock) -> Select[Segment]:
    """The segments that the customer is in now, by key."""
    is_in = [
        and_(Segment.id == literal(id_, Uuid()), is_member(customer.id, rule, terms=terms, clock=clock))
        for id_, rule in sorted(terms.rules.items())
    ]
    return select(Segment).where(or_(false(), *is_in)).order_by(Segment.key.collate("C"))


def members_of(
    segment: type[Segment], rule: Rule, and_: Where = None, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH
) -> Select[Customer]:
    """Customers for whom the segment's rule holds, or who are on its list; with ``and``, another rule as well."""
    del segment
    wanted = rule if and_ is None else All((rule, and_))
    return members(wanted, terms=terms, clock=clock, shape=shape)


def count_of(
    segment: type[Segment],
    rule: Rule,
    accuracy: HowSure = Accuracy.EXACT,
    *,
    terms: Terms,
    clock: Clock,
    shape: Shape = Shape.EACH,
) -> Select[Any]:
    """How many they are; null of an archived segment."""
    del segment
    return customer_count(rule, accuracy, terms=terms, clock=clock, shape=shape)


def customer_count(
    where: Where = None,
    accuracy: HowSure = Accuracy.EXACT,
    *,
    terms: Terms,
    clock: Clock,
    shape: Shape = Shape.EACH,
) -> Select[Any]:
    """How many customers there are for whom a rule holds."""
    if accuracy is Accuracy.ESTIMATE:
        return estimated(member_sample(where, terms=terms, clock=clock))
    found = member_count(where, terms=terms, clock=clock, shape=shape).subquery("counted")
    value = found.c.count
    exact = literal_column("true", Boolean())
    return select(value.label("value"), exact.label("exact"), value.label("low"), value.label("high"))


def order_metrics(
    window: During = None, where: Where = None, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH
) -> Select[Any]:
    """What was bought in a window; returns count at their own date.  Refuses with ``RuleInvalid``."""
    moment, during = Moment.of(clock), check_window(window)
    placed, returned = (
        and_(*bounds(during, at, moment), at <= moment.now) for at in (Order.placed_at, OrderReturn.returned_at)
    )
    whose = None if where is None else member_ids(where, terms=terms, clock=clock, shape=shape)
    return bought(placed, returned, moment.now, whose)
