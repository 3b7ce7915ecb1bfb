"""Windows: which events of a source count, by the instant they happened.  Nothing after the clock's now ever does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, literal

from domain.rules.moment import INSTANT, Moment, PeriodUnit
from domain.rules.text.phrase import Choice, Named, Phrase
from domain.time import Duration
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class AllTime:
    """Everything until now."""


@dataclass(frozen=True, slots=True)
class Last:
    """After now less ``duration``, up to and with now."""

    phrases: ClassVar = (
        Phrase("over last {duration}", "于 近 {duration}", says=Words("in the last {duration}", "最近{duration}")),
    )
    duration: Duration


@dataclass(frozen=True, slots=True)
class Between:
    """From ``start`` on, before ``end``; instants."""

    phrases: ClassVar = (
        Phrase(
            "over from {start} to {end}",
            "于 自 {start} 至 {end}",
            says=Words("from {start} until before {end}", "自{start}起至{end}前"),
        ),
    )
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Ago:
    """A slice of the past: after now less ``start``, up to and with now less ``end``; ``start`` is the longer."""

    phrases: ClassVar = (
        Phrase(
            "over ago {start} to {end}",
            "在过去之间 {start} 至 {end}",
            says=Words("between {start} and {end} ago", "{start}前至{end}前之间"),
        ),
    )
    start: Duration
    end: Duration


UNITS = {
    PeriodUnit.DAY: Words("day", "日"),
    PeriodUnit.WEEK: Words("week", "周"),
    PeriodUnit.MONTH: Words("month", "月"),
    PeriodUnit.QUARTER: Words("quarter", "季度"),
    PeriodUnit.YEAR: Words("year", "年"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the calendar, counted from the one that today lies in."""

    phrases: ClassVar = (
        Phrase("fiscal {unit} [moved {offset}]", "财年 {unit} [偏移 {offset}]", {"fiscal": True}),
        Phrase("{unit} [moved {offset}]", "{unit} [偏移 {offset}]"),
    )
    unit: Annotated[PeriodUnit, Says(Words("unit", "单位")), Choice(UNITS)]
    offset: Annotated[int, Says(Words("offset", "偏移"), "So many periods later; earlier when negative.")] = 0
    fiscal: Annotated[
        bool, Says(Words("fiscal", "财年"), "Quarters and years as the merchant's fiscal year has them.")
    ] = False

    def moved(self, by: int) -> Period:
        """The period so many later."""
        return replace(self, offset=self.offset + by)


@dataclass(frozen=True, slots=True)
class Current:
    """In the calendar period that now lies in, or one counted from it."""

    phrases: ClassVar = (Phrase("over this {period}", "于 本 {period}", says=Words("in this {period}", "本{period}")),)
    period: Period


@dataclass(frozen=True, slots=True)
class Previous:
    """In the calendar period before the one that now lies in, or one counted from it."""

    phrases: ClassVar = (
        Phrase("over previous {period}", "于 上一 {period}", says=Words("in the previous {period}", "上一{period}")),
    )
    period: Period


@dataclass(frozen=True, slots=True)
class LastN:
    """The latest ``n`` of the events that match; of one instant, those with the greater ids."""

    phrases: ClassVar = (
        Phrase("over latest {n} events", "于 最新 {n} 次", says=Words("among the latest {n}", "最新{n}次中")),
    )
    n: int


@dataclass(frozen=True, slots=True)
class FirstN:
    """The earliest ``n`` of the events that match; of one instant, those with the smaller ids."""

    phrases: ClassVar = (
        Phrase("over earliest {n} events", "于 最早 {n} 次", says=Words("among the earliest {n}", "最早{n}次中")),
    )
    n: int


class AnchorField(StrEnum):
    """A date of the customer's own.  Orders that were cancelled by now are none."""

    REGISTERED_AT = "REGISTERED_AT"
    FIRST_ORDER_AT = "FIRST_ORDER_AT"
    LAST_ORDER_AT = "LAST_ORDER_AT"
    LAST_INTERACTION_AT = "LAST_INTERACTION_AT"
    LAST_FEEDBACK_AT = "LAST_FEEDBACK_AT"


