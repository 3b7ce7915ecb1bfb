"""When a customer comes into a segment or leaves it by the passing of time alone, and since when that is so.

Instants at which anything may change are looked for, and the rule is asked at each: one statement for all customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Interval,
    Select,
    Uuid,
    any_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union,
)

from domain.customers.conditions.fields import BuiltIn
from domain.customers.customer import Customer
from domain.rules.instants import instants
from domain.rules.moment import MICROSECOND, Moment
from domain.rules.normal import normal
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.rules.turns import Reading
from domain.segments.members import is_member
from domain.time import Clock

MOST_INSTANTS = 2_000  # of one customer that are looked at
_MOST, _ONE = literal_column(str(MOST_INSTANTS), Integer()), literal_column("1", Integer())
_FAR: ColumnElement[Any] = literal_column("interval '50 years'", Interval())  # so far anniversaries are looked for
_ZONE = BuiltIn("timezone")
_WHO = Customer.__table__.alias("who")


def next_flips(rule: Rule, ids: Sequence[UUID], *, terms: Terms, clock: Clock) -> Select[Any]:
    """A line of each customer: ``id``, ``member`` now, ``at`` which instant that changes; null if it never does.

    ``capped``: so many instants were looked at that a later one may be missing.
    Raises ``NoInstants`` of a rule that depends on other customers.
    """
    now = Moment.of(clock).now
    found = _instants(rule, _WHO, terms, clock, now, now + _FAR)
    later = select(found.c.at).where(found.c.at > now).order_by(found.c.at).limit(_MOST).subquery("later")
    place = func.row_number().over(order_by=later.c.at).label("place")
    asked = select(later.c.at, place, _member(rule, later.c.at, terms, clock).label("member")).subquery("asked")
    return _lines(rule, asked, asked.c.at.asc(), ids, terms, clock)


def since(rule: Rule, ids: Sequence[UUID], *, terms: Terms, clock: Clock) -> Select[Any]:
    """The same, but ``at`` is the instant since when the membership is as it is; null if it never was another."""
    now = Moment.of(clock).now
    found = _instants(rule, _WHO, terms, clock, now - _FAR, now, _ZONE)
    earlier = select(found.c.at).where(found.c.at <= now).order_by(found.c.at.desc()).limit(_MOST).subquery("earlier")
    place = func.row_number().over(order_by=earlier.c.at.desc()).label("place")
    before = _member(rule, earlier.c.at - MICROSECOND, terms, clock).label("member")
    asked = select(earlier.c.at, place, before).subquery("asked")
    return _lines(rule, asked, asked.c.at.desc(), ids, terms, clock)


def _instants(
    rule: Rule,
    customer: FromClause,
    terms: Terms,
    clock: Clock,
    since: ColumnElement[Any],
    until: ColumnElement[Any],
    zone: BuiltIn | None = None,
) -> FromClause:
    """``at``: every instant at which the customer may come or go, that of the registration among them."""
    known = select(customer.c.registered_at.label("at")).correlate_except()
    reading = Reading(Moment.of(clock), since, until)
    return union(known, *instants(normal(rule, terms), customer, reading, terms, zone)).subquery("found")


def _member(rule: Rule, at: ColumnElement[Any], terms: Terms, clock: Clock) -> ColumnElement[bool]:
    return is_member(_WHO.c.id, rule, terms=terms, clock=replace(clock, now=at))


def _lines(rule: Rule, asked: FromClause, order: Any, ids: Sequence[UUID], terms: Terms, clock: Clock) -> Select[Any]:
    """The first instant in ``order`` at which the membership differs from that of now."""
    now = select(_member(rule, Moment.of(clock).now, terms, clock).label("member")).correlate_except().lateral("now")
    other = asked.c.member != now.c.member
    first = (
        select(asked.c.at, other.label("other"))
        .where(or_(other, asked.c.place == _MOST))
        .order_by(order)
        .limit(_ONE)
        .correlate_except(asked)
        .lateral("first")
    )
    return (
        select(
            _WHO.c.id,
            now.c.member,
            case((first.c.other, first.c.at)).label("at"),
            func.coalesce(~first.c.other, false(), type_=Boolean()).label("capped"),
        )
        .select_from(_WHO.join(now, true()).outerjoin(first, true()))
        .where(_WHO.c.id == any_(literal(list(ids), ARRAY(Uuid()))))
    )
