"""The segment as stored: key, names in two languages, and the rule as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class SegmentStatus(StrEnum):
    """Archived segments answer no more, but are kept."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class Segment(Stored):
    """Customers that satisfy a rule, now."""

    __tablename__ = "segment"
    __table_args__ = (
        CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,62}$'", name="key_grammar"),
        CheckConstraint("name_en IS NOT NULL OR name_zh IS NOT NULL", name="named"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(doc="Rises by one with every change.", server_default="1")
    key: Mapped[str] = mapped_column(unique=True, doc="Immutable; used in rules.")
    name_en: Mapped[str | None] = mapped_column(doc="English name.")
    name_zh: Mapped[str | None] = mapped_column(doc="Chinese name.")
    status: Mapped[SegmentStatus] = mapped_column(doc="Archived or not.", server_default="ACTIVE")
    rule: Mapped[dict[str, Any]] = mapped_column(doc="The rule as RuleInput JSON; post it back unchanged.")
    created_at: Mapped[datetime] = mapped_column(doc="When it was first saved.")
    updated_at: Mapped[datetime] = mapped_column(doc="When it last changed.")
