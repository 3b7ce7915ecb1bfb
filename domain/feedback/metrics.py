"""Satisfaction of whoever a rule selects, in a window."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_

from domain.feedback.feedback import Feedback, FeedbackKind
from domain.feedback.measures import Dedupe, FeedbackDedupe, measured
from domain.rules.check import check_window
from domain.rules.grouped import Shape
from domain.rules.moment import Moment
from domain.rules.terms import Terms
from domain.rules.window import bounds
from domain.segments.members import member_ids
from domain.segments.read import During, Where
from domain.time import Clock


def feedback_metrics(
    kind: FeedbackKind,
    window: During = None,
    where: Where = None,
    dedupe: Dedupe = FeedbackDedupe.LATEST_PER_CUSTOMER,
    *,
    terms: Terms,
    clock: Clock,
    shape: Shape = Shape.EACH,
) -> Select[Any]:
    """How satisfied customers were, by the answers they gave in a window.  Refuses with ``RuleInvalid``."""
    moment, at = Moment.of(clock), Feedback.submitted_at
    within = and_(*bounds(check_window(window), at, moment), at <= moment.now)
    return measured(
        kind, within, None if where is None else member_ids(where, terms=terms, clock=clock, shape=shape), dedupe
    )
