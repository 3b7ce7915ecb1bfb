"""Orders, their lines, returns and revisions.

``orders`` is plural because ORDER is a reserved word.  The row holds what is true now; a change of amounts
keeps what was true before in ``order_revision``, so that the past can be asked.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored, finite
from domain.customers.owned import ERASED, KEPT
from domain.past import as_it_was, happened, not_yet


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "PENDING"
    PAID = "PAID"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"


class Order(Stored):
    """One purchase."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("system", "external_id"),
        *finite("total", "discount", "net_total", "base_net"),
        CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="cancelled_dated"),
        # Every column that a common filter reads: the scan of a rule stays index-only.
        Index(
            "ix_orders_customer_placed",
            "customer_id",
            "placed_at",
            postgresql_include=["base_net", "status", "cancelled_at", "channel", "store", "id"],
        ),
        Index("ix_orders_placed_at", "placed_at", "id"),
        GROWING,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(doc="Rises by one with every change.", server_default="1")
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    system: Mapped[str] = mapped_column(doc="The system that named it.")
    external_id: Mapped[str] = mapped_column(doc="Its number there.")
    placed_at: Mapped[datetime] = mapped_column(doc="When the customer ordered.")
    cancelled_at: Mapped[datetime | None] = mapped_column(doc="When it was cancelled, if it was.")
    status: Mapped[OrderStatus] = mapped_column(doc="Where it stands now.")
    currency: Mapped[str] = mapped_column(doc="ISO 4217.", info={ERASED: KEPT})
    total: Mapped[Decimal] = mapped_column(doc="Sum of the lines, order currency.")
    discount: Mapped[Decimal] = mapped_column(doc="Discount on the whole order, order currency.", server_default="0")
    net_total: Mapped[Decimal] = mapped_column(doc="Total less discount, before returns, order currency.")
    base_net: Mapped[Decimal] = mapped_column(doc="Net total in the base currency, at the rate of the order's date.")
    channel: Mapped[str | None] = mapped_column(doc="Where it was sold: web, store, wechat …")
    store: Mapped[str | None] = mapped_column(doc="Store that sold it.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt of it.")
    updated_at: Mapped[datetime] = mapped_column(doc="When the row last changed.")


class OrderItem(Stored):
    """One line of an order."""

    # Whoever shows lines leaves out those that are dropped: they are what the order was.

    __tablename__ = "order_item"
    __table_args__ = (
        UniqueConstraint("order_id", "line"),
        *finite("quantity", "unit_price", "net_amount", "base_net"),
        GROWING,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    line: Mapped[int] = mapped_column(doc="Place in the order, from 1.")
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(doc="In the product's own unit.")
    unit_price: Mapped[Decimal] = mapped_column(doc="Order currency.")
    net_amount: Mapped[Decimal] = mapped_column(doc="Quantity times price less the line's discount, order currency.")
    base_net: Mapped[Decimal] = mapped_column(doc="Net amount in the base currency.")
    customization: Mapped[str | None] = mapped_column(doc="What was made to order, if anything.")
    dropped_at: Mapped[datetime | None] = mapped_column(doc="Since when the order has no such line; null while it has.")


class OrderReturn(Stored):
    """Goods that came back.  Lowers net at its own date; an order that is not known counts no order."""

    __tablename__ = "order_return"
    __table_args__ = (
        UniqueConstraint("system", "external_id", "line"),
        *finite("quantity", "net_amount", "base_net"),
        CheckConstraint("base_net >= 0 AND net_amount >= 0", name="positive"),
        Index(
            "ix_order_return_customer_returned",
            "customer_id",
            "returned_at",
            postgresql_include=["base_net", "voided_at", "channel", "store"],
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("orders.id"), index=True, doc="Null when the source does not name it."
    )
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_item.id"), index=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"), index=True)
    system: Mapped[str] = mapped_column(doc="The system that named it.")
    external_id: Mapped[str] = mapped_column(doc="Its number there.")
    line: Mapped[int] = mapped_column(doc="Place in the return, from 1.")
    quantity: Mapped[Decimal] = mapped_column(doc="How much came back; positive.")
    currency: Mapped[str] = mapped_column(doc="ISO 4217.", info={ERASED: KEPT})
    net_amount: Mapped[Decimal] = mapped_column(doc="What it lowers net by, its own currency; positive.")
    base_net: Mapped[Decimal] = mapped_column(doc="The same in the base currency; positive.")
    channel: Mapped[str | None] = mapped_column(doc="The order's channel, so that filters need no join.")
    store: Mapped[str | None] = mapped_column(doc="The order's store, so that filters need no join.")
    returned_at: Mapped[datetime] = mapped_column(doc="When it came back.")
    voided_at: Mapped[datetime | None] = mapped_column(doc="When its order was cancelled: from then on neither counts.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt of it.")


class OrderRevision(Stored):
    """What an order was before its amounts were changed.  As of T: the first revision after T, else the row."""

    __tablename__ = "order_revision"
    __table_args__ = (Index("ix_order_revision_as_of", "order_id", "valid_from", "recorded_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    before_total: Mapped[Decimal]
    before_discount: Mapped[Decimal]
    before_net_total: Mapped[Decimal]
    before_base_net: Mapped[Decimal]
    before_items: Mapped[list[Any]] = mapped_column(JSONB, doc="The lines as they were.", info={ERASED: "'[]'"})
    valid_from: Mapped[datetime]
    recorded_at: Mapped[datetime]


class ExchangeRate(Stored):
    """What one unit of a currency is worth in the base currency from a day on."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        UniqueConstraint("currency", "on_date"),
        *finite("rate"),
        CheckConstraint("rate > 0", name="positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(doc="ISO 4217.")
    on_date: Mapped[date] = mapped_column(doc="From this day until the next rate.")
    rate: Mapped[Decimal] = mapped_column(Numeric(20, 10), doc="Base units per unit.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt of it.")


# The first revision after the instant holds what there was; of none, the row does.
_REVISED = """
    LEFT JOIN order_revision AS next ON next.order_id = now.{} AND next.valid_from > {{at}} AND NOT EXISTS (
        SELECT FROM order_revision AS r WHERE r.order_id = next.order_id AND r.valid_from > {{at}}
            AND (r.valid_from, r.recorded_at) < (next.valid_from, next.recorded_at))"""
_AMOUNTS = ("total", "discount", "net_total", "base_net")
_LINE = ("product_id", "quantity", "unit_price", "net_amount", "base_net", "customization")

as_it_was(
    Order,
    "now.placed_at <= {at}",
    {
        "cancelled_at": not_yet("cancelled_at"),
        # Other steps of an order are not dated: its status is that of today, unless it was cancelled since.
        "status": "CASE WHEN now.cancelled_at > {at} THEN 'PENDING' ELSE now.status END",
        **{name: f"coalesce(next.before_{name}, now.{name})" for name in _AMOUNTS},
    },
    _REVISED.format("id"),
)
as_it_was(
    OrderItem,
    "CASE WHEN next.id IS NULL THEN coalesce(now.dropped_at > {at}, true) ELSE was.line IS NOT NULL END",
    {
        "dropped_at": "NULL",
        **{name: f"CASE WHEN next.id IS NULL THEN now.{name} ELSE was.{name} END" for name in _LINE},
    },
    _REVISED.format("order_id")
    + """
    LEFT JOIN LATERAL jsonb_populate_recordset(CAST(NULL AS order_item), next.before_items) AS was
        ON was.line = now.line""",
)
happened(OrderReturn, "returned_at", voided_at=not_yet("voided_at"))
