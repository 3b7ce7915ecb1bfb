"""interactions: an aggregate of the customer's contacts with the merchant in a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Text, type_coerce

from domain.interactions.conditions.filters import Channels, InteractionFilter, Name, Towards, Types
from domain.interactions.interaction import Interaction
from domain.rules.aggregate import AggregateTest, Fields, aggregated
from domain.rules.claims import Claim
from domain.rules.facts import Aggregate, Fact, Opened, Source
from domain.rules.issues import RuleIssue
from domain.rules.metrics import Metric, MetricKey, itself, whole_days
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.seen import Noun, Seen
from domain.rules.terms import Terms
from domain.rules.turns import Reading, Turns
from domain.rules.window import ALL_TIME, AnchorField, Window
from domain.words import Says, Words


@cache
def _interactions() -> Opened:
    t = Interaction.__table__.alias("t")
    closed = {name: type_coerce(t.c[name], Text()) for name in ("type", "channel", "direction")}
    return Opened(t, t.c.customer_id, t.c.occurred_at, t.c.id, {"name": t.c.name, **closed})


INTERACTIONS = Source("interactions", 5, _interactions, Noun("interaction", "interactions", "次互动"))
FIELDS = Fields(distinct=("type", "channel", "name"))


_FILTER = "types, name, channel, direction"


@dataclass(frozen=True, slots=True)
class Interactions:
    """The customer's interactions."""

    keyword: ClassVar = "interactions"
    example: ClassVar = 'no interactions(type = "visit") over last 14 days'
    measured: ClassVar = FIELDS
    phrases: ClassVar = aggregated(f"interactions[({{{_FILTER}}})]", f"互动[({{{_FILTER}}})]")
    subject: ClassVar = Words(f"interactions[ ({{{_FILTER}}})]", f"互动[（{{{_FILTER}}}）]")
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    types: Types = None
    name: Name = None
    channel: Channels = None
    direction: Towards = None
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    metrics: ClassVar[Mapping[MetricKey, Metric]] = {
        MetricKey.INTERACTION_COUNT: Metric(
            Words("number of interactions", "互动次数"),
            lambda window, clock: {"value": Aggregate(INTERACTIONS, "count", None, (), window, clock)},
            itself,
        ),
        MetricKey.DAYS_SINCE_INTERACTION: Metric(
            Words("days since the last interaction", "距上次互动天数"),
            lambda window, clock: {"value": Aggregate(INTERACTIONS, "max", None, (), window, clock)},
            whole_days,
        ),
    }
    anchors: ClassVar[Mapping[AnchorField, Fact]] = {
        AnchorField.LAST_INTERACTION_AT: Aggregate(INTERACTIONS, "max"),
    }

    @property
    def only(self) -> InteractionFilter:
        """Which of them."""
        return InteractionFilter(self.types, self.name, self.channel, self.direction)

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""
        return self.having.certain

    def facts(self, terms: Terms) -> Mapping[str, Aggregate]:
        """The aggregate."""
        del terms
        return self.having.facts(INTERACTIONS, self.only.matches(), self.window, self.clock)

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of it."""
        return self.having.concluded(facts, moment)

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The aggregate."""
        return self.having.seen(facts, moment, INTERACTIONS.noun, FIELDS)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When what is asked of an interaction's instant turns."""
        return self.having.turns(value, reading.moment)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """What the test says of the aggregate."""
        yield self.having.claim(self.facts(terms))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that cannot be aggregated."""
        del terms
        yield from self.having.issues(FIELDS, self.window)
