"""anniversary: the day of a date comes round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    and_,
    case,
    cast,
    column,
    extract,
    func,
    literal,
    literal_column,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import NullType

from domain.customers.conditions.fields import BUILT_IN, Missing, customer_field
from domain.customers.conditions.names import FIELD
from domain.refusal import ProblemCode
from domain.rules.facts import Own
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.moment import CLOCKS, INSTANT, ClockZone, Moment
from domain.rules.seen import Seen, Unit
from domain.rules.terms import Terms
from domain.rules.tests import DateTest
from domain.rules.text.phrase import OWN, Named, Phrase
from domain.rules.turns import Reading, Turns, day_once_ago
from domain.rules.window import Period, first_day
from domain.time import Duration
from domain.words import Says, Words

_YEAR: ColumnElement[Any] = literal_column("interval '1 year'", Interval())
_FEBRUARY, _LAST, _ONE = (literal_column(text, Integer()) for text in ("2", "29", "1"))
_FIELDS = ("date", "time")
MOST_YEARS = 1_000
_YEAR_S = 365 * 86_400
_AHEAD = Phrase("next {}", "未来 {}", says=Words("within the next {}", "在未来{}内"))
_BACK = Phrase("last {}", "近 {}", says=Words("within the last {}", "在最近{}内"))
_TODAY = Phrase("today", "今天", {OWN: True})
_IN = Phrase("in {}", "处于 {}", says=Words("in this {}", "在本{}"))


class LeapDayRule(StrEnum):
    """When the 29th of February comes round in a year without one."""

    FEB_28 = "FEB_28"
    MAR_1 = "MAR_1"


@dataclass(frozen=True, slots=True)
class AnniversaryWindow:
    """When the anniversary is."""

    one_of: ClassVar = True
    whole_days: ClassVar = True
    in_next: Annotated[Duration | None, Says(Words("in the next", "未来"), "Whole days, today the first."), _AHEAD] = (
        None
    )
    in_last: Annotated[Duration | None, Says(Words("in the last", "最近"), "Whole days, today the last."), _BACK] = None
    today: Annotated[bool | None, Says(Words("today", "今天"), "Only true."), _TODAY] = None
    in_period: Annotated[Period | None, Says(Words("in a period", "所在周期")), _IN] = None

    def days(self, moment: Moment) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Its first day, and the day after its last."""
        today, tomorrow = moment.day_after(Duration()), moment.day_after(_DAY)
        if self.in_next is not None:
            return today, moment.day_after(self.in_next)
        if self.in_last is not None:
            return moment.day_before(self.in_last) + _ONE, tomorrow
        if self.in_period is not None:
            return first_day(self.in_period, moment), first_day(self.in_period.moved(1), moment)
        return today, tomorrow

    @property
    def years(self) -> int:
        """How far from today it may be, at most."""
        asked = self.in_next or self.in_last
        if asked is not None:
            return asked.months // 12 + asked.seconds // _YEAR_S + 2
        return 2 + (abs(self.in_period.offset) if self.in_period else 0)

    def turns(self, day: ColumnElement[Any], moment: Moment) -> Turns:
        """When a day comes into it, or leaves it."""
        if self.today is not None:
            return day_once_ago(day, Duration(), moment)
        return DateTest(in_last=self.in_last, in_next=self.in_next, in_period=self.in_period).turns(day, moment)


