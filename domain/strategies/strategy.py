"""The strategy as stored: audience, goal, ordered actions, status."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored, finite
from domain.interactions.interaction import Channel


class GoalMetric(StrEnum):
    """What a strategy is to change."""

    ORDER_COUNT = "ORDER_COUNT"
    NET_SPEND = "NET_SPEND"
    REPURCHASE_RATE = "REPURCHASE_RATE"
    CONVERSION_RATE = "CONVERSION_RATE"
    NPS = "NPS"
    CSAT = "CSAT"
    REFERRALS = "REFERRALS"
    CHURN_RISK = "CHURN_RISK"


class GoalDirection(StrEnum):
    """Which way is better."""

    UP = "UP"
    DOWN = "DOWN"


class ActionKind(StrEnum):
    """What is done.  There is no action for gifts to a buyer's staff or for kickbacks."""

    OFFER_TRIAL = "OFFER_TRIAL"
    SEND_MESSAGE = "SEND_MESSAGE"
    CREATE_VISIT_TASK = "CREATE_VISIT_TASK"
    CREATE_CALL_TASK = "CREATE_CALL_TASK"
    ASSIGN_ADVISER = "ASSIGN_ADVISER"
    OFFER_DISCOUNT = "OFFER_DISCOUNT"
    GRANT_BENEFIT = "GRANT_BENEFIT"
    RECOMMEND_PRODUCTS = "RECOMMEND_PRODUCTS"
    PROPOSE_CUSTOM_PRODUCT = "PROPOSE_CUSTOM_PRODUCT"
    INVITE_TO_EVENT = "INVITE_TO_EVENT"
    SEND_SURVEY = "SEND_SURVEY"
    ASK_FOR_REFERRAL = "ASK_FOR_REFERRAL"
    SEND_CARE = "SEND_CARE"
    ADD_TAG = "ADD_TAG"


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
    goal_metric: Mapped[GoalMetric] = mapped_column(doc="What is to change.")
    goal_direction: Mapped[GoalDirection] = mapped_column(doc="Which way is better.")
    goal_target: Mapped[Decimal | None] = mapped_column(doc="How far, in the metric's unit.")
    goal_within: Mapped[str] = mapped_column(doc="By when, as an ISO 8601 duration from the start.")
    created_at: Mapped[datetime] = mapped_column(doc="When it was first saved.")
    updated_at: Mapped[datetime] = mapped_column(doc="When it last changed.")


class StrategyAction(Stored):
    """One step of a strategy."""

    __tablename__ = "strategy_action"
    __table_args__ = (CheckConstraint("position >= 1", name="from_one"),)

    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategy.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, doc="Place in the strategy, from 1.")
    kind: Mapped[ActionKind] = mapped_column(doc="What is done.")
    channel: Mapped[Channel | None] = mapped_column(doc="By which way, where it matters.")
    delay: Mapped[str | None] = mapped_column(doc="How long after the step before, as an ISO 8601 duration.")
    payload: Mapped[dict[str, Any]] = mapped_column(
        doc="What the step needs: a message, a discount, a tag …", server_default="{}"
    )
