"""The strategy as stored: audience, goal, ordered actions, status."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored, finite


class StrategyStatus(StrEnum):
    """DRAFT → SCHEDULED → RUNNING ⇄ PAUSED → FINISHED; anything before FINISHED → CANCELLED."""

    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


class Strategy(Stored):
    """What to do for a group of customers."""

    __tablename__ = "strategy"
    __table_args__ = (
        CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,62}$'", name="key_grammar"),
        *finite("goal_target"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(doc="Rises by one with every change.", server_default="1")
    key: Mapped[str] = mapped_column(unique=True, doc="Immutable.")
    name_en: Mapped[str | None] = mapped_column(doc="English name.")
    name_zh: Mapped[str | None] = mapped_column(doc="Chinese name.")
    status: Mapped[StrategyStatus] = mapped_column(doc="Where it stands.", server_default="DRAFT")
    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segment.id"), index=True, doc="The audience.")
    goal_metric: Mapped[str] = mapped_column(doc="What is to change.")
    goal_direction: Mapped[str] = mapped_column(doc="UP or DOWN.")
    goal_target: Mapped[Decimal | None] = mapped_column(doc="How far, in the metric's unit.")
    goal_within: Mapped[str] = mapped_column(doc="ISO 8601 duration.")
    actions: Mapped[list[Any]] = mapped_column(JSONB, doc="In order.")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
