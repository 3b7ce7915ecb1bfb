"""The tenant's event log: what happened, in commit order, without gaps.

Domain functions *announce* events; whoever opened the transaction writes them as its last statement, so
that the counter is locked for one round trip.  Payloads hold ids and field names, never personal data.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored

_ANNOUNCED = "announced events"


class EventTopic(StrEnum):
    """What an event is about."""

    CUSTOMER_CREATED = "CUSTOMER_CREATED"
    CUSTOMER_UPDATED = "CUSTOMER_UPDATED"
    ORDER_RECORDED = "ORDER_RECORDED"
    ORDER_RETURNED = "ORDER_RETURNED"
    INTERACTION_RECORDED = "INTERACTION_RECORDED"
    FEEDBACK_RECEIVED = "FEEDBACK_RECEIVED"
    PRODUCT_SAVED = "PRODUCT_SAVED"
    SEGMENT_SAVED = "SEGMENT_SAVED"
    STRATEGY_SAVED = "STRATEGY_SAVED"
    ATTRIBUTE_DEFINED = "ATTRIBUTE_DEFINED"
    BULK_FINISHED = "BULK_FINISHED"
    SEGMENT_MEMBERS_CHANGED = "SEGMENT_MEMBERS_CHANGED"
    CUSTOMER_DELETED = "CUSTOMER_DELETED"
    CUSTOMER_RESTORED = "CUSTOMER_RESTORED"
    CUSTOMER_MERGED = "CUSTOMER_MERGED"
    CUSTOMER_UNMERGED = "CUSTOMER_UNMERGED"
    CUSTOMER_ERASED = "CUSTOMER_ERASED"
    CONSENT_CHANGED = "CONSENT_CHANGED"


class Event(Stored):
    """One thing that happened."""

    __tablename__ = "event"
    __table_args__ = (GROWING,)

    sequence: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, doc="Gap-free, in commit order."
    )
    topic: Mapped[EventTopic] = mapped_column(doc="What it is about.")
    subject_id: Mapped[UUID | None] = mapped_column(doc="The row concerned, if one.")
    payload: Mapped[dict[str, Any]] = mapped_column(doc="Ids and field names only.")
    occurred_at: Mapped[datetime] = mapped_column(doc="The operation's clock.")


class EventCounter(Stored):
    """The last sequence given out; one row."""

    __tablename__ = "event_counter"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)


def announce(session: AsyncSession, topic: EventTopic, subject_id: UUID | None, now: datetime, **payload: Any) -> None:
    """Add an event to the transaction.  Written by ``write_events`` just before the commit."""
    session.info.setdefault(_ANNOUNCED, []).append(
        {"topic": topic, "subject_id": subject_id, "payload": payload, "occurred_at": now}
    )


async def write_events(session: AsyncSession) -> int:
    """Write what was announced, and how many it were.  The last before COMMIT: the counter's lock decides the order."""
    waiting: list[dict[str, Any]] = session.info.pop(_ANNOUNCED, [])
    if not waiting:
        return 0
    await session.flush()
    taken = update(EventCounter).values(last=EventCounter.last + len(waiting)).returning(EventCounter.last)
    first = (await session.execute(taken)).scalar_one() - len(waiting) + 1
    await session.execute(insert(Event), [{**event, "sequence": first + n} for n, event in enumerate(waiting)])
    return len(waiting)


def forget_events(session: AsyncSession) -> None:
    """Drop what was announced: the transaction was refused."""
    session.info.pop(_ANNOUNCED, None)
