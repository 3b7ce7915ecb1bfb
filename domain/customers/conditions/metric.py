"""metric: a measure of the customer, compared with a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement

from domain.rules.aggregate import claim_of_number
from domain.rules.claims import Claim
from domain.rules.facts import Fact
from domain.rules.issues import RuleIssue, issue
from domain.rules.metrics import METRIC, MetricKey, metric_of, plain_aggregate
from domain.rules.moment import CLOCKS, SECOND, ClockZone, Moment, moved
from domain.rules.seen import Seen, Unit
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest
from domain.rules.text.phrase import Phrase
from domain.rules.turns import Reading, Turns
from domain.rules.window import ALL_TIME, Counted, Window
from domain.words import Says, Words

MOST_DAYS = 1_000_000  # nothing is so long ago
_DAY_S = 86_400
_UNITS = {
    MetricKey.ORDER_COUNT: Unit.COUNT,
    MetricKey.INTERACTION_COUNT: Unit.COUNT,
    MetricKey.NET_SPEND: Unit.MONEY,
    MetricKey.AVG_ORDER_VALUE: Unit.MONEY,
    MetricKey.RECEIVABLE: Unit.MONEY,
    MetricKey.RETURN_RATE: Unit.PERCENT,
    MetricKey.DAYS_SINCE_ORDER: Unit.DAYS,
    MetricKey.DAYS_SINCE_INTERACTION: Unit.DAYS,
    MetricKey.TENURE_DAYS: Unit.DAYS,
}
_NUMBERS = ("eq", "ne", "gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class MetricIs:
    """A measure of the customer passes a test.  UNKNOWN where there is nothing to measure."""

    keyword: ClassVar = "metric"
    example: ClassVar = "metric net_spend over last 1 year > 5000"
    phrases: ClassVar = (
        Phrase(
            "metric {metric} [{window}] {test} [in {clock} time]",
            "指标 {metric} [{window}] {test} [以 {clock} 时间]",
            says=Words("{metric}[ {window}] {test}[ in {clock} time]", "[{window}]{metric}{test}[（按{clock}时间）]"),
        ),
    )
    metric: Annotated[MetricKey, Says(Words("metric", "指标")), METRIC]
    test: Annotated[NumberTest, Says(Words("test", "条件"))]
    window: Annotated[Window, Says(Words("when", "时间窗"), "Of the events it is measured by.")] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = False

    def facts(self, terms: Terms) -> Mapping[str, Fact]:
        """The measure."""
        return {"value": metric_of(self.metric, terms).made(self.window, self.clock)}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of it."""
        return self.test.holds(facts["value"], moment)

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The measure."""
        del moment
        return Seen(facts["value"], _UNITS.get(self.metric, Unit.NUMBER), self.test)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When the days since an instant become as many as is asked, and more."""
        del reading
        asked = [number for member in _NUMBERS if (number := getattr(self.test, member)) is not None]
        days = {floor(number) + n for number in asked if abs(number) < MOST_DAYS for n in (0, 1)}
        return [moved(value, day * _DAY_S, SECOND) for day in sorted(days)]

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """That the test is of the measure; one that is an aggregate is the same subject as that."""
        made = metric_of(self.metric, terms).made(self.window, self.clock)
        yield claim_of_number(plain_aggregate(made), self.test)

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A window that changes nothing."""
        yield from window_issues(self.metric, self.window, terms)


def window_issues(metric: MetricKey, window: Window, terms: Terms) -> Iterator[RuleIssue]:
    """A window on a metric that has none, or not such a one."""
    if isinstance(window, Counted) and not metric_of(metric, terms).counted:
        yield issue("window", f"{metric} takes a window of time.", f"{metric} 须用时间窗。")
    if window != ALL_TIME and not metric_of(metric, terms).timed:
        yield issue("window", f"{metric} is as it is now: leave the window out.", f"{metric} 为当前值：请勿设时间窗。")
