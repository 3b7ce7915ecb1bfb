"""The interaction: one contact between a customer and the merchant."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored
from domain.past import happened


class InteractionType(StrEnum):
    """What happened."""

    VISIT = "VISIT"
    CALL = "CALL"
    MEETING = "MEETING"
    MESSAGE = "MESSAGE"
    EMAIL_SENT = "EMAIL_SENT"
    EMAIL_OPENED = "EMAIL_OPENED"
    EMAIL_CLICKED = "EMAIL_CLICKED"
    PAGE_VIEW = "PAGE_VIEW"
    SEARCH = "SEARCH"
    PRODUCT_VIEW = "PRODUCT_VIEW"
    CART_ADD = "CART_ADD"
    CHECKOUT_STARTED = "CHECKOUT_STARTED"
    EVENT_INVITED = "EVENT_INVITED"
    EVENT_ATTENDED = "EVENT_ATTENDED"
    TRIAL_STARTED = "TRIAL_STARTED"
    SERVICE_REQUEST = "SERVICE_REQUEST"
    CARE = "CARE"
    GIFT = "GIFT"
    APP_SESSION = "APP_SESSION"
    CUSTOM = "CUSTOM"


class Channel(StrEnum):
    """How two parties reached each other."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    PHONE = "PHONE"
    WECHAT = "WECHAT"
    APP_PUSH = "APP_PUSH"
    WEB = "WEB"
    POST = "POST"
    IN_PERSON = "IN_PERSON"
    SOCIAL = "SOCIAL"
    AD = "AD"


class Direction(StrEnum):
    """Who began: the customer (INBOUND) or the merchant (OUTBOUND)."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


class Interaction(Stored):
    """One contact between a customer and the merchant."""

    __tablename__ = "interaction"
    __table_args__ = (
        UniqueConstraint("system", "external_id"),
        Index(
            "ix_interaction_customer_occurred",
            "customer_id",
            "occurred_at",
            postgresql_include=["type", "channel", "direction", "id"],
        ),
        GROWING,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    system: Mapped[str] = mapped_column(doc="The system that named it.")
    external_id: Mapped[str] = mapped_column(doc="Its identifier there: a repeat is the same interaction.")
    type: Mapped[InteractionType] = mapped_column(doc="What happened.")
    name: Mapped[str | None] = mapped_column(doc="The merchant's own name for it.")
    channel: Mapped[Channel | None] = mapped_column(doc="How they reached each other.")
    direction: Mapped[Direction] = mapped_column(doc="Who began.")
    occurred_at: Mapped[datetime] = mapped_column(doc="When it happened.")
    outcome: Mapped[str | None] = mapped_column(doc="What came of it.")
    properties: Mapped[dict[str, Any]] = mapped_column(doc="Anything else the source said.", server_default="{}")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt of it.")


happened(Interaction, "occurred_at")
