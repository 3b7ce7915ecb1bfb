"""orders: an aggregate of the customer's orders in a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement

from domain.orders.conditions.filters import ANY_ORDER, OrderFilter
from domain.orders.conditions.sources import ORDER_FIELDS, ORDERS, RETURNS
from domain.rules.aggregate import AggregateTest, aggregated
from domain.rules.facts import Aggregate
from domain.rules.issues import RuleIssue
from domain.rules.moment import Moment
from domain.rules.terms import Terms
from domain.rules.window import ALL_TIME, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Orders:
    """The customer's orders."""

    keyword: ClassVar = "orders"
    phrases: ClassVar = aggregated("orders[({where})]", "订单[({where})]")
    subject: ClassVar = Words("orders[ ({where})]", "订单[（{where}）]")
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    where: Annotated[OrderFilter, Says(Words("which orders", "订单范围"))] = ANY_ORDER
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""
        return self.having.certain

    def facts(self, terms: Terms) -> Mapping[str, Aggregate]:
        """The aggregate; for net of returns also what came back in the window, whenever it was ordered."""
        del terms
        made = {"value": self.having.fact(ORDERS, self.where.matches(), self.window)}
        if self.having.sum is not None and self.having.sum.field == "net_total":
            made["returned"] = self.having.fact(RETURNS, self.where.returned(), self.window)
        return made

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of it."""
        value = facts["value"] - facts["returned"] if "returned" in facts else facts["value"]
        return self.having.concluded(value, moment)

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that cannot be aggregated."""
        del terms
        yield from self.having.issues(ORDER_FIELDS)
