"""When a customer comes into a segment or leaves it by the passing of time alone, and since when that is so.

Instants at which anything may change are looked for, and the rule is asked at each: one statement for all customers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import array

from domain.customers.conditions.fields import BuiltIn
from domain.customers.customer import Customer
from domain.past import AsOf
from domain.rules.beside import beside
from domain.rules.instants import instants
from domain.rules.moment import MICROSECOND, Moment
from domain.rules.normal import Literal, literals, normal
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.rules.turns import Reading
from domain.segments.conditions.then import FAR, ZONE
from domain.segments.members import is_member
from domain.time import Clock

MOST_INSTANTS = 2_000  # of one customer that are looked at
_MOST, _ONE = literal_column(str(MOST_INSTANTS), Integer()), literal_column("1", Integer())
_ASKED = Customer.__table__.alias("asked_of")


def next_flip(rule: Rule, who: FromClause, *, terms: Terms, clock: Clock, past: bool = False) -> FromClause:
    """Of a customer ``who`` of the enclosing statement: ``member`` now, and ``at`` which instant that changes first.

    Without ``at`` it never does, unless ``capped``: so many instants were looked at that a later one may be missing,
    ``looked_until`` the last of them.
    The clock's now may be a column of that statement; when it is ``past``, that counts which was so at each instant,
    and changes of it are such instants, too.  Raises ``NoInstants`` of a rule that depends on others.
    """
    now = Moment.of(clock).now
    was = member_then if past else _member
    zone = ZONE if past else None
    found = possible(rule, who, now, now + FAR, terms=terms, clock=clock, zone=zone).subquery("found")
    ahead = select(found.c.at).where(found.c.at > now).order_by(found.c.at).limit(_MOST)
    later = ahead.correlate_except(found).subquery("later")
    place = func.row_number().over(order_by=later.c.at).label("place")
    member = was(rule, who, later.c.at, terms=terms, clock=clock).label("member")
    asked = select(later.c.at, place, member).correlate_except(later).subquery("asked")
    return _first("flip", was(rule, who, now, terms=terms, clock=clock), asked, asked.c.at.asc())


def since_when(rule: Rule, who: FromClause, *, terms: Terms, clock: Clock) -> FromClause:
    """The same, but ``at`` is the instant since when the membership is as it is; null if it never was another."""
    now = Moment.of(clock).now
    found = possible(rule, who, now - FAR, now, terms=terms, clock=clock, zone=ZONE).subquery("found")
    back = select(found.c.at).where(found.c.at <= now).order_by(found.c.at.desc()).limit(_MOST)
    earlier = back.correlate_except(found).subquery("earlier")
    place = func.row_number().over(order_by=earlier.c.at.desc()).label("place")
    before = member_then(rule, who, earlier.c.at - MICROSECOND, terms=terms, clock=clock).label("member")
    asked = select(earlier.c.at, place, before).correlate_except(earlier).subquery("asked")
    return _first("since", member_then(rule, who, now, terms=terms, clock=clock), asked, asked.c.at.desc())


def possible(
    rule: Rule,
    who: FromClause,
    since: ColumnElement[Any],
    until: ColumnElement[Any],
    *,
    terms: Terms,
    clock: Clock,
    zone: BuiltIn | None = None,
) -> Any:
    """``at``: every instant at which the customer may come or go, that of the registration among them.

    What comes round again and again is looked for between ``since`` and ``until``.  With the ``zone`` data of the past
    are looked at, too.
    """
    known = select(who.c.registered_at.label("at")).correlate_except()
    reading = Reading(Moment.of(clock), since, until, zone)
    return union(known, *instants(normal(rule, terms), who, reading, terms))


def leaves(rule: Rule, terms: Terms) -> list[Literal]:
    """The conditions of a rule, in the order of ``held``."""
    return list(dict.fromkeys(literals(normal(rule, terms))))


def held(rule: Rule, who: FromClause, *, terms: Terms, clock: Clock) -> ColumnElement[Any]:
    """Of each of the ``leaves`` whether it holds of a customer of the enclosing statement; null of nobody."""
    asked = beside([normal(rule, terms)], _ASKED, Moment.of(clock), terms)
    holds = [func.coalesce(column, false(), type_=Boolean()) for column in asked.columns()]
    found = select(array(holds)).select_from(asked.plan.joined).where(_ASKED.c.id == who.c.id, *asked.plan.where)
    return found.correlate_except(asked.plan.joined).scalar_subquery()


def _first(name: str, is_now: ColumnElement[bool], asked: FromClause, order: Any) -> FromClause:
    """The first instant in ``order`` at which the membership differs from that of now."""
    now = select(is_now.label("member")).correlate_except().lateral("now")
    other = (asked.c.member != now.c.member).label("other")
    first = (
        select(asked.c.at, other)
        .where(or_(other, asked.c.place == _MOST))
        .order_by(order)
        .limit(_ONE)
        .correlate_except(asked)
        .lateral("first")
    )
    found = case((first.c.other, first.c.at)).label("at")
    capped = func.coalesce(~first.c.other, false(), type_=Boolean()).label("capped")
    joined = now.outerjoin(first, true())
    columns = (now.c.member, found, capped, first.c.at.label("looked_until"))
    return select(*columns).select_from(joined).correlate_except(now, first).lateral(name)


def _member(rule: Rule, who: FromClause, at: ColumnElement[Any], *, terms: Terms, clock: Clock) -> ColumnElement[bool]:
    return is_member(who.c.id, rule, terms=terms, clock=replace(clock, now=at))


def member_then(
    rule: Rule, who: FromClause, at: ColumnElement[Any], *, terms: Terms, clock: Clock
) -> ColumnElement[bool]:
    """Whether a customer of the enclosing statement was a member at an instant, by what was so then."""
    return AsOf(_member(rule, who, at, terms=terms, clock=clock), at)
