"""Custom attributes: the tenant's own fields of a customer, typed and defined before use."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class AttributeType(StrEnum):
    """What values an attribute takes."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATETIME = "DATETIME"
    ENUM = "ENUM"
    MULTI_ENUM = "MULTI_ENUM"


class PiiLevel(StrEnum):
    """How personal an attribute's values are."""

    NONE = "NONE"
    PERSONAL = "PERSONAL"
    SENSITIVE = "SENSITIVE"


class AttributeDefinition(Stored):
    """A custom attribute of the tenant's customers."""

    __tablename__ = "attribute_definition"
    __table_args__ = (CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,62}$'", name="key_grammar"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, doc="Lower case, immutable; used in rules.")
    label_en: Mapped[str | None] = mapped_column(doc="English label.")
    label_zh: Mapped[str | None] = mapped_column(doc="Chinese label.")
    type: Mapped[AttributeType] = mapped_column(doc="Immutable.")
    options: Mapped[list[str]] = mapped_column(doc="Values of ENUM and MULTI_ENUM.", server_default="{}")
    pii: Mapped[PiiLevel] = mapped_column(doc="How personal the values are.", server_default="NONE")
    created_at: Mapped[datetime]
