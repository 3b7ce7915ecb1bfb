"""How many are in a segment at each of many instants, by what was so then, and how many came and went in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Select,
    Uuid,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    true,
)

from domain.past import AsOf
from domain.refusal import FieldIssue, Invalid, ProblemCode, Refused
from domain.rules.grouped import Shape
from domain.rules.moment import INSTANT, MONTH, SECOND, Moment, moved
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.segments.members import member_ids
from domain.segments.segment import Segment
from domain.segments.span import span_issues
from domain.time import Clock, Duration
from domain.words import Says, Words

MOST_POINTS = 400
_MONTH_S = 28 * 86_400  # or longer
_ONE, _ZERO = literal_column("1", Integer()), literal_column("0", Integer())


def history_of(
    segment: type[Segment],
    rule: Rule,
    from_: Annotated[datetime, Says(Words("from", "起"), "The first point.")],
    to: Annotated[datetime, Says(Words("to", "止"), "No point is later, nor than now.")],
    step: Annotated[Duration, Says(Words("step", "步长"), "To the next point; months on the merchant's clock.")],
    *,
    terms: Terms,
    clock: Clock,
) -> Select[Any]:
    """The members at each instant, by the rule of today and what was so then; at most 400 points."""
    del segment
    issues = tuple(_issues(from_, to, step))
    if issues:
        raise Refused(Invalid(path=issues[0].path, fields=issues))
    points = _points(from_, to, step, clock)
    n, at = points.c.n, points.c.at
    then = member_ids(rule, terms=terms, clock=replace(clock, now=at), shape=Shape.ALL).correlate(points)
    ids = AsOf(func.array(then.scalar_subquery(), type_=ARRAY(Uuid())), at)
    each = func.unnest(ids).table_valued(column("id", Uuid()), name="each").render_derived().lateral()
    before = func.lag(n).over(partition_by=each.c.id, order_by=n)
    lines = select(n, before.is_distinct_from(n - _ONE).label("entered")).select_from(points.join(each, true()))
    members = lines.subquery("members")
    here, entered = func.count(members.c.n), func.count().filter(members.c.entered, n > _ONE)
    counted = (
        select(n, at, here.label("count"), entered.label("entered"))
        .select_from(points.outerjoin(members, members.c.n == n))
        .group_by(n, at)
        .subquery("counted")
    )
    # Who were in before and are not new were in at both.
    stayed = counted.c.count - counted.c.entered
    left = func.lag(counted.c.count).over(order_by=counted.c.n) - stayed
    numbers = {"count": counted.c.count, "entered": counted.c.entered, "left": func.coalesce(left, _ZERO)}
    shown = (cast(value, Integer).label(name) for name, value in numbers.items())
    return select(counted.c.at, *shown).order_by(counted.c.n)


def _points(from_: datetime, to: datetime, step: Duration, clock: Clock) -> FromClause:
    """``n`` from 1, and the instant ``at``: so many steps after the first."""
    moment = Moment.of(clock)
    # No more than there can be: further ones might leave PostgreSQL's calendar before they are left out.
    most = min(MOST_POINTS, int((to - from_).total_seconds() // _shortest_s(step)) + 1)
    series = func.generate_series(_ONE, literal(most, Integer()))
    number = series.table_valued(column("n", Integer()), name="number").render_derived()
    start = literal(from_, INSTANT)
    steps: ColumnElement[float] = cast(number.c.n - _ONE, Double())
    at = moved(start, steps * step.seconds, SECOND)
    if step.months:
        local = moved(moment.local(start), steps * step.months, MONTH)
        at = moved(func.timezone(moment.zone, local, type_=INSTANT), steps * step.seconds, SECOND)
    points = select(number.c.n, at.label("at")).subquery("steps")
    within = points.c.at <= func.least(literal(to, INSTANT), moment.now)
    return select(points.c.n, points.c.at).where(within).cte().prefix_with("MATERIALIZED")


def _shortest_s(step: Duration) -> int:
    """Seconds that a step takes at least."""
    return step.months * _MONTH_S + step.seconds


def _issues(from_: datetime, to: datetime, step: Duration) -> Iterator[FieldIssue]:
    """An impossible span, a step that leads nowhere, too many points."""
    yield from span_issues(from_, to)
    length = _shortest_s(step)
    if length <= 0:
        text = Words("Longer than nothing.", "须大于零。")
        yield FieldIssue(path=("step",), code=ProblemCode.OUT_OF_RANGE, text=text)
    elif (to - from_).total_seconds() >= MOST_POINTS * length:
        text = Words(f"At most {MOST_POINTS} points: take a longer step.", f"最多 {MOST_POINTS} 个点：请加大步长。")
        yield FieldIssue(path=("step",), code=ProblemCode.TOO_COMPLEX, text=text)
