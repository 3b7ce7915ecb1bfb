"""The instant a rule is asked at, in SQL: durations before it, and the clock's days.

``timestamptz - interval '30 days'`` would be calendar arithmetic in the session's zone, so exact parts are written
as seconds.  Months are subtracted from the beginning of the day in the clock's zone: from instants they would run
backwards at the end of a month (clamping is monotone on days).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, DateTime, Double, Interval, Text, cast, func, literal, literal_column
from sqlalchemy.sql.elements import ColumnElement

from domain.time import Clock, Duration

INSTANT = DateTime(timezone=True)
_SECOND: ColumnElement[Any] = literal_column("interval '1 second'", Interval())
_MONTH: ColumnElement[Any] = literal_column("interval '1 month'", Interval())
_DAY = literal_column("'day'", Text())


@dataclass(frozen=True, slots=True)
class Moment:
    """Now and the zone of its days, as SQL."""

    now: ColumnElement[Any]
    zone: ColumnElement[Any]

    @classmethod
    def of(cls, clock: Clock) -> Moment:
        """From a clock whose values are Python's or SQL's."""
        return cls(now=_sql(clock.now, INSTANT), zone=_sql(clock.zone, Text()))

    def before(self, duration: Duration) -> ColumnElement[Any]:
        """The instant ``duration`` before now."""
        return self._exactly(self._months_before(duration), duration.seconds)

    def day_before(self, duration: Duration) -> ColumnElement[Any]:
        """The day ``duration`` before today; exact parts are whole days."""
        local: ColumnElement[Any] = func.timezone(self.zone, self.now, type_=DateTime())
        if duration.months:
            local = func.date_trunc(_DAY, local, type_=DateTime()) - _times(duration.months, _MONTH)
        return cast(self._exactly(local, duration.seconds), Date())

    def _months_before(self, duration: Duration) -> ColumnElement[Any]:
        if not duration.months:
            return self.now
        local = func.date_trunc(_DAY, func.timezone(self.zone, self.now, type_=DateTime()), type_=DateTime())
        return func.timezone(self.zone, local - _times(duration.months, _MONTH), type_=INSTANT)

    def _exactly(self, instant: ColumnElement[Any], seconds: int) -> ColumnElement[Any]:
        return instant - _times(seconds, _SECOND) if seconds else instant


def _times(n: int, interval: ColumnElement[Any]) -> ColumnElement[Any]:
    return literal(float(n), Double()) * interval


def _sql(value: Any, type_: Any) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value, type_)
