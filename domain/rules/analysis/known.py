"""What the counts of events say of one another, and of the other aggregates of the same events."""

from __future__ import annotations

from typing import Any

from domain.rules.analysis.cells import NOTHING, Cell
from domain.rules.facts import Aggregate
from domain.rules.window import Ago, AllTime, Last, Window
from domain.time import Duration

_OF_ROWS = ("count", "distinct")
_NONE_OF_NONE = ("min", "max", "avg", "stddev", "latest", "span", "gap")


def together(one: Any, of_one: Cell, other: Any, of_other: Cell) -> bool:
    """Whether two subjects can have values of these parts at once; true where nothing is known."""
    return _allowed(one, of_one, other, of_other) and _allowed(other, of_other, one, of_one)


def related(one: Any, other: Any) -> bool:
    """Whether ``together`` may say no."""
    a, b = aggregate_of(one), aggregate_of(other)
    return a is not None and b is not None and a.source == b.source and "count" in (a.function, b.function)


def aggregate_of(subject: Any) -> Aggregate | None:
    """The aggregate that a subject is, or is the age of."""
    if isinstance(subject, tuple) and len(subject) == 3 and subject[0] == "age":
        subject = subject[1]
    return subject if isinstance(subject, Aggregate) else None


def _allowed(one: Any, of_one: Cell, other: Any, of_other: Cell) -> bool:
    few, many = aggregate_of(one), aggregate_of(other)
    if few is None or many is None or many.function != "count" or few.source != many.source:
        return True
    if few.function in _OF_ROWS and _within(few, many):
        return of_one.low is None or of_other.high is None or of_one.low <= of_other.high
    if (few.where, few.window, few.clock) != (many.where, many.window, many.clock):
        return True
    none = of_other.high == 0
    if few.function in _NONE_OF_NONE:
        nothing = of_one.value is NOTHING
        if none:
            return nothing
        some = of_other.low is not None and of_other.low > 0
        return not (some and nothing and few.field is None and few.function in ("min", "max"))
    if few.function == "sum" and none:
        return (of_one.low is None or of_one.low <= 0) and (of_one.high is None or of_one.high >= 0)
    return True


def _within(few: Aggregate, many: Aggregate) -> bool:
    """Whether every row of the one is a row of the other."""
    return set(many.where) <= set(few.where) and _window_within(few, many)


def _window_within(few: Aggregate, many: Aggregate) -> bool:
    inner, outer = few.window, many.window
    if isinstance(outer, AllTime):
        return True
    if few.clock != many.clock:
        return False
    if inner == outer:
        # Of the latest n that match more there may be fewer of others.
        return isinstance(inner, Last | Ago) or few.where == many.where or _of_time(inner)
    return _longest(inner) is not None and isinstance(outer, Last) and _as_long(outer.duration, _longest(inner))


def _of_time(window: Window) -> bool:
    return not hasattr(window, "n")


def _longest(window: Window) -> Duration | None:
    match window:
        case Last(duration):
            return duration
        case Ago(start, _):
            return start
    return None


def _as_long(longer: Duration, shorter: Duration | None) -> bool:
    """Whether one reaches at least as far back, in every calendar."""
    return shorter is not None and longer.months >= shorter.months and longer.seconds >= shorter.seconds
