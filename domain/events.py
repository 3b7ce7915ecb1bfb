"""The tenant's event log: what happened, in commit order, without gaps.

Domain functions *announce* events; whoever opened the transaction writes them as its last statement, so
that the counter is locked for one round trip.  Payloads hold ids and field names, never personal data.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Integer,
    Text,
    cast,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored

_ANNOUNCED = "announced events"
_ONE: Any = literal_column("1", Integer())
_TICK = text("interval '1 microsecond'")


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
    MEMBER_SAVED = "MEMBER_SAVED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    RFM_CONFIG_SAVED = "RFM_CONFIG_SAVED"
    SEGMENT_ENTERED = "SEGMENT_ENTERED"
    SEGMENT_LEFT = "SEGMENT_LEFT"


# What was found out of a customer, while nothing of the customer changed.
FOUND = (EventTopic.SEGMENT_ENTERED, EventTopic.SEGMENT_LEFT)


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
    # Null only of what the release before wrote, which did not know it.
    recorded_at: Mapped[datetime | None] = mapped_column(doc="The database's clock at the commit; rises with sequence.")


class EventCounter(Stored):
    """The last sequence given out; one row."""

    __tablename__ = "event_counter"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime | None] = mapped_column(doc="When it was given out.")


# When an event was committed; of old ones only when the operation began is known.
STAMP = func.coalesce(Event.recorded_at, Event.occurred_at)


def before(instant: Any) -> ColumnElement[int]:
    """The sequence of the last event that was committed before an instant; 0 when there was none.

    Stamps rise with the sequence, so PostgreSQL reads back from the newest and stops there: no index is needed.
    """
    found = select(Event.sequence).where(instant > STAMP).order_by(Event.sequence.desc()).limit(_ONE)
    return func.coalesce(found.scalar_subquery(), literal_column("0", BigInteger()))


def changed_since(row: Any, instant: Any) -> ColumnElement[bool]:
    """Whether an event about the row was committed at or after an instant."""
    last = select(EventCounter.last).scalar_subquery()
    # The upper bound excludes nothing; of a range with two ends PostgreSQL expects few rows, and uses the key.
    subjects = select(Event.subject_id).where(Event.sequence > before(instant), Event.sequence <= last)
    told = cast(Event.topic, Text).not_in([literal_column(f"'{topic}'", Text()) for topic in FOUND])
    changed: ColumnElement[bool] = row.id.in_(subjects.where(Event.subject_id.is_not(None), told))
    return changed


def announce(session: AsyncSession, topic: EventTopic, subject_id: UUID | None, now: datetime, **payload: Any) -> None:
    """Add an event to the transaction.  Written by ``write_events`` just before the commit."""
    session.info.setdefault(_ANNOUNCED, []).append(
        {"topic": topic, "subject_id": subject_id, "payload": payload, "occurred_at": now}
    )


def announced(session: AsyncSession) -> list[dict[str, Any]]:
    """What waits to be written, each as its row will be."""
    waiting: list[dict[str, Any]] = session.info.get(_ANNOUNCED, [])
    return waiting


async def write_events(session: AsyncSession) -> int:
    """Write what was announced, and how many it were.  The last before COMMIT: the counter's lock decides the order."""
    waiting: list[dict[str, Any]] = session.info.pop(_ANNOUNCED, [])
    if not waiting:
        return 0
    await session.flush()
    # Under the counter's lock, and later than all that was committed before: a clock that is set back changes nothing.
    at = func.greatest(func.clock_timestamp(), EventCounter.last_at + _TICK)
    taken = update(EventCounter).values(last=EventCounter.last + len(waiting), last_at=at)
    last, stamp = (await session.execute(taken.returning(EventCounter.last, EventCounter.last_at))).one()
    first = last - len(waiting) + 1
    rows = [{**event, "sequence": first + n, "recorded_at": stamp} for n, event in enumerate(waiting)]
    await session.execute(insert(Event), rows)
    return len(waiting)


def forget_events(session: AsyncSession) -> None:
    """Drop what was announced: the transaction was refused."""
    session.info.pop(_ANNOUNCED, None)
