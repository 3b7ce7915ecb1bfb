"""The segment as stored: key, names in two languages, its kind, and the rule as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class SegmentStatus(StrEnum):
    """Archived segments answer no more, but are kept."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class SegmentKind(StrEnum):
    """Where members come from: a rule that is asked, a list that is kept by hand, or a list that never changes."""

    DYNAMIC = "DYNAMIC"
    STATIC = "STATIC"
    SNAPSHOT = "SNAPSHOT"


class Segment(Stored):
    """A group of customers: those who satisfy a rule now, or those on a list."""

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
    kind: Mapped[SegmentKind] = mapped_column(doc="Where members come from.", server_default="DYNAMIC")
    rule: Mapped[dict[str, Any]] = mapped_column(
        doc="The rule as RuleInput JSON; post it back unchanged.  Of a list, that one is on it."
    )
    frozen_from: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), doc="Of a list made from a rule, that rule: its first members were the rule's."
    )
    created_at: Mapped[datetime] = mapped_column(doc="When it was first saved.")
    updated_at: Mapped[datetime] = mapped_column(doc="When it last changed.")