@dataclass(frozen=True, slots=True)
class Anniversary:
    """An anniversary of a date, a year or more after it, lies in a window.  UNKNOWN without the date."""

    keyword: ClassVar = "anniversary"
    example: ClassVar = "anniversary(birth_date) next 30 days"
    phrases: ClassVar = (
        Phrase(
            "anniversary({field}) {window} [nth {nth}] [leap day {leap_day}] [in {clock} time]",
            "周年({field}) {window} [第 {nth}] [闰日 {leap_day}] [以 {clock} 时间]",
            says=Words(
                "the anniversary of {field}[ number {nth}] is {window}[ (leap day: {leap_day})][ in {clock} time]",
                "{field}的[第{nth}个]周年日{window}[（闰日按{leap_day}）][（按{clock}时间）]",
            ),
        ),
    )
    field: Annotated[str, Says(Words("field", "字段"), "A field of a day or an instant, as birthDate."), FIELD]
    window: Annotated[AnniversaryWindow, Says(Words("when", "时间窗"))]
    nth: Annotated[int | None, Says(Words("only the nth", "仅第几个"), "Any when left out.")] = None
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose days."), CLOCKS] = ClockZone.TENANT
    leap_day: Annotated[LeapDayRule, Says(Words("leap day", "闰日")), Named()] = LeapDayRule.FEB_28
    certain: ClassVar = False
    timely: ClassVar = True

    def facts(self, terms: Terms) -> Mapping[str, Own]:
        """The date."""
        field = customer_field(self.field, terms)
        return {"date": field.own if field and field.test in _FIELDS else Missing()}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether the last anniversary before the window's end is not before its beginning."""
        value = facts["date"]
        if isinstance(value.type, NullType):
            return type_coerce(null(), Boolean())
        began = moment.day_of(value) if isinstance(value.type, DateTime) else value
        first, following = self.window.days(moment)
        if self.nth is not None:
            day = self._day(began, literal(self.nth, Integer()))
            return and_(day >= first, day < following)
        years = cast(extract("year", following) - extract("year", began), Integer())
        this, last = self._day(began, years), self._day(began, years - _ONE)
        passed = this < following
        latest = case((passed, this), else_=last)
        return and_(latest >= first, case((passed, years), else_=years - _ONE) >= _ONE)

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The date."""
        del moment
        value = facts["date"]
        return Seen(value, Unit.INSTANT if isinstance(value.type, DateTime) else Unit.DAY)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When an anniversary comes into the window or leaves it: the nth, or those that may between two instants."""
        moment = reading.moment
        began = moment.day_of(value) if isinstance(value.type, DateTime) else value
        if self.nth is not None:
            return self.window.turns(self._day(began, literal(self.nth, Integer())), moment)
        margin = literal(self.window.years + 1, Integer())
        first, last = (cast(extract("year", moment.day_of(at)) - extract("year", began), Integer())
                       for at in (reading.since, reading.until))  # fmt: skip
        series = func.generate_series(func.greatest(first - margin, _ONE), last + margin)
        years = series.table_valued(column("n", Integer()), name="years").render_derived()
        made = func.unnest(array(self.window.turns(self._day(began, years.c.n), moment)))
        each = select(made).select_from(years).correlate_except(years).scalar_subquery()
        return [func.array(each, type_=ARRAY(INSTANT))]

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that is not known or no date, a number of years that cannot be."""
        field = customer_field(self.field, terms)
        if field is None:
            yield unknown("field", self.field, (*BUILT_IN, *terms.attributes))
        elif field.test not in _FIELDS:
            yield issue("field", f"{self.field} is no date.", f"{self.field} 不是日期。", ProblemCode.TYPE_MISMATCH)
        if self.window.today is False:
            yield issue(("window", "today"), "today can only be true.", "today 只能为 true。")
        if self.nth is not None and not 1 <= self.nth <= MOST_YEARS:
            yield issue("nth", f"Between 1 and {MOST_YEARS}.", f"须在 1 至 {MOST_YEARS} 之间。")

    def _day(self, began: ColumnElement[Any], years: ColumnElement[Any]) -> ColumnElement[Any]:
        """The anniversary after so many years.  PostgreSQL clamps the 29th of February to the 28th."""
        day: ColumnElement[Any] = cast(began + cast(years, Double()) * _YEAR, Date())
        if self.leap_day is LeapDayRule.FEB_28:
            return day
        leapt = and_(extract("month", began) == _FEBRUARY, extract("day", began) == _LAST, extract("day", day) != _LAST)
        return case((leapt, day + _ONE), else_=day)


_DAY = Duration(0, 86_400)
