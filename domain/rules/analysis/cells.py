"""Cells: the values of one subject in parts within which no claim of a rule tells two values apart.

A claim about which too little is known gets a subject of its own: then more is thought possible than is, so that what
is proven still holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations
from typing import Any, NamedTuple

from domain.rules.claims import Claim, Empty
from domain.rules.durations import DurationTest
from domain.rules.tests import BooleanTest, DateTest, NumberTest, SetTest, TextTest, TimeTest

FALSE, UNKNOWN, TRUE = 0, 1, 2
MOST_ELEMENTS, MOST_PATTERNS, MOST_POINTS = 5, 3, 400
MOST_TEXTS = 1_000
NOTHING, OTHER, _NOW = object(), object(), Fraction(0)
_BELOW = ("gt", "gte", "after", "on_or_after")
_ABOVE = ("lt", "lte", "before", "on_or_before")
_PATTERNS = ("contains", "starts_with", "ends_with")
_DAY_S = 86_400
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Length:
    """A comparison of how long ago something was: from ``low`` on or beyond it, up to ``high`` or before it."""

    low: Fraction
    high: Fraction
    low_is_in: bool
    high_is_in: bool


class Cell(NamedTuple):
    """A value that stands for all of its part; of numbers the least and greatest of the part, null beyond all."""

    value: Any
    low: Fraction | None = None
    high: Fraction | None = None


def apart(claim: Claim) -> Iterator[Claim]:
    """The same as claims of which each can be reasoned about alone: what is relative to now is about an age."""
    test = claim.test
    if isinstance(test, DurationTest):
        yield _of_length(claim, test)
    elif isinstance(test, TimeTest | DateTest):
        yield from _of_time(claim, test)
    elif _is_simple(test):
        yield claim
    else:
        yield _riddle(claim, test)


def cells_of(asked: Sequence[Claim]) -> list[Cell]:
    """The parts of the values of one subject."""
    first = asked[0]
    made: list[Cell]
    match first.test:
        case NumberTest() | TimeTest() | DateTest() | Length():
            made = list(_intervals(asked))
        case TextTest():
            made = [Cell(value) for value in _texts(asked)]
        case SetTest():
            elements = sorted({each for claim in asked for each in _elements(claim.test)})
            subsets = chain.from_iterable(combinations(elements, n) for n in range(len(elements) + 1))
            made = [Cell(frozenset((*some, *rest))) for some in subsets for rest in ((), (OTHER,))]
        case _:
            made = [Cell(True), Cell(False)]
    return made if first.empty is Empty.NEVER else [*made, Cell(NOTHING)]


def fits(asked: Sequence[Claim]) -> bool:
    """Whether the cells of claims about one subject are few enough, and of one kind."""
    if len({type(claim.test) for claim in asked}) > 1 and not all(
        isinstance(claim.test, NumberTest | Length) for claim in asked
    ):
        return False
    match asked[0].test:
        case SetTest():
            return len({each for claim in asked for each in _elements(claim.test)}) <= MOST_ELEMENTS
        case TextTest():
            texts, patterns = _mentioned(asked)
            return len(patterns) <= MOST_PATTERNS and len(texts) * len(asked) <= MOST_TEXTS
        case None:
            return True
    return sum(len(list(_points(claim.test))) for claim in asked) <= MOST_POINTS


def outcome(claim: Claim, value: Any) -> int:
    """What a claim is of a value: FALSE, UNKNOWN or TRUE."""
    if value is NOTHING:
        return _of_nothing(claim)
    if claim.test is None:
        return TRUE if value else FALSE
    if isinstance(claim.test, Length):
        return TRUE if _within(claim.test, value) else FALSE
    passes = (_passes(name, asked, value) for name, asked in _given(claim.test))
    return TRUE if all(passes) else FALSE


def _of_nothing(claim: Claim) -> int:
    if claim.empty is Empty.ZERO:
        return outcome(claim, Fraction(0))
    asked = dict(_given(claim.test)) if claim.test is not None and not isinstance(claim.test, Length) else {}
    if asked.get("is_null") is False:
        return FALSE
    if asked.get("is_null") is True and len(asked) == 1:
        return TRUE
    return {Empty.TRUE: TRUE, Empty.FALSE: FALSE}.get(claim.empty, UNKNOWN)


def _passes(name: str, asked: Any, value: Any) -> bool:
    match name:
        case "is_null":
            return not asked
        case "eq":
            return bool(value == _number(asked))
        case "ne":
            return bool(value != _number(asked))
        case "in_":
            return value in asked
        case "not_in":
            return value not in asked
        case "gt" | "after":
            return bool(value > _number(asked))
        case "gte" | "on_or_after":
            return bool(value >= _number(asked))
        case "lt" | "before":
            return bool(value < _number(asked))
        case "lte" | "on_or_before":
            return bool(value <= _number(asked))
        case "has_any":
            return not value.isdisjoint(asked)
        case "has_all":
            return bool(value.issuperset(asked))
        case "has_none":
            return bool(value.isdisjoint(asked))
        case "is_empty":
            return (not value) is asked
    return (name, asked) in value if isinstance(value, frozenset) else _matches(name, asked, value)


def _matches(name: str, asked: str, value: str) -> bool:
    if name == "contains":
        return asked in value
    return value.startswith(asked) if name == "starts_with" else value.endswith(asked)


def _given(test: Any) -> Iterator[tuple[str, Any]]:
    return ((f.name, value) for f in fields(test) if (value := getattr(test, f.name)) is not None)


# ── numbers, days, instants
def _number(value: Any) -> Any:
    """A number, day or instant as a number; anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal | int):
        return Fraction(value)
    if isinstance(value, datetime):
        return Fraction((value - _EPOCH) // _MICROSECOND)
    return Fraction(value.toordinal()) if isinstance(value, date) else value


def _points(test: Any) -> Iterator[Fraction]:
    if isinstance(test, Length):
        yield from (test.low, test.high)
        return
    for name, asked in _given(test):
        if name != "is_null":
            yield _number(asked)


def _intervals(asked: Sequence[Claim]) -> Iterator[Cell]:
    first = asked[0]
    least, below = (None if each is None else Fraction(each) for each in (first.least, first.below))
    points = {point for claim in asked for point in _points(claim.test)} | {Fraction(0)}
    points |= {point for point in (least, below) if point is not None}
    ordered = sorted(points)
    for before, point in zip([None, *ordered], [*ordered, None], strict=True):
        middle = _between(before, point, first.whole)
        if middle is not None and _possible(middle, least, below):
            low, high = before, point
            if first.whole:  # the whole numbers between
                low, high = (None if before is None else _next(before)), (None if point is None else -_next(-point))
            yield Cell(middle, low, high)
        if point is not None and _possible(point, least, below) and (not first.whole or point.denominator == 1):
            yield Cell(point, point, point)


def _between(low: Fraction | None, high: Fraction | None, whole: bool) -> Fraction | None:
    if low is None or high is None:
        return high - 1 if high is not None and not whole else _edge(low, high)
    if not whole:
        return (low + high) / 2
    found = _next(low)
    return found if found < high else None


def _edge(low: Fraction | None, high: Fraction | None) -> Fraction:
    return _next(low) if low is not None else -_next(-high if high is not None else Fraction(0))


def _next(value: Fraction) -> Fraction:
    """The least whole number beyond."""
    return Fraction(value.__floor__() + 1)


def _possible(value: Fraction, least: Fraction | None, below: Fraction | None) -> bool:
    return (least is None or value >= least) and (below is None or value < below)


# ── texts and sets
def _mentioned(asked: Sequence[Claim]) -> tuple[list[str], list[tuple[str, str]]]:
    texts, patterns = set[str](), set[tuple[str, str]]()
    for claim in asked:
        for name, given in _given(claim.test):
            if name in _PATTERNS:
                patterns.add((name, given))
            elif name != "is_null":
                texts.update((given,) if isinstance(given, str) else given)
    return sorted(texts), sorted(patterns)


def _texts(asked: Sequence[Claim]) -> Iterator[Any]:
    """Each text that is named, and the others by which patterns they match."""
    texts, patterns = _mentioned(asked)
    yield from texts
    for n in range(len(patterns) + 1):
        yield from map(frozenset, combinations(patterns, n))


def _elements(test: SetTest) -> Iterator[str]:
    for given in (test.has_any, test.has_all, test.has_none):
        yield from given or ()


# ── what is relative to now
def _of_time(claim: Claim, test: Any) -> Iterator[Claim]:
    relative = [name for name in ("in_last", "in_next") if getattr(test, name) is not None]
    vague = [name for name in ("in_period", "weekday") if getattr(test, name, None) is not None]
    left = replace(test, **dict.fromkeys((*relative, *vague)))
    if any(True for _ in _given(left)):
        yield replace(claim, test=left, whole=isinstance(test, DateTest))
    days = isinstance(test, DateTest)
    for name in relative:
        ago = getattr(test, name)
        subject = ("age", claim.subject, claim.clock if days else None)
        if ago.months:
            yield _riddle(claim, (name, ago))
        elif days:
            long = Fraction(ago.seconds // _DAY_S)
            # Today is the last of the last days, and the first of the next.
            within = Length(_NOW, long, True, False) if name == "in_last" else Length(-long, _NOW, False, True)
            yield replace(claim, subject=subject, test=within, whole=True)
        else:
            long = Fraction(ago.seconds)
            within = Length(_NOW, long, True, False) if name == "in_last" else Length(-long, _NOW, True, False)
            yield replace(claim, subject=subject, test=within)
    for name in vague:
        yield _riddle(claim, (name, getattr(test, name)))


def _of_length(claim: Claim, test: DurationTest) -> Claim:
    given = test.given()
    if any(asked.months for _, asked in given):
        return _riddle(claim, test)
    bounds: dict[str, Any] = {name: Decimal(asked.seconds) for name, asked in given}
    return replace(claim, test=NumberTest(**bounds))


def _within(length: Length, value: Fraction) -> bool:
    above = value >= length.low if length.low_is_in else value > length.low
    return above and (value <= length.high if length.high_is_in else value < length.high)


def _riddle(claim: Claim, of: Any) -> Claim:
    """The same, of which only is known that equal ones agree."""
    empty = Empty.UNKNOWN if claim.empty is Empty.ZERO else claim.empty
    return Claim(("riddle", claim.subject, of, claim.clock, claim.empty), None, empty)


def riddle(claim: Claim) -> Claim:
    """The same: too much would have to be told apart."""
    return _riddle(claim, claim.test)


def _is_simple(test: Any) -> bool:
    if isinstance(test, SetTest):
        return test.size is None
    return test is None or isinstance(test, NumberTest | TextTest | BooleanTest | Length)
