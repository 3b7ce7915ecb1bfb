"""orders: an aggregate of the customer's orders in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.orders.conditions.filters import OrderFilter
from domain.rules.aggregate import AggregateTest
from domain.rules.window import AllTime, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Orders:
    """The customer's orders."""

    keyword: ClassVar = "orders"
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    where: Annotated[OrderFilter, Says(Words("which orders", "订单范围"))] = OrderFilter()
    window: Annotated[Window, Says(Words("when", "时间窗"))] = AllTime()
