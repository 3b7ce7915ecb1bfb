"""What a group bought, computed when asked.  Amounts are in the base currency."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Select, cast, func, literal_column, or_, select, true

from domain.customers.presence import among_somebodies
from domain.orders.order import Order, OrderReturn

ZERO = literal_column("0", Numeric())
AMOUNT = Numeric(20, 4)


def bought(
    placed: ColumnElement[bool], returned: ColumnElement[bool], now: ColumnElement[Any], members: Select[Any] | None
) -> Select[Any]:
    """One row: customers, orders, gross before returns, returns, net.

    ``placed`` is a condition on ``Order.placed_at``, ``returned`` one on ``OrderReturn.returned_at``: returns lower net
    at their own date.  Orders cancelled by ``now`` do not count.  ``members`` yields customer ids; null: everybody who
    is not gone.
    """
    orders = select(
        cast(func.count(Order.customer_id.distinct()), Integer).label("customers"),
        cast(func.count(), Integer).label("orders"),
        func.coalesce(func.sum(Order.base_net), ZERO).label("gross"),
    ).where(placed, or_(Order.cancelled_at.is_(None), Order.cancelled_at > now))
    returns = select(func.coalesce(func.sum(OrderReturn.base_net), ZERO).label("returned")).where(
        returned, or_(OrderReturn.voided_at.is_(None), OrderReturn.voided_at > now)
    )
    orders = orders.where(_counted(Order.customer_id, members))
    returns = returns.where(_counted(OrderReturn.customer_id, members))
    sold, back = orders.subquery("sold"), returns.subquery("back")
    return select(
        sold.c.customers,
        sold.c.orders,
        cast(sold.c.gross, AMOUNT).label("gross_total"),
        cast(back.c.returned, AMOUNT).label("returned_total"),
        cast(sold.c.gross - back.c.returned, AMOUNT).label("net_total"),
    ).select_from(sold.join(back, true()))


def _counted(whose: Any, members: Select[Any] | None) -> ColumnElement[bool]:
    counted: ColumnElement[bool] = among_somebodies(whose) if members is None else whose.in_(members)
    return counted
