"""A way to score customers by RFM, as a merchant keeps it: key, names, and the scoring as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class RfmConfig(Stored):
    """How customers are scored by recency, frequency and money, and what the scores are called."""

    __tablename__ = "rfm_config"
    __table_args__ = (
        CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,62}$'", name="key_grammar"),
        CheckConstraint("name_en IS NOT NULL OR name_zh IS NOT NULL", name="named"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(doc="Rises by one with every change.", server_default="1")
    key: Mapped[str] = mapped_column(unique=True, doc="Immutable; used in rules.")
    name_en: Mapped[str | None] = mapped_column(doc="English name.")
    name_zh: Mapped[str | None] = mapped_column(doc="Chinese name.")
    scoring: Mapped[dict[str, Any]] = mapped_column(doc="As RfmScoringInput JSON; post it back unchanged.")
    template: Mapped[str | None] = mapped_column(doc="Key of the template it was installed from; null of one's own.")
    created_at: Mapped[datetime] = mapped_column(doc="When it was first saved.")
    updated_at: Mapped[datetime] = mapped_column(doc="When it last changed.")
