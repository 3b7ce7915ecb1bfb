"""Instants of the made-up shop: a grid of days on which events meet the bounds of windows, and the clocks asked."""

import random
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# Europe/Berlin changed its clocks on 2025-10-26 and 2026-03-29: both lie within the windows of these questions.
# In America/Havana one midnight a year does not exist (2026-03-08) and one comes twice (2025-11-02).
ZONES = ("Europe/Berlin", "Asia/Shanghai", "America/Havana", "UTC")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # in Berlin and Shanghai it is April already, in Havana not
NOWS = (NOW, NOW - timedelta(days=1), NOW - timedelta(days=99), NOW - timedelta(days=156))
MONTHS = (1, 2, 3, 6, 12)
DAYS = (1, 2, 7, 14, 30, 60, 90, 100, 180, 365)  # of windows
DAY = timedelta(days=1)


def midnight(day: date, zone: str) -> datetime:
    """The beginning of a day as PostgreSQL has it: where it comes twice the later, where it is left out the moment."""
    local = datetime.combine(day, time(), ZoneInfo(zone))
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(first, second)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def before(now: datetime, months: int, seconds: int, zone: str) -> datetime:
    """``now`` less a duration: months on the calendar of the zone and from its day's beginning, seconds exactly."""
    if months:
        now = midnight(months_before(now.astimezone(ZoneInfo(zone)).date(), months), zone)
    return now - timedelta(seconds=seconds)


@dataclass(frozen=True)
class When:
    """When and on whose calendar a question is asked."""

    now: datetime
    zone: str = "UTC"
    week_start: int = 1
    fiscal_year_start: int = 1

    def before(self, duration: Any) -> datetime:
        """``now`` less a duration."""
        return before(self.now, duration.months, duration.seconds, self.zone)

    def after(self, duration: Any, instant: datetime | None = None) -> datetime:
        """``now``, or another instant, and a duration: months from its day's beginning, seconds exactly."""
        at = self.now if instant is None else instant
        if duration.months:
            at = midnight(months_before(at.astimezone(ZoneInfo(self.zone)).date(), -duration.months), self.zone)
        return at + timedelta(seconds=duration.seconds)

    @property
    def today(self) -> date:
        """The day it is."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def day_of(self, value: date | datetime) -> date:
        """The day of an instant; a day is its own."""
        return value.astimezone(ZoneInfo(self.zone)).date() if isinstance(value, datetime) else value

    def period(self, period: Any, later: int = 0) -> tuple[date, date]:
        """The first day of a calendar period, and of the next."""
        offset, first = period.offset + later, self.fiscal_year_start if period.fiscal else 1
        match period.unit:
            case "DAY":
                return self.today + DAY * offset, self.today + DAY * (offset + 1)
            case "WEEK":
                began = next(d for n in range(7) if (d := self.today - DAY * n).isoweekday() == self.week_start)
                return began + DAY * 7 * offset, began + DAY * 7 * (offset + 1)
        length = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[period.unit]
        months = range(self.today.year * 12 - 40, self.today.year * 12 + 13)
        this = max(m for m in months if (m - (first - 1)) % length == 0 and first_of(m) <= self.today)
        return first_of(this + length * offset), first_of(this + length * (offset + 1))


def first_of(month: int) -> date:
    """The first day of a month, counted from year 0."""
    return date(month // 12, month % 12 + 1, 1)


def beginnings(day: date) -> list[date]:
    """First days of months, quarters and weeks about a day."""
    months = [first_of(day.year * 12 + day.month - 1 - n) for n in (0, 1, 3)]
    return [*months, day - DAY * (day.weekday()), day - DAY * (day.weekday() + 7)]


def pool() -> list[datetime]:
    """Instants that lie on bounds, with those beside them; those of the questions themselves several times."""
    on_months = [before(now, months, 0, zone) for now in NOWS for zone in ZONES for months in MONTHS]
    on_days = [now - DAY * days for now in NOWS for days in (0, 0, 0, 0, *DAYS)]
    other_days = [NOW - DAY * days for days in (*range(-10, 60, 3), *range(60, 420, 11))]
    midnights = [midnight((NOW - DAY * days).date(), ZONES[0]) for days in (*range(-3, 40, 2), *range(150, 165, 3))]
    periods = [midnight(day, zone) for now in NOWS for zone in ZONES for day in beginnings(When(now, zone).today)]
    beside = [at + timedelta(microseconds=1) for at in (*on_months, *NOWS)] + [
        at + timedelta(hours=1) for at in on_days
    ]
    return [*on_months, *on_days, *on_days, *other_days, *midnights, *periods, *beside]


POOL = sorted(pool())
BOUNDS = sorted(set(POOL))


def some_instant(chance: random.Random, earliest: datetime | None = None) -> datetime:
    """One of the pool; not before ``earliest`` if possible."""
    found = chance.choice(POOL)
    return found if earliest is None or found >= earliest else max(chance.choice(POOL), earliest)
