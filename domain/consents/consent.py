"""The consent: one thing that a customer said about one purpose.  Entries are only ever added; the last one counts."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored
from domain.customers.customer import PERSONAL
from domain.customers.owned import GOES
from domain.interactions.interaction import Channel
from domain.past import happened


class ConsentPurpose(StrEnum):
    """What a consent is for."""

    MARKETING = "MARKETING"
    PROFILING = "PROFILING"
    SURVEY = "SURVEY"
    SERVICE = "SERVICE"
    SHARING = "SHARING"
    AUTOMATED_DECISION = "AUTOMATED_DECISION"


class ConsentStatus(StrEnum):
    """Where a consent stands.  EXPIRED and UNKNOWN come by themselves and are not recorded."""

    GRANTED = "GRANTED"
    DENIED = "DENIED"
    REVOKED = "REVOKED"
    PENDING = "PENDING"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


class LegalBasis(StrEnum):
    """What the merchant bases it on."""

    CONSENT = "CONSENT"
    CONTRACT = "CONTRACT"
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"


class Consent(Stored):
    """What a customer said of a purpose, once."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("status NOT IN ('EXPIRED', 'UNKNOWN')", name="status_said"),
        CheckConstraint("expires_at > occurred_at", name="expires_later"),
        Index(
            "ix_consent_customer_occurred",
            "customer_id",
            "purpose",
            "occurred_at",
            "id",
            postgresql_include=["channel", "status", "expires_at"],
        ),
        GROWING,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), info=GOES)
    purpose: Mapped[ConsentPurpose] = mapped_column(doc="What it is for.")
    channel: Mapped[Channel | None] = mapped_column(doc="By which channel; null: by all of them.")
    status: Mapped[ConsentStatus] = mapped_column(doc="What was said.")
    basis: Mapped[LegalBasis] = mapped_column(doc="What it is based on.")
    source: Mapped[str] = mapped_column(doc="Where it was said: a form, a page, a call.")
    evidence: Mapped[str | None] = mapped_column(doc="What proves it; may be personal data.", info=PERSONAL)
    occurred_at: Mapped[datetime] = mapped_column(doc="When it was said.")
    expires_at: Mapped[datetime | None] = mapped_column(doc="From when on a granted one no longer holds.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt of it.")
    actor: Mapped[str] = mapped_column(doc="Who recorded it.")


happened(Consent, "occurred_at")
