"""What strategies need of segments: a segment is not archived while a strategy counts on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.segments.save import archive
from domain.segments.segment import Segment
from domain.strategies.strategy import Strategy, StrategyStatus

ENDED = (StrategyStatus.FINISHED, StrategyStatus.CANCELLED)


async def segment_archive(session: AsyncSession, id: UUID, *, now: datetime) -> Segment:
    """Take a segment out of use; it answers no more, but is kept.

    Refuses with NotFound, or InUse while a segment's rule or a strategy that has not ended names it.
    """
    return await archive(session, id, _using, now=now)


async def _using(session: AsyncSession, id: UUID) -> tuple[str, ...]:
    query = select(Strategy.key).where(Strategy.segment_id == id, Strategy.status.not_in(ENDED)).order_by(Strategy.key)
    return tuple(await session.scalars(query))
