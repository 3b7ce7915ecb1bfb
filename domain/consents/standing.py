"""Where consents stand: the last entry by the time it was said counts, and what was granted ends by the clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import distinct_on

from domain.consents.consent import Consent, ConsentStatus
from domain.customers.customer import Customer
from domain.customers.presence import of_somebody

NEWEST = (Consent.occurred_at.desc(), Consent.id.desc())


def standing(status: Any, expires_at: Any, now: Any) -> ColumnElement[str]:
    """The status of a last entry at a moment; of none, UNKNOWN."""
    granted, expired, unknown = (
        literal_column(f"'{one}'", Text())
        for one in (ConsentStatus.GRANTED, ConsentStatus.EXPIRED, ConsentStatus.UNKNOWN)
    )
    ended = and_(status == granted, expires_at <= now)
    return case((ended, expired), else_=func.coalesce(status, unknown, type_=Text()))


def consents_of(customer: type[Customer], *, now: Any) -> Select[Any]:
    """Where each consent stands that the customer ever said something of, by purpose and channel.

    An entry that names no channel is about all of them: ``consent`` in rules joins both.
    """
    one = Consent.__table__.alias("said")
    purpose, channel = (cast(one.c[name], Text) for name in ("purpose", "channel"))
    status = standing(cast(one.c.status, Text), one.c.expires_at, now).label("status")
    return (
        select(purpose.label("purpose"), channel.label("channel"), status, one.c.basis, one.c.source, one.c.occurred_at,
               one.c.expires_at)
        .ext(distinct_on(purpose, channel))
        .where(one.c.customer_id == customer.id, one.c.occurred_at <= now)
        .order_by(purpose, channel, one.c.occurred_at.desc(), one.c.id.desc())
    )  # fmt: skip


def entries_of(customer: type[Customer]) -> Select[Consent]:
    """All that the customer said of consents."""
    return select(Consent).where(Consent.customer_id == customer.id)


def entry_of_id(key: Any) -> Select[Consent]:
    """The entry of an id, unless its customer is gone."""
    return select(Consent).where(Consent.id == key, of_somebody(Consent.customer_id))


def masked_evidence(consent: Any) -> ColumnElement[Any]:
    """Only whether there is any."""
    return case((consent.evidence.is_not(None), literal_column("'***'", Text())))
