"""Feedback: one answer of a customer to one question, with the scale it was given on."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored, finite
from domain.interactions.interaction import Channel
from domain.past import happened


class FeedbackKind(StrEnum):
    """What a question measures.  NPS is asked from 0 to 10, CSAT and STAR from 1 to 5, CES from 1 to 7."""

    NPS = "NPS"
    CSAT = "CSAT"
    CES = "CES"
    STAR = "STAR"
    THUMBS = "THUMBS"
    TEXT = "TEXT"
    COMPLAINT = "COMPLAINT"
    SUGGESTION = "SUGGESTION"
    PRAISE = "PRAISE"


class NpsBand(StrEnum):
    """9 and 10 promote, 7 and 8 are passive, 0 to 6 detract (Reichheld 2003)."""

    PROMOTER = "PROMOTER"
    PASSIVE = "PASSIVE"
    DETRACTOR = "DETRACTOR"


class Feedback(Stored):
    """One answer to one question.  Answers given together share a ``response_id``."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("system", "external_id", "kind", "question_key"),
        *finite("score", "scale_min", "scale_max"),
        CheckConstraint("score BETWEEN scale_min AND scale_max", name="score_on_scale"),
        Index(
            "ix_feedback_customer_submitted", "customer_id", "submitted_at", postgresql_include=["kind", "score", "id"]
        ),
        Index("ix_feedback_kind_submitted", "kind", "submitted_at", postgresql_include=["score", "customer_id", "id"]),
        GROWING,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customer.id"), doc="Null when the answer is anonymous."
    )
    system: Mapped[str] = mapped_column(doc="The system that named it.")
    external_id: Mapped[str] = mapped_column(doc="The response's identifier there.")
    survey_key: Mapped[str | None] = mapped_column(doc="The survey it answers.")
    question_key: Mapped[str] = mapped_column(doc="The question it answers.", server_default="")
    kind: Mapped[FeedbackKind] = mapped_column(doc="What the question measures.")
    score: Mapped[Decimal | None] = mapped_column(doc="Null when only words were given.")
    scale_min: Mapped[Decimal | None] = mapped_column(doc="Lowest score of the scale it was given on.")
    scale_max: Mapped[Decimal | None] = mapped_column(doc="Highest score of the scale it was given on.")
    comment: Mapped[str | None] = mapped_column(doc="In the customer's words; may hold personal data.")
    channel: Mapped[Channel | None] = mapped_column(doc="How it reached us.")
    order_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("orders.id"), index=True, doc="The order it is about, if one."
    )
    submitted_at: Mapped[datetime] = mapped_column(doc="When it was given.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt of it.")


happened(Feedback, "submitted_at")
