"""The sample's tables."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKey, Numeric, Text
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.graph.scalars import BigInt


class Base(DeclarativeBase):
    """A sample table."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(12, 2),
        BigInt: BigInteger,
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
        Enum: EnumColumn(Enum, native_enum=False, length=20),
    }


class OrderStatus(Enum):
    """Where an order stands."""

    PENDING = "pending"  # the name is stored, not the value
    PAID = "paid"
    RETURNED = "returned"


class Customer(Base):
    """A person or company that buys."""

    __tablename__ = "customer"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(doc="When it was recorded.")
    name: Mapped[str] = mapped_column(doc="As the merchant writes it.")
    email: Mapped[str] = mapped_column(doc="Personal data.")
    country: Mapped[str | None] = mapped_column(doc="ISO 3166.")
    points: Mapped[int] = mapped_column(doc="Loyalty points.")
    tags: Mapped[list[str]] = mapped_column(doc="Free labels.")
    traits: Mapped[dict[str, Any]] = mapped_column(doc="Anything else.")
    born: Mapped[date | None] = mapped_column(doc="Birthday.")
    visits: Mapped[BigInt] = mapped_column(doc="Page views, ever.")


class Order(Base):
    """One purchase."""

    __tablename__ = "order"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    number: Mapped[int] = mapped_column(doc="Counts the shop's orders.")
    status: Mapped[OrderStatus] = mapped_column(doc="Where it stands.")
    total: Mapped[Decimal] = mapped_column(doc="Sum of the items.")
    placed_at: Mapped[datetime] = mapped_column(doc="When it was placed.")
    shipped_at: Mapped[datetime | None] = mapped_column(doc="When it was shipped.")


class OrderItem(Base):
    """A line of an order."""

    __tablename__ = "order_item"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), index=True)
    sku: Mapped[str] = mapped_column(doc="What was bought.")
    quantity: Mapped[int] = mapped_column(doc="How many.")
    price: Mapped[Decimal] = mapped_column(doc="Each.")


class Feedback(Base):
    """An answer to "how likely are you to recommend us?"."""

    __tablename__ = "feedback"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    score: Mapped[int]
    at: Mapped[datetime]


class Segment(Base):
    """Customers that satisfy a rule, now."""

    __tablename__ = "segment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, doc="Unique.")
    version: Mapped[int] = mapped_column(doc="Rises with every change.")
    rule: Mapped[dict[str, Any]] = mapped_column(doc="The rule as it was given.")


class Region(Base):
    """A name for some countries, usable in rules."""

    __tablename__ = "region"

    name: Mapped[str] = mapped_column(primary_key=True)
    countries: Mapped[list[str]]


class Dictionary(Base):
    """One row: the version of all segments and regions."""

    __tablename__ = "dictionary"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
