"""The instant a rule is asked at, in SQL: durations before and after it, and the days of a clock.

``timestamptz - interval '30 days'`` would be calendar arithmetic in the session's zone, so exact parts are written
as seconds.  Months are counted from the beginning of the day in the clock's zone: from instants they would run
backwards at the end of a month (clamping is monotone on days).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, DateTime, Double, Integer, Interval, Text, cast, func, literal, literal_column
from sqlalchemy.sql.elements import ColumnElement

from domain.rules.text.phrase import Choice
from domain.time import Clock, Duration
from domain.words import Words

INSTANT = DateTime(timezone=True)
LOCAL = DateTime()
MICROSECOND: ColumnElement[Any] = literal_column("interval '1 microsecond'", Interval())
SECOND: ColumnElement[Any] = literal_column("interval '1 second'", Interval())
MONTH: ColumnElement[Any] = literal_column("interval '1 month'", Interval())
DAY: ColumnElement[Any] = literal_column("interval '1 day'", Interval())
_UTC = literal_column("'UTC'", Text())
_ONE = literal_column("1", Integer())


class ClockZone(StrEnum):
    """Whose days and months are counted: the tenant's, the customer's own where known, or those of UTC."""

    TENANT = "TENANT"
    CUSTOMER = "CUSTOMER"
    UTC = "UTC"


CLOCKS = Choice(
    {
        ClockZone.TENANT: Words("tenant", "商户"),
        ClockZone.CUSTOMER: Words("customer", "客户"),
        ClockZone.UTC: Words("utc", "世界"),
    }
)


class PeriodUnit(StrEnum):
    """A part of the calendar."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


Offset = int | ColumnElement[Any]  # a number of periods; in SQL, of many at once
# As date_trunc calls them; how many of which step they last; days or months.
_UNITS: dict[PeriodUnit, tuple[ColumnElement[Any], int, ColumnElement[Any]]] = {
    PeriodUnit.DAY: (literal_column("'day'", Text()), 1, DAY),
    PeriodUnit.WEEK: (literal_column("'week'", Text()), 7, DAY),
    PeriodUnit.MONTH: (literal_column("'month'", Text()), 1, MONTH),
    PeriodUnit.QUARTER: (literal_column("'quarter'", Text()), 3, MONTH),
    PeriodUnit.YEAR: (literal_column("'year'", Text()), 12, MONTH),
}
_TO_DAY = _UNITS[PeriodUnit.DAY][0]


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, the zone of its days, the day its weeks and the month its fiscal years begin with, as SQL."""

    now: ColumnElement[Any]
    zone: ColumnElement[Any]
    week_start: ColumnElement[Any]
    fiscal_year_start: ColumnElement[Any]

    @classmethod
    def of(cls, clock: Clock) -> Moment:
        """From a clock whose values are Python's or SQL's."""
        return cls(
            now=_sql(clock.now, INSTANT),
            zone=_sql(clock.zone, Text()),
            week_start=_sql(clock.week_start, Integer()),
            fiscal_year_start=_sql(clock.fiscal_year_start, Integer()),
        )

    def seen_by(self, clock: ClockZone, customer_zone: ColumnElement[Any]) -> Moment:
        """The same instant on a clock; a customer whose zone is not known has the tenant's."""
        match clock:
            case ClockZone.UTC:
                return replace(self, zone=_UTC)
            case ClockZone.CUSTOMER:
                return replace(self, zone=func.coalesce(customer_zone, self.zone, type_=Text()))
        return self

    def before(self, duration: Duration) -> ColumnElement[Any]:
        """The instant ``duration`` before now."""
        return self.shifted(self.now, duration, back=True)

    def after(self, duration: Duration) -> ColumnElement[Any]:
        """The instant ``duration`` after now."""
        return self.shifted(self.now, duration)

    def shifted(self, instant: ColumnElement[Any], duration: Duration, back: bool = False) -> ColumnElement[Any]:
        """The instant ``duration`` after another, or before it."""
        if duration.months:
            local = func.date_trunc(_TO_DAY, self.local(instant), type_=LOCAL)
            instant = self._instant(moved(local, duration.months, MONTH, back))
        return moved(instant, duration.seconds, SECOND, back)

    def day_before(self, duration: Duration) -> ColumnElement[Any]:
        """The day ``duration`` before today; exact parts are whole days."""
        return self._day(duration, back=True)

    def day_after(self, duration: Duration) -> ColumnElement[Any]:
        """The day ``duration`` after today; exact parts are whole days."""
        return self._day(duration)

    def local(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """What the clock shows at an instant."""
        return func.timezone(self.zone, instant, type_=LOCAL)

    def begins(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """The first instant of a day, given as a day or as what the clock shows.

        The one after the last of the day before: where a midnight is left out or comes twice, days change then.
        """
        return self._instant(cast(day, LOCAL) - MICROSECOND) + MICROSECOND

    def day_of(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day of an instant."""
        return cast(self.local(instant), Date())

    def period(self, unit: PeriodUnit, offset: Offset, fiscal: bool) -> ColumnElement[Any]:
        """The first instant of the period ``offset`` after the one that now lies in."""
        return self._instant(self._period(unit, offset, fiscal))

    def day_of_period(self, unit: PeriodUnit, offset: Offset, fiscal: bool) -> ColumnElement[Any]:
        """The first day of that period."""
        return cast(self._period(unit, offset, fiscal), Date())

    def _period(self, unit: PeriodUnit, offset: Offset, fiscal: bool) -> ColumnElement[Any]:
        return self.period_of(self.local(self.now), unit, offset, fiscal)

    def period_of(
        self, local: ColumnElement[Any], unit: PeriodUnit, offset: Offset, fiscal: bool
    ) -> ColumnElement[Any]:
        """When, as the clock shows it, the period begins that is ``offset`` after the one that ``local`` lies in."""
        name, length, step = _UNITS[unit]
        shift: ColumnElement[Any] | None = None
        if unit is PeriodUnit.WEEK:
            shift = cast(self.week_start - _ONE, Double()) * DAY
        elif fiscal:
            shift = cast(self.fiscal_year_start - _ONE, Double()) * MONTH
        began = func.date_trunc(name, local if shift is None else local - shift, type_=LOCAL)
        return moved(began if shift is None else began + shift, length * offset, step)

    def _day(self, duration: Duration, back: bool = False) -> ColumnElement[Any]:
        local = self.local(self.now)
        if duration.months:
            local = moved(func.date_trunc(_TO_DAY, local, type_=LOCAL), duration.months, MONTH, back)
        return cast(moved(local, duration.seconds, SECOND, back), Date())

    def _instant(self, local: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.timezone(self.zone, local, type_=INSTANT)


def moved(at: ColumnElement[Any], n: Offset, step: ColumnElement[Any], back: bool = False) -> ColumnElement[Any]:
    """So many steps later, or earlier."""
    if isinstance(n, int) and not n:
        return at
    number: ColumnElement[Any] = literal(float(n), Double()) if isinstance(n, int) else cast(n, Double())
    distance: ColumnElement[Any] = number * step
    return at - distance if back else at + distance


def _sql(value: Any, type_: Any) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value, type_)
