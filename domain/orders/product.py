"""Products and the categories they lie in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class Product(Stored):
    """Something the merchant sells."""

    __tablename__ = "product"
    __table_args__ = (Index("ix_product_category_path", "category_path", postgresql_using="gin"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    sku: Mapped[str] = mapped_column(unique=True, doc="The merchant's article number.")
    name: Mapped[str] = mapped_column(doc="Name to show.")
    category_path: Mapped[list[str]] = mapped_column(
        doc="From the widest category to the narrowest.", server_default="{}"
    )
    customizable: Mapped[bool] = mapped_column(doc="Whether it can be made to order.", server_default="false")
    tags: Mapped[list[str]] = mapped_column(doc="Free labels.", server_default="{}")
    created_at: Mapped[datetime] = mapped_column(doc="When it was recorded.")
    updated_at: Mapped[datetime] = mapped_column(doc="When it last changed.")
