"""What a write with an idempotency key did, so that a repeat is answered and not applied.

The record is written in the write's own transaction: it exists exactly if the write was applied.  A repeat meets it
in the unique index, and waits there while the first attempt still runs.  A write that was refused or failed leaves
nothing, so its repeat is judged anew.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored
from domain.staging import statement

KEPT = timedelta(hours=48)  # 24 are promised; the rest is for machines whose clocks differ


class KeyReused(Exception):
    """The key has named another write already."""


class IdempotencyRecord(Stored):
    """One write that was applied under a key."""

    __tablename__ = "idempotency_record"
    __table_args__ = (Index("ix_idempotency_record_recorded_at", "recorded_at"),)

    caller: Mapped[str] = mapped_column(primary_key=True, doc="Who wrote.")
    key: Mapped[str] = mapped_column(primary_key=True, doc="The caller's key for the request.")
    field: Mapped[str] = mapped_column(primary_key=True, doc="Which write of the request: its response name.")
    digest: Mapped[str] = mapped_column(doc="SHA-256 of what was to be written.")
    outcome: Mapped[dict[str, Any] | None] = mapped_column(doc="Ids, codes and places only; null while it runs.")
    recorded_at: Mapped[datetime] = mapped_column(doc="The write's clock.")


# A few outdated ones go with each new one.  Its own key is taken over instead, if outdated.
_CLAIM = statement("""
    WITH outdated AS (
        SELECT caller, key, field FROM idempotency_record
        WHERE recorded_at < :expired AND (caller, key, field) <> (:caller, :key, :field)
        ORDER BY recorded_at LIMIT 10 FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM idempotency_record AS r USING outdated AS o
        WHERE (r.caller, r.key, r.field) = (o.caller, o.key, o.field)
    )
    INSERT INTO idempotency_record AS r (caller, key, field, digest, recorded_at)
    VALUES (:caller, :key, :field, :digest, :now)
    ON CONFLICT (caller, key, field) DO UPDATE SET digest = excluded.digest, outcome = NULL, recorded_at = :now
    WHERE r.recorded_at < :expired
    RETURNING true""")


async def claim(
    session: AsyncSession, caller: str, key: str, field: str, digest: str, now: datetime
) -> dict[str, Any] | None:
    """The outcome of the first attempt; null when this is it: apply the write, then ``keep`` what it did.

    Waits for an attempt that still runs.  Raises ``KeyReused`` when ``digest`` is another.
    """
    places = {"caller": caller, "key": key, "field": field, "digest": digest, "now": now, "expired": now - KEPT}
    if await session.scalar(_CLAIM, places):
        return None
    record = IdempotencyRecord
    query = select(record.digest, record.outcome).where(
        record.caller == caller, record.key == key, record.field == field
    )
    known, outcome = (await session.execute(query)).one()
    if known != digest:
        raise KeyReused
    return dict(outcome)


async def keep(session: AsyncSession, caller: str, key: str, field: str, outcome: dict[str, Any]) -> None:
    """What the write did, in its own transaction."""
    record = IdempotencyRecord
    mine = (record.caller == caller, record.key == key, record.field == field)
    await session.execute(update(record).where(*mine).values(outcome=outcome))
