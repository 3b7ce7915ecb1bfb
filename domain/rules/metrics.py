"""Measures of one customer that rules can compare and rank by.  Each is declared once, by the subject that knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Numeric, extract, func, literal_column, type_coerce

from domain.rules.facts import Aggregate, Composed, Fact, Own
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms
from domain.rules.text.phrase import Named
from domain.rules.window import Window
from domain.words import Words

_DAY_S = literal_column("86400", Numeric())
Known = Mapping[str, ColumnElement[Any]]


class MetricKey(StrEnum):
    """A measure of one customer.  Amounts are in the base currency; days are whole ones of 24 hours."""

    ORDER_COUNT = "ORDER_COUNT"
    NET_SPEND = "NET_SPEND"
    AVG_ORDER_VALUE = "AVG_ORDER_VALUE"
    DAYS_SINCE_ORDER = "DAYS_SINCE_ORDER"
    AVG_ORDER_GAP_DAYS = "AVG_ORDER_GAP_DAYS"
    RETURN_RATE = "RETURN_RATE"
    INTERACTION_COUNT = "INTERACTION_COUNT"
    DAYS_SINCE_INTERACTION = "DAYS_SINCE_INTERACTION"
    NPS_LAST = "NPS_LAST"
    CSAT_AVG = "CSAT_AVG"
    RECEIVABLE = "RECEIVABLE"
    TENURE_DAYS = "TENURE_DAYS"


def _label(key: Any, terms: Terms) -> Words:
    return metric_of(key, terms).label


METRIC = Named(label=_label)


@dataclass(frozen=True, slots=True)
class Metric:
    """What must be known in a window, on a clock, and the number that it makes: null where there is none."""

    label: Words
    facts: Callable[[Window, ClockZone], Mapping[str, Own | Aggregate]]
    value: Callable[[Known, Moment], ColumnElement[Any]]
    timed: bool = True  # whether a window changes it
    counted: bool = True  # whether the window may be so many events

    def made(self, window: Window, clock: ClockZone) -> Composed:
        """The number, as a fact."""
        return Composed(tuple(self.facts(window, clock).items()), self.value, clock)


def metric_of(key: MetricKey, terms: Terms) -> Metric:
    """The metric, from the conditions that the terms' rules may be made of."""
    declared: Iterator[Mapping[MetricKey, Metric]] = (getattr(of, "metrics", {}) for of in terms.vocabulary)
    return next(metrics[key] for metrics in declared if key in metrics)


def plain_aggregate(made: Composed) -> Fact:
    """What a metric is when it is nothing but an aggregate; else the metric."""
    ((_, fact), *more) = made.parts
    return fact if made.value is itself and not more and isinstance(fact, Aggregate) else made


def itself(known: Known, moment: Moment) -> ColumnElement[Any]:
    """A metric that is a fact."""
    del moment
    return known["value"]


def whole_days(known: Known, moment: Moment) -> ColumnElement[Any]:
    """How many times 24 hours ago an instant was."""
    seconds = type_coerce(extract("epoch", moment.now - known["value"]), Numeric())
    return func.floor(seconds / _DAY_S, type_=Numeric())
