"""Who came into a segment and who left it, when, and why: computed from what was so at each instant, never stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    case,
    exists,
    func,
    literal,
    literal_column,
    select,
    true,
    union,
)

from domain.customers.customer import Customer
from domain.customers.presence import there
from domain.refusal import FieldIssue, Invalid, ProblemCode, Refused
from domain.rules.instants import by_hand, instants
from domain.rules.issues import issue, refused
from domain.rules.moment import INSTANT, MICROSECOND, Moment
from domain.rules.normal import normal
from domain.rules.personal import forbid_personal
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.rules.turns import NoInstants, Reading
from domain.segments.change import ChangeCause, ChangeKind
from domain.segments.conditions.then import ZONE
from domain.segments.flip import member_then, possible
from domain.segments.segment import Segment
from domain.segments.span import span_issues
from domain.time import Clock
from domain.words import Says, Words

MOST_DAYS = 366
_WHO, _ANY = Customer.__table__.alias("may_change"), Customer.__table__.alias("any_of_them")
_ONE = literal_column("1", Integer())
# By name: the sub-select is made anew for each question.
_AT, _ID = literal_column("changed.at", INSTANT), literal_column("changed.id", Uuid())
IN_ORDER = (_AT.asc(), _ID.asc())


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """A customer came into a segment or left it, by the rule of today and what was so then."""

    customer_id: UUID
    change: Annotated[ChangeKind, Says(Words("which way", "方向"))]
    at: Annotated[datetime, Says(Words("the first instant at which it is so", "起始时刻"))]
    cause: Annotated[
        ChangeCause,
        Says(
            Words("why", "原因"),
            "DATA: something happened or was changed at that instant; MANUAL: somebody changed a list; TIME_PASSED: "
            "neither, the bound of a window or a day passed.",
        ),
    ]


def changes_of(
    segment: type[Segment],
    rule: Rule,
    from_: Annotated[datetime, Says(Words("from", "起"), "Changes after this instant.")],
    to: Annotated[datetime, Says(Words("to", "止"), "Up to and with this one; nothing is later than now.")],
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
) -> Select[SegmentChange]:
    """Who came and who left, in the order of the instants; at most 366 days at once.

    Refuses with ``RuleInvalid`` a rule that depends on other customers, as ranks do.  FORBIDDEN where the rule reads
    personal data that the caller may not see: the instants would tell it.
    """
    del segment
    if not sees_personal:
        forbid_personal(rule, terms)
    issues = tuple(_issues(from_, to))
    if issues:
        raise Refused(Invalid(path=issues[0].path, fields=issues))
    now = Moment.of(clock).now
    start, end = literal(from_, INSTANT), func.least(literal(to, INSTANT), now, type_=INSTANT)
    try:
        return _changes(rule, start, end, terms, clock)
    except NoInstants as unknown:
        raise refused(issue("rule", unknown.reason.en, unknown.reason.zh)) from unknown


def customer_of(change: type[SegmentChange]) -> Select[Customer]:
    """Who."""
    row: Any = change
    return select(Customer).where(Customer.id == row.customer_id)


def _changes(
    rule: Rule, start: ColumnElement[Any], end: ColumnElement[Any], terms: Terms, clock: Clock
) -> Select[SegmentChange]:
    found = possible(rule, _WHO, start, end, terms=terms, clock=clock, zone=ZONE).lateral("possible")
    changed = (
        select(_WHO.c.id, found.c.at)
        .select_from(_WHO.join(found, true()))
        .where(_WHO.c.merged_into.is_(None), *there(_WHO.c), found.c.at > start, found.c.at <= end)
        # In this order, so that for a page no more are asked than it takes.
        .order_by(found.c.at, _WHO.c.id)
        .subquery("changed")
    )
    before = member_then(rule, changed, changed.c.at - MICROSECOND, terms=terms, clock=clock)
    after = member_then(rule, changed, changed.c.at, terms=terms, clock=clock)
    change = case((after, _text(ChangeKind.ENTERED)), else_=_text(ChangeKind.LEFT))
    cause = _cause(changed, rule, Reading(Moment.of(clock), start, end, ZONE, only_events=True), terms)
    shown = (changed.c.id.label("customer_id"), changed.c.at, change.label("change"), cause.label("cause"))
    return select(*shown).select_from(changed).where(before != after)


def _cause(changed: FromClause, rule: Rule, reading: Reading, terms: Terms) -> ColumnElement[Any]:
    form = normal(rule, terms)
    known = select(_ANY.c.registered_at.label("at")).correlate_except()
    said, happened = by_hand(form, _ANY, reading, terms), [known, *instants(form, _ANY, reading, terms)]
    told = [(said, ChangeCause.MANUAL), (happened, ChangeCause.DATA)]
    whens = [(_among(changed, some), _text(cause)) for some, cause in told if some]
    return case(*whens, else_=_text(ChangeCause.TIME_PASSED))


def _among(changed: FromClause, instants_of: Sequence[Select[Any]]) -> ColumnElement[bool]:
    """Whether the instant of a change is one of these of the customer."""
    each = union(*instants_of).lateral("happened")
    same = exists(_ONE).select_from(_ANY.join(each, true())).where(_ANY.c.id == changed.c.id, each.c.at == changed.c.at)
    return same.correlate(changed)


def _text(value: StrEnum) -> ColumnElement[Any]:
    return literal_column(f"'{value}'", Text())


def _issues(from_: datetime, to: datetime) -> Iterator[FieldIssue]:
    """An impossible span, too long a one."""
    yield from span_issues(from_, to)
    if to - from_ > timedelta(days=MOST_DAYS):
        text = Words(f"At most {MOST_DAYS} days at once.", f"一次最多 {MOST_DAYS} 天。")
        yield FieldIssue(path=("to",), code=ProblemCode.TOO_COMPLEX, text=text)
