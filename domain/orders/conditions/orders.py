"""orders: an aggregate of the customer's orders in a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, and_

from domain.orders.conditions.filters import ANY_ORDER, OrderFilter
from domain.orders.conditions.sources import ORDER_FIELDS, ORDERS, RETURNS
from domain.orders.metrics import ORDER_METRICS
from domain.orders.order import OrderStatus
from domain.rules.aggregate import AggregateTest, aggregated
from domain.rules.claims import Claim
from domain.rules.facts import Aggregate, Fact
from domain.rules.issues import RuleIssue
from domain.rules.metrics import Metric, MetricKey
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.seen import Seen
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest
from domain.rules.turns import Reading, Turns
from domain.rules.window import ALL_TIME, AnchorField, Counted, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Orders:
    """The customer's orders."""

    keyword: ClassVar = "orders"
    example: ClassVar = "orders.sum(net_total) over last 1 year > 5000"
    measured: ClassVar = ORDER_FIELDS
    phrases: ClassVar = aggregated("orders[({where})]", "订单[({where})]")
    subject: ClassVar = Words("orders[ ({where})]", "订单[（{where}）]")
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    where: Annotated[OrderFilter, Says(Words("which orders", "订单范围"))] = ANY_ORDER
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    metrics: ClassVar[Mapping[MetricKey, Metric]] = ORDER_METRICS
    anchors: ClassVar[Mapping[AnchorField, Fact]] = {
        AnchorField.FIRST_ORDER_AT: Aggregate(ORDERS, "min", None, ANY_ORDER.matches()),
        AnchorField.LAST_ORDER_AT: Aggregate(ORDERS, "max", None, ANY_ORDER.matches()),
    }

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""
        return self.having.certain

    def facts(self, terms: Terms) -> Mapping[str, Aggregate]:
        """The aggregate; for net of returns also what came back in the window, whenever it was ordered."""
        del terms
        whole = OrderFilter(status=tuple(OrderStatus)) if self.where.cancelled else ANY_ORDER
        made = self.having.facts(ORDERS, self.where.matches(), self.window, self.clock, whole.matches())
        if self._net_of_returns:
            back = self.having.facts(RETURNS, self.where.returned(), self.window, self.clock)
            made |= {f"returned_{name}": fact for name, fact in back.items()}
        return made

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of it."""
        made = self.having.concluded(self._net(facts), moment)
        # Nothing that comes back raises it: whoever has not enough before returns need not be asked for them.
        return and_(self.having.concluded(facts, moment), made) if self._at_least else made

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The aggregate."""
        return self.having.seen(self._net(facts), moment, ORDERS.noun, ORDER_FIELDS)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When what is asked of an order's instant turns."""
        return self.having.turns(value, reading.moment)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """What the test says of the aggregate."""
        yield self.having.claim(self.facts(terms))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that cannot be aggregated."""
        del terms
        yield from self.having.issues(ORDER_FIELDS, self.window)

    def _net(self, facts: Mapping[str, ColumnElement[Any]]) -> dict[str, ColumnElement[Any]]:
        """What is left when what came back is taken off."""
        return {
            name: facts[name] - facts[f"returned_{name}"] if self._net_of_returns else facts[name]
            for name in ("value", "base")
            if name in facts
        }

    @property
    def _at_least(self) -> bool:
        """Whether a net sum is asked that only may be too little."""
        test = self.having.sum.test if self.having.sum else None
        return self._net_of_returns and test is not None and test == NumberTest(gt=test.gt, gte=test.gte)

    @property
    def _net_of_returns(self) -> bool:
        """Whether what came back lowers it: sums of net totals in a time.  Orders picked by number are as they were."""
        trend = self.having.trend
        field = self.having.sum.field if self.having.sum else trend.field if trend and trend.fn == "SUM" else None
        return field == "net_total" and not isinstance(self.window, Counted)
