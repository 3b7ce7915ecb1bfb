"""What can be asked of orders: a customer's, their lines, products and returns."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Numeric,
    Select,
    Text,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased

from domain.customers.customer import Customer
from domain.customers.presence import of_somebody
from domain.events import changed_since
from domain.orders.order import ExchangeRate, Order, OrderItem, OrderReturn, OrderStatus
from domain.orders.product import Product
from domain.words import Says, Words


class OrderSort(Enum):
    """How orders are ordered; ties by id."""

    NEWEST = (Order.placed_at.desc(), Order.id.desc())
    OLDEST = (Order.placed_at.asc(), Order.id.asc())
    LARGEST = (Order.base_net.desc(), Order.id.desc())


NEWEST = OrderSort.NEWEST.value
RETURNS_RECORDED = (OrderReturn.id.asc(),)
PRODUCTS = (Product.sku.asc(), Product.id.asc())
NEWEST_RATES = (ExchangeRate.on_date.desc(), ExchangeRate.currency.asc(), ExchangeRate.id.asc())


def orders_of(customer: type[Customer], status: list[OrderStatus] | None = None) -> Select[Order]:
    """The customer's orders, cancelled ones too unless ``status`` leaves them out."""
    query = select(Order).where(Order.customer_id == customer.id)
    return query if status is None else query.where(cast(Order.status, Text) == func.any(status))


def order_of_id(key: Any) -> Select[Order]:
    """The order of an id, unless its customer is gone."""
    return select(Order).where(Order.id == key, of_somebody(Order.customer_id))


def item_of_id(key: Any) -> Select[OrderItem]:
    """The line of an id, unless the customer is gone."""
    order = aliased(Order, name="whose")
    there = exists(literal_column("1")).where(order.id == OrderItem.order_id, of_somebody(order.customer_id))
    return select(OrderItem).where(OrderItem.id == key, OrderItem.dropped_at.is_(None), there.correlate_except(order))


def return_of_id(key: Any) -> Select[OrderReturn]:
    """The line of a return of an id, unless the customer is gone."""
    return select(OrderReturn).where(OrderReturn.id == key, of_somebody(OrderReturn.customer_id))


def orders(status: list[OrderStatus] | None = None, updated_since: datetime | None = None) -> Select[Order]:
    """All orders, newest first, cancelled ones too unless ``status`` leaves them out."""
    query = select(Order).where(of_somebody(Order.customer_id))
    if status is not None:
        query = query.where(cast(Order.status, Text) == func.any(status))
    return query if updated_since is None else query.where(changed_since(Order, updated_since))


def order_returns(updated_since: datetime | None = None) -> Select[OrderReturn]:
    """All that came back, as it was recorded."""
    query = select(OrderReturn).where(of_somebody(OrderReturn.customer_id))
    return query if updated_since is None else query.where(changed_since(OrderReturn, updated_since))


def customer_of(order: type[Order]) -> Select[Customer]:
    """Who ordered."""
    return select(Customer).where(Customer.id == order.customer_id)


def items_of(order: type[Order]) -> Select[OrderItem]:
    """The order's lines."""
    of_order = (OrderItem.order_id == order.id, OrderItem.dropped_at.is_(None))
    return select(OrderItem).where(*of_order).order_by(OrderItem.line)


def product_of(item: type[OrderItem]) -> Select[Product]:
    """What was bought."""
    return select(Product).where(Product.id == item.product_id)


def returned_quantity(item: type[OrderItem]) -> ColumnElement[Decimal]:
    """How much of the line came back, as far as it counts."""
    return cast(
        select(func.coalesce(func.sum(OrderReturn.quantity), literal_column("0")))
        .where(OrderReturn.item_id == item.id, OrderReturn.voided_at.is_(None))
        .scalar_subquery(),
        Numeric(20, 4),
    )


def returns_of(customer: type[Customer]) -> Select[OrderReturn]:
    """What the customer gave back."""
    newest = (OrderReturn.returned_at.desc(), OrderReturn.id.desc())
    return select(OrderReturn).where(OrderReturn.customer_id == customer.id).order_by(*newest)


def exchange_rates(
    currency: Annotated[str | None, Says(Words("currency", "货币"), "Only of this one, ISO 4217.")] = None,
) -> Select[ExchangeRate]:
    """What currencies are worth in the base currency, newest first."""
    query = select(ExchangeRate)
    return query if currency is None else query.where(ExchangeRate.currency == currency)


def products(category_under: list[str] | None = None, updated_since: datetime | None = None) -> Select[Product]:
    """The merchant's products, or those below a category path."""
    query = select(Product)
    if updated_since is not None:
        query = query.where(changed_since(Product, updated_since))
    if category_under is None:
        return query
    path = literal(category_under, ARRAY(Text()))
    depth = func.cardinality(path)
    return query.where(Product.category_path[literal_column("1") : depth] == path)
