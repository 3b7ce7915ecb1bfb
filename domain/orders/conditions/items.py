"""items: an aggregate of the lines a customer bought of some products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.orders.conditions.filters import OrderFilter, ProductFilter
from domain.rules.aggregate import AggregateTest
from domain.rules.window import AllTime, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Items:
    """The lines of the customer's orders with some products."""

    keyword: ClassVar = "items"
    product: Annotated[ProductFilter, Says(Words("which products", "商品范围"))]
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    order: Annotated[OrderFilter, Says(Words("which orders", "订单范围"))] = OrderFilter()
    window: Annotated[Window, Says(Words("when", "时间窗"), "By the order's date.")] = AllTime()
