"""Orders, lines and returns as sources of rules: their rows, and the filters that only they know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)

from domain.orders.order import Order, OrderItem, OrderReturn, OrderRevision
from domain.orders.product import Product
from domain.rules.aggregate import Fields
from domain.rules.facts import Changed, Columns, Match, Opened, Source
from domain.rules.moment import Moment
from domain.rules.seen import Noun
from domain.rules.turns import Turns

_ONE: ColumnElement[Any] = literal_column("1")


def order_columns(order: Any) -> dict[str, ColumnElement[Any]]:
    """An order's columns as rules call them; amounts in the base currency, before returns."""
    return {
        "net_total": order.base_net,
        "gross_total": order.base_net,
        "channel": order.channel,
        "store": order.store,
        "status": type_coerce(order.status, Text()),
        "currency": order.currency,
        "cancelled_at": order.cancelled_at,
        "order": order.id,
    }


@cache
def _orders() -> Opened:
    o = Order.__table__.alias("o")
    return Opened(o, o.c.customer_id, o.c.placed_at, o.c.id, order_columns(o.c))


@cache
def _items() -> Opened:
    o, i = Order.__table__.alias("o"), OrderItem.__table__.alias("i")
    return _lines(o, i, i.c.dropped_at.is_(None))


@cache
def _all_items() -> Opened:
    return _lines(Order.__table__.alias("o"), OrderItem.__table__.alias("i"))


def _lines(o: Any, i: Any, *these: ColumnElement[bool]) -> Opened:
    columns = {"quantity": i.c.quantity, "net_amount": i.c.base_net, "product": i.c.product_id}
    rows = o.join(i, and_(i.c.order_id == o.c.id, *these))
    return Opened(rows, o.c.customer_id, o.c.placed_at, i.c.id, order_columns(o.c) | columns)


@cache
def _returns() -> Opened:
    r = OrderReturn.__table__.alias("r")
    columns = {
        "net_total": r.c.base_net,
        "channel": r.c.channel,
        "store": r.c.store,
        "order": r.c.order_id,
        "voided_at": r.c.voided_at,
    }
    return Opened(r, r.c.customer_id, r.c.returned_at, r.c.id, columns)


def _changed() -> tuple[Changed, ...]:
    """An order is cancelled, and so has another status, or its amounts become others."""
    o, r = Order.__table__.alias("o"), OrderRevision.__table__.alias("r")
    revised = o.join(r, r.c.order_id == o.c.id)
    return Changed(o, o.c.customer_id, o.c.cancelled_at), Changed(revised, o.c.customer_id, r.c.valid_from)


ORDERS = Source("orders", 10, _orders, Noun("order", "orders", "笔订单"), _changed)
ITEMS = Source("items", 30, _items, Noun("order line", "order lines", "条订单明细"), _changed, _all_items)
# Few, but asked only beside orders, of which some may suffice: after those.
RETURNS = Source("returns", 11, _returns, Noun("return", "returns", "次退货"), _changed)
ORDER_FIELDS = Fields(("net_total", "gross_total"), distinct=("channel", "store"), money=("net_total", "gross_total"))
ITEM_FIELDS = Fields(("quantity", "net_amount"), distinct=("product", "order"), money=("net_amount",))


@dataclass(frozen=True, slots=True)
class NotYet(Match):
    """Something did not happen by now: it has no instant, or a later one."""

    column: str

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it did not."""
        at = row[self.column]
        return or_(at.is_(None), at > moment.now)

    def turns(self, row: Columns, moment: Moment) -> Turns:
        """When it happens."""
        del moment
        return [row[self.column]]


@dataclass(frozen=True, slots=True)
class OfProduct(Match):
    """A line is of a product: by id, article number and category path, as far as given."""

    ids: tuple[UUID, ...] | None
    skus: tuple[str, ...] | None
    path: tuple[str, ...] | None

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it is."""
        del moment
        product = row["product"]
        tests = []
        if self.ids is not None:
            tests.append(product == any_(literal(list(self.ids), ARRAY(Uuid()))))
        if self.skus is not None or self.path is not None:
            p = Product.__table__.alias("p")
            known = [p.c.id == product, *self._known(p.c)]
            tests.append(exists(_ONE).select_from(p).where(*known).correlate_except(p))
        return and_(*tests)

    def _known(self, product: Any) -> list[ColumnElement[bool]]:
        tests: list[ColumnElement[bool]] = []
        if self.skus is not None:
            tests.append(product.sku == any_(literal(list(self.skus), ARRAY(Text()))))
        if self.path is not None:
            path = literal(list(self.path), ARRAY(Text()))
            tests.append(product.category_path[literal_column("1") : func.cardinality(path)] == path)
        return tests


@dataclass(frozen=True, slots=True)
class Contains(Match):
    """An order has a line of a product."""

    product: OfProduct

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it has."""
        i = OrderItem.__table__.alias("c")
        tests = [
            i.c.order_id == row["order"],
            i.c.dropped_at.is_(None),
            self.product.holds({"product": i.c.product_id}, moment),
        ]
        return exists(_ONE).select_from(i).where(*tests).correlate_except(i)


@dataclass(frozen=True, slots=True)
class OfOrder(Match):
    """A return's order is known and matches."""

    where: tuple[Match, ...]

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it does."""
        o = Order.__table__.alias("of")
        columns = order_columns(o.c)
        tests = [match.holds(columns, moment) for match in self.where]
        return exists(_ONE).select_from(o).where(o.c.id == row["order"], *tests).correlate_except(o)

    def turns(self, row: Columns, moment: Moment) -> Turns:
        """When the order does, or does not any more."""
        o = Order.__table__.alias("of")
        found = [at for match in self.where for at in match.turns(order_columns(o.c), moment)]
        return [select(at).where(o.c.id == row["order"]).correlate_except(o).scalar_subquery() for at in found]
