"""items: an aggregate of the lines a customer bought of some products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement

from domain.orders.conditions.filters import ANY_ORDER, OrderFilter, ProductFilter
from domain.orders.conditions.sources import ITEM_FIELDS, ITEMS
from domain.rules.aggregate import AggregateTest, aggregated
from domain.rules.claims import Claim
from domain.rules.facts import Aggregate
from domain.rules.issues import RuleIssue
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.seen import Seen
from domain.rules.terms import Terms
from domain.rules.turns import Reading, Turns
from domain.rules.window import ALL_TIME, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Items:
    """The lines of the customer's orders with some products."""

    keyword: ClassVar = "items"
    example: ClassVar = 'items(category_path = "phone").count over last 1 year >= 2'
    measured: ClassVar = ITEM_FIELDS
    phrases: ClassVar = aggregated("items({product}[, order({order})])", "商品({product}[, 订单为({order})])")
    subject: ClassVar = Words(
        "items bought ({product}[, of orders: {order}])", "所购商品（{product}[，订单：{order}]）"
    )
    product: Annotated[ProductFilter, Says(Words("which products", "商品范围"))]
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    order: Annotated[OrderFilter, Says(Words("which orders", "订单范围"))] = ANY_ORDER
    window: Annotated[Window, Says(Words("when", "时间窗"), "By the order's date.")] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""
        return self.having.certain

    def facts(self, terms: Terms) -> Mapping[str, Aggregate]:
        """The aggregate."""
        del terms
        orders = self.order.matches()
        return self.having.facts(ITEMS, (*orders, self.product.of_product()), self.window, self.clock, orders)

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of it."""
        return self.having.concluded(facts, moment)

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The aggregate."""
        return self.having.seen(facts, moment, ITEMS.noun, ITEM_FIELDS)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When what is asked of an order's instant turns."""
        return self.having.turns(value, reading.moment)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """What the test says of the aggregate."""
        yield self.having.claim(self.facts(terms))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that cannot be aggregated."""
        del terms
        yield from self.having.issues(ITEM_FIELDS, self.window)
