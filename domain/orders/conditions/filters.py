"""Which orders and lines count: the filters of orders and of products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from domain.orders.order import OrderStatus
from domain.rules.tests import NumberTest, TextTest
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Products; all that is given must hold."""

    ids: Annotated[tuple[UUID, ...] | None, Says(Words("products", "商品"))] = None
    skus: Annotated[tuple[str, ...] | None, Says(Words("article numbers", "货号"))] = None
    category_under: Annotated[
        tuple[str, ...] | None, Says(Words("category path", "品类路径"), "In it or below, from the widest.")
    ] = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Orders; all that is given must hold.  Cancelled ones are left out unless ``status`` names CANCELLED."""

    status: Annotated[tuple[OrderStatus, ...] | None, Says(Words("status", "状态"), "As it is now.")] = None
    channel: Annotated[TextTest | None, Says(Words("channel", "渠道"))] = None
    store: Annotated[TextTest | None, Says(Words("store", "门店"))] = None
    net_total: Annotated[NumberTest | None, Says(Words("net total", "净额"), "Base currency, before returns.")] = None
    currency: Annotated[tuple[str, ...] | None, Says(Words("currency", "币种"), "ISO 4217.")] = None
    contains_product: Annotated[ProductFilter | None, Says(Words("contains a product", "含商品"))] = None
