"""Satisfaction by period: each period of the tenant's calendar measured as a window of its own.

A range of instants per period lets each be answered from the index on (kind, submitted_at); grouping by a formatted
date would read and format every answer.
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import Integer, Select, cast, func, literal_column, select, true

from domain.feedback.feedback import Feedback, FeedbackKind
from domain.feedback.measures import Dedupe, FeedbackDedupe, measured
from domain.rules.grouped import Shape
from domain.rules.moment import Moment, PeriodUnit
from domain.rules.terms import Terms
from domain.segments.members import member_ids
from domain.segments.read import Where
from domain.time import Clock
from domain.words import Says, Words

MOST_PERIODS = 60
_ONE = literal_column("1", Integer())


def feedback_trend(
    kind: FeedbackKind,
    step: PeriodUnit = PeriodUnit.MONTH,
    periods: Annotated[int, Says(Words("number of periods", "期数"), "1 to 60, the current one included.")] = 12,
    where: Where = None,
    dedupe: Dedupe = FeedbackDedupe.LATEST_PER_CUSTOMER,
    fiscal: Annotated[
        bool, Says(Words("fiscal periods", "财年周期"), "Counted from the merchant's fiscal year.")
    ] = False,
    *,
    terms: Terms,
    clock: Clock,
    shape: Shape = Shape.EACH,
) -> Select[Any]:
    """Satisfaction in each of the last periods, oldest first; of the customers for whom the rule holds."""
    moment = Moment.of(clock)
    count = func.least(func.greatest(periods, literal_column("1")), literal_column(str(MOST_PERIODS)))
    back = func.generate_series(_ONE - count, literal_column("0")).column_valued("periods_back")
    number = cast(back, Integer)
    period = select(
        moment.day_of_period(step, number, fiscal).label("day"),
        moment.period(step, number, fiscal).label("start"),
        moment.period(step, number + _ONE, fiscal).label("end"),
    ).subquery("period")
    at = Feedback.submitted_at
    within = (at >= period.c.start) & (at < period.c.end) & (at <= moment.now)
    members = None if where is None else member_ids(where, terms=terms, clock=clock, shape=shape)
    found = measured(kind, within, members, dedupe).lateral("measured")
    return select(period.c.day.label("period"), *found.c).select_from(period.join(found, true())).order_by(period.c.day)