@dataclass(frozen=True, slots=True)
class After:
    """After a date of the customer's own, up to and with ``within`` later; nothing when there is no such date."""

    phrases: ClassVar = (
        Phrase(
            "over first {within} after {anchor}",
            "于 首 {within} 起自 {anchor}",
            says=Words("in the first {within} after {anchor}", "自{anchor}起首{within}"),
        ),
    )
    anchor: Annotated[
        AnchorField, Says(Words("after", "之后"), "The event at that very instant does not count."), Named()
    ]
    within: Annotated[Duration, Says(Words("within", "之内"))]


ALL_TIME = AllTime()
Window = AllTime | Last | Between | Ago | Current | Previous | LastN | FirstN | After
Counted = LastN | FirstN
# Where the fields of a window stand in JSON, below ``window``.
PLACES: dict[type, tuple[tuple[str, ...], ...]] = {
    AllTime: (),
    Last: (("last",),),
    Between: (("between", "from"), ("between", "to")),
    Ago: (("ago", "from"), ("ago", "to")),
    Current: (("current",),),
    Previous: (("previous",),),
    LastN: (("lastN",),),
    FirstN: (("firstN",),),
    After: (("after", "anchor"), ("after", "within")),
}


def bounds(
    window: Window, at: Any, moment: Moment, anchor: ColumnElement[Any] | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of a window on an instant, but that it is not after now; ``anchor`` is what ``After`` names."""
    match window:
        case Last(duration):
            return [at > moment.before(duration)]
        case Between(start, end):
            return [at >= literal(start, INSTANT), at < literal(end, INSTANT)]
        case Ago(start, end):
            return [at > moment.before(start), at <= moment.before(end)]
        case Current(period):
            return [at >= begin(period, moment), at < begin(period.moved(1), moment)]
        case Previous(period):
            return bounds(Current(period.moved(-1)), at, moment)
        case After(_, within) if anchor is not None:
            return [at > anchor, at <= moment.shifted(anchor, within)]
    return []


def start(window: Window, moment: Moment) -> ColumnElement[Any] | None:
    """The instant that a window has nothing before; null when there is none that all customers share."""
    match window:
        case Last(duration):
            return moment.before(duration)
        case Between(first, _):
            return literal(first, INSTANT)
        case Ago(first, _):
            return moment.before(first)
        case Current(period):
            return begin(period, moment)
        case Previous(period):
            return begin(period.moved(-1), moment)
    return None


def end(window: Window, moment: Moment) -> ColumnElement[Any] | None:
    """The instant that a window has nothing after; null of one that ends now, or differs from customer to customer."""
    match window:
        case Between(_, last):
            return literal(last, INSTANT)
        case Ago(_, last):
            return moment.before(last)
        case Current(period):
            return begin(period.moved(1), moment)
        case Previous(period):
            return begin(period, moment)
    return None


def begin(period: Period, moment: Moment) -> ColumnElement[Any]:
    """The first instant of a period."""
    return moment.period(period.unit, period.offset, period.fiscal)


def first_day(period: Period, moment: Moment) -> ColumnElement[Any]:
    """The first day of a period."""
    return moment.day_of_period(period.unit, period.offset, period.fiscal)


def preceding(window: Window) -> Window | None:
    """The equally long window right before; null of one that has none."""
    match window:
        case Last(duration):
            return Ago(_twice(duration, Duration()), duration)
        case Ago(start, end):
            earlier = _twice(start, end)
            return Ago(earlier, start) if earlier.months >= 0 <= earlier.seconds else None
        case Between(start, end):
            return None if start.year * 2 <= end.year else Between(start - (end - start), start)
        case Current(period) | Previous(period):
            return type(window)(period.moved(-1))
    return None


def _twice(longer: Duration, shorter: Duration) -> Duration:
    return Duration(2 * longer.months - shorter.months, 2 * longer.seconds - shorter.seconds)
