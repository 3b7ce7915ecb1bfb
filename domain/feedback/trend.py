"""Satisfaction by period: each period of the tenant's calendar measured as a window of its own.

A range of instants per period lets each be answered from the index on (kind, submitted_at); grouping by a formatted
date would read and format every answer.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from sqlalchemy import Date, DateTime, Integer, Interval, Select, Text, cast, func, literal_column, select, true

from domain.feedback.feedback import Feedback, FeedbackKind
from domain.feedback.measures import Dedupe, FeedbackDedupe, measured
from domain.rules.moment import Moment
from domain.rules.terms import Terms
from domain.segments.members import member_ids
from domain.segments.read import Where
from domain.time import Clock
from domain.words import Says, Words

MOST_PERIODS = 60


class PeriodUnit(Enum):
    """A period of the calendar, in the tenant's time zone."""

    MONTH = ("month", "1 month")
    QUARTER = ("quarter", "3 months")
    YEAR = ("year", "1 year")


def feedback_trend(
    kind: FeedbackKind,
    step: PeriodUnit = PeriodUnit.MONTH,
    periods: Annotated[int, Says(Words("number of periods", "期数"), "1 to 60, the current one included.")] = 12,
    where: Where = None,
    dedupe: Dedupe = FeedbackDedupe.LATEST_PER_CUSTOMER,
    *,
    terms: Terms,
    clock: Clock,
) -> Select[Any]:
    """Satisfaction in each of the last periods, oldest first; of the customers for whom the rule holds."""
    field, length = step.value
    moment = Moment.of(clock)
    unit = literal_column(f"interval '{length}'", Interval())
    today = func.date_trunc(literal_column(f"'{field}'", Text()), func.timezone(moment.zone, moment.now))
    count = func.least(func.greatest(periods, literal_column("1")), literal_column(str(MOST_PERIODS)))
    back = func.generate_series(count - literal_column("1", Integer()), literal_column("0"), literal_column("-1"))
    number = back.column_valued("periods_back")
    starts = cast(today - number * unit, DateTime())
    period = select(
        starts.label("day"),
        func.timezone(moment.zone, starts).label("start"),
        func.timezone(moment.zone, starts + unit).label("end"),
    ).subquery("period")
    at = Feedback.submitted_at
    within = (at >= period.c.start) & (at < period.c.end) & (at <= moment.now)
    members = None if where is None else member_ids(where, terms=terms, clock=clock)
    found = measured(kind, within, members, dedupe).lateral("measured")
    return (
        select(cast(period.c.day, Date).label("period"), *found.c)
        .select_from(period.join(found, true()))
        .order_by(period.c.day)
    )
