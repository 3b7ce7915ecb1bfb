"""Random tests of values and random windows, their bounds drawn from where the made-up shop has values."""

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from domain.rules.aggregate import AggregateTest, FieldNumberTest, FieldTest
from domain.rules.comparisons import ShareFunction, ShareTest, TrendFunction, TrendTest
from domain.rules.durations import DurationTest, OnEmpty
from domain.rules.moment import ClockZone, PeriodUnit
from domain.rules.tests import BooleanTest, DateTest, NumberTest, SetTest, TextTest, TimeTest
from domain.rules.window import (
    After,
    Ago,
    AllTime,
    AnchorField,
    Between,
    Current,
    FirstN,
    Last,
    LastN,
    Period,
    Previous,
    preceding,
)
from domain.time import Duration
from tests.support.rules.instants import BOUNDS, DAYS, MONTHS

COMPARING = ("eq", "ne", "gt", "gte", "lt", "lte")


class DrawTests:
    """Draws from ``seed``: the same seed, the same tests."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(str(seed))

    def pick(self, *of: Any) -> Any:
        """One of them."""
        return self.chance.choice(of)

    def some(self, of: Sequence[Any]) -> tuple[Any, ...]:
        """At least one of them, in any order."""
        return tuple(self.chance.sample(list(of), self.chance.randint(1, min(3, len(of)))))

    def likely(self, share: float) -> bool:
        """True so often."""
        return self.chance.random() < share

    def duration(self) -> Duration:
        """Days, months, hours or a mixture."""
        days = self.chance.choice(DAYS) * 86_400
        return self.pick(Duration(0, days), Duration(0, days), Duration(self.chance.choice(MONTHS), 0),
                         Duration(0, days + 3600), Duration(self.chance.choice(MONTHS), 3600))  # fmt: skip

    def number(self, values: Sequence[Any]) -> NumberTest:
        """A number test; sometimes two members, sometimes of null."""
        if self.likely(0.05):
            return NumberTest(is_null=self.likely(0.5))
        low, high = sorted(Decimal(self.chance.choice(values)) for _ in range(2))
        if self.likely(0.15):
            return NumberTest(**{self.pick("gt", "gte"): low, self.pick("lt", "lte"): high})
        return NumberTest(**{self.chance.choice(COMPARING): low})

    def text(self, values: Sequence[str], only_equal: bool = False) -> TextTest:
        """A text test."""
        value = self.chance.choice(values)
        member = self.chance.choice(("eq", "in_", "is_null") if only_equal else (
            "eq", "ne", "in_", "not_in", "is_null", "contains", "starts_with", "ends_with"))  # fmt: skip
        match member:
            case "is_null":
                return TextTest(is_null=self.likely(0.5))
            case "in_" | "not_in":
                return TextTest(**{member: self.some(values)})
            case "contains":
                return TextTest(contains=value[1:2] or "a")
            case "starts_with":
                return TextTest(starts_with=value[:2] or "a", ne=self.chance.choice(values))
            case "ends_with":
                return TextTest(ends_with=value[-1:] or "a")
        return TextTest(**{member: value})

    def day(self, days: Sequence[date]) -> DateTest:
        """A test of a calendar day."""
        if self.likely(0.5):
            months = self.chance.choice((0, 0, *MONTHS))
            long = Duration(months, self.chance.choice(DAYS) * 86_400 if not months else 0)
            return DateTest(**{self.pick("in_last", "in_next"): long})
        if self.likely(0.1):
            return DateTest(is_null=self.likely(0.5))
        if self.likely(0.3):
            return DateTest(in_period=self.period(-2, 1))
        if self.likely(0.2):
            return DateTest(weekday=self.some(range(1, 8)))
        return DateTest(**{self.pick("eq", "before", "on_or_before", "after", "on_or_after"): self.chance.choice(days)})

    def time(self) -> TimeTest:
        """A test of an instant."""
        if self.likely(0.4):
            return TimeTest(**{self.pick("in_last", "in_last", "in_next"): self.duration()})
        if self.likely(0.1):
            return TimeTest(is_null=self.likely(0.5))
        return TimeTest(**{self.pick("before", "on_or_before", "after", "on_or_after"): self.chance.choice(BOUNDS)})

    def set(self, values: Sequence[str]) -> SetTest:
        """A test of a list."""
        match self.pick("has_any", "has_all", "has_none", "is_empty", "size"):
            case "is_empty":
                return SetTest(is_empty=self.likely(0.5))
            case "size":
                null = NumberTest(is_null=self.likely(0.5))
                return SetTest(size=null if self.likely(0.3) else self.number((0, 1, 2, 3)))
            case member:
                return SetTest(**{member: self.some(values)})

    def window(self) -> Any:
        """When."""
        match self.pick("all", "all", "last", "last", "last", "between", "ago", "ago", "current", "previous", "after",
                        "counted"):  # fmt: skip
            case "last":
                return Last(self.duration())
            case "current":
                return Current(self.period(-2, 0))
            case "previous":
                return Previous(self.period(-2, 0))
            case "after":
                return After(self.pick(*AnchorField), self.duration())
            case "counted":
                return self.pick(FirstN, LastN)(self.pick(1, 1, 2, 3))
            case "between":
                start, end = sorted(self.chance.sample(BOUNDS, 2))
                return Between(start, end)
            case "ago" if self.likely(0.5):
                early, late = sorted(self.chance.sample(MONTHS, 2))
                return Ago(Duration(late, self.pick(0, 3600)), Duration(early, 0))
            case "ago":
                early, late = sorted(self.chance.sample(DAYS, 2))
                return Ago(Duration(0, late * 86_400), Duration(0, early * 86_400))
        return AllTime()

    def when(self, having: AggregateTest) -> tuple[Any, ClockZone]:
        """A window that can be asked so, and a clock."""
        while True:
            window = self.window()
            if having.trend is not None and preceding(window) is None:
                continue
            if having.share is None or not isinstance(window, LastN | FirstN):
                return window, self.clock()

    def boolean(self) -> BooleanTest:
        """A test of a yes or no."""
        return BooleanTest(eq=self.likely(0.5)) if self.likely(0.8) else BooleanTest(is_null=self.likely(0.5))

    def recency(self) -> DurationTest:
        """A test of how long ago."""
        if self.likely(0.8):
            ago = Duration(0, 86_400 * self.chance.choice(DAYS)) if self.likely(0.7) else self.duration()
            return DurationTest(**{self.pick("gt", "gte", "lt", "lte"): ago}, on_empty=self.on_empty())
        return DurationTest(gt=Duration(0, 86_400 * self.chance.choice(DAYS)), lte=self.duration())

    def having(self, measures: Sequence[str], distinct: Sequence[str], amounts: Sequence[Any]) -> Any:
        """What is asked of the rows found."""
        asked = ["exists", "exists", "count", "count", "first", "last", "recency"]
        asked += ["span", "average_gap", "trend", "share", "share"]
        asked += ["sum", "sum", "sum", "avg", "min", "max", "stddev", "trend"] if measures else []
        match self.chance.choice([*asked, "distinct"] if distinct else asked):
            case "exists":
                return AggregateTest(exists=self.likely(0.6))
            case "count":
                return AggregateTest(count=self.number((0, 1, 2, 3)))
            case "first" | "last" as end:
                return AggregateTest(**{end: self.time()})
            case "recency":
                return AggregateTest(recency=self.recency())
            case "span" | "average_gap" as length:
                return AggregateTest(**{length: self.length()})
            case "trend":
                fn = self.pick(*TrendFunction) if measures else TrendFunction.COUNT
                field = None if fn == "COUNT" else self.chance.choice(measures)
                return AggregateTest(trend=TrendTest(fn, self.number((-100, -50, -30, 0, 50, 100)), field))
            case "share":
                share = self.pick(*ShareFunction) if measures else ShareFunction.COUNT
                field = None if share == "COUNT" else self.chance.choice(measures)
                return AggregateTest(share=ShareTest(share, self.number((0, 25, 50, "33.3", 100)), field))
            case "distinct":
                return AggregateTest(distinct=FieldTest(self.chance.choice(distinct), self.number((0, 1, 2))))
            case function:
                field = self.chance.choice(measures)
                return AggregateTest(**{function: FieldNumberTest(field, self.number(amounts), self.on_empty())})

    def length(self) -> DurationTest:
        """A test of how long something takes."""
        long = Duration(0, 86_400 * self.chance.choice(DAYS) + self.pick(0, 0, 1, 3600))
        return DurationTest(**{self.pick("gt", "gte", "lt", "lte"): long}, on_empty=self.on_empty())

    def on_empty(self) -> OnEmpty:
        """What is said where there is nothing."""
        return self.pick(OnEmpty.NO_MATCH, OnEmpty.NO_MATCH, OnEmpty.MATCH, OnEmpty.ZERO)

    def clock(self) -> ClockZone:
        """Whose days."""
        return self.pick(ClockZone.TENANT, ClockZone.TENANT, ClockZone.CUSTOMER, ClockZone.UTC)

    def period(self, least: int, most: int) -> Period:
        """A part of the calendar."""
        unit = self.pick(*PeriodUnit)
        return Period(unit, self.chance.randint(least, most), unit in ("QUARTER", "YEAR") and self.likely(0.5))
