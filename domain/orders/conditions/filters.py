"""Which orders and lines count: the filters of orders and of products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from domain.orders.conditions.sources import Contains, NotYet, OfOrder, OfProduct
from domain.orders.order import OrderStatus
from domain.rules.facts import Match, Passes
from domain.rules.shape import IdOf
from domain.rules.tests import NumberTest, TextTest
from domain.rules.text.phrase import Phrase, listed, tested
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Products; all that is given must hold."""

    asks: ClassVar = True
    joined: ClassVar = ", "
    ids: Annotated[
        tuple[UUID, ...] | None, Says(Words("products", "商品")), IdOf("Product", "prd"), *listed("id", "编号")
    ] = None
    skus: Annotated[tuple[str, ...] | None, Says(Words("article numbers", "货号")), *listed("sku", "货号")] = None
    category_under: Annotated[
        tuple[str, ...] | None,
        Says(Words("category path", "品类路径"), "In it or below, from the widest."),
        Phrase(":category_path = {0}", ":category_path = {0}", says=Words("category {0}", "品类为{0}")),
        Phrase(":category_path = ({})", ":category_path = ({})", says=Words("category {}", "品类为{}")),
    ] = None

    def of_product(self) -> OfProduct:
        """What a line must match."""
        return OfProduct(self.ids, self.skus, self.category_under)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Orders; all that is given must hold.  Cancelled ones are left out unless ``status`` names CANCELLED."""

    joined: ClassVar = ", "
    status: Annotated[
        tuple[OrderStatus, ...] | None, Says(Words("status", "状态"), "As it is now."), *listed("status", "状态")
    ] = None
    channel: Annotated[TextTest | None, Says(Words("channel", "渠道")), tested("channel", "渠道")] = None
    store: Annotated[TextTest | None, Says(Words("store", "门店")), tested("store", "门店")] = None
    net_total: Annotated[
        NumberTest | None,
        Says(Words("net total", "净额"), "Base currency, before returns."),
        tested("net_total", "净额"),
    ] = None
    currency: Annotated[
        tuple[str, ...] | None, Says(Words("currency", "币种"), "ISO 4217."), *listed("currency", "币种")
    ] = None
    contains_product: Annotated[
        ProductFilter | None,
        Says(Words("contains a product", "含商品")),
        Phrase("product({})", "含商品({})", says=Words("with a product ({})", "含商品（{}）")),
    ] = None

    @property
    def cancelled(self) -> bool:
        """Whether cancelled orders are meant too."""
        return self.status is not None and OrderStatus.CANCELLED in self.status

    def matches(self) -> tuple[Match, ...]:
        """What an order must match."""
        return (*(() if self.cancelled else (NotYet("cancelled_at"),)), *self._carried(), *self._beyond())

    def returned(self) -> tuple[Match, ...]:
        """What a return must match.  It carries channel and store; for the rest its order must be known."""
        of_order = (OfOrder(self.matches()),) if self._beyond() else ()
        return (NotYet("voided_at"), *self._carried(), *of_order)

    def _carried(self) -> tuple[Match, ...]:
        tests = (("channel", self.channel), ("store", self.store))
        return tuple(Passes(column, test) for column, test in tests if test is not None)

    def _beyond(self) -> tuple[Match, ...]:
        """What only the order itself tells."""
        made: list[Match] = []
        if self.status is not None:
            made.append(Passes("status", TextTest(in_=tuple(self.status))))
        if self.net_total is not None:
            made.append(Passes("net_total", self.net_total))
        if self.currency is not None:
            made.append(Passes("currency", TextTest(in_=self.currency)))
        if self.contains_product is not None:
            made.append(Contains(self.contains_product.of_product()))
        return tuple(made)


ANY_ORDER = OrderFilter()
