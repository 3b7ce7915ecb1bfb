"""What strategies need of segments: a segment is not archived while a strategy counts on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.segments.save import archive
from domain.segments.segment import Segment
from domain.segments.terms import refers
from domain.strategies.strategy import Strategy, StrategyStatus

_ID, _DASH, _NOTHING = (literal_column(f"'{each}'", Text()) for each in ("id", "-", ""))
ENDED = (StrategyStatus.FINISHED, StrategyStatus.CANCELLED)


class UsageKind(StrEnum):
    """What uses a segment."""

    SEGMENT = "SEGMENT"
    STRATEGY = "STRATEGY"


PREFIX = {UsageKind.SEGMENT: "seg", UsageKind.STRATEGY: "str"}


async def segment_archive(session: AsyncSession, id: UUID, *, now: datetime, actor: str = "system") -> Segment:
    """Take a segment out of use; it answers no more, but is kept.

    Refuses with NotFound, or InUse while a segment's rule or a strategy that has not ended names it.
    """
    return await archive(session, id, _using, now=now, actor=actor)


def users_of(segment: type[Segment]) -> Select[Any]:
    """What keeps a segment from being archived: segments whose rules name it, and strategies that have not ended."""
    other, wanted = (
        aliased(Segment),
        func.jsonb_build_object(_ID, _typed(PREFIX[UsageKind.SEGMENT], segment.id)),
    )  # as rules name it
    segments = (
        _named(UsageKind.SEGMENT, other).where(refers(other, wanted), other.id != segment.id).correlate_except(other)
    )
    strategies = (
        _named(UsageKind.STRATEGY, Strategy)
        .where(Strategy.segment_id == segment.id, Strategy.status.not_in(ENDED))
        .correlate_except(Strategy)
    )
    users = union_all(segments, strategies).subquery("users")
    return select(users).order_by(users.c.kind, users.c.key.collate("C"))


def _named(kind: UsageKind, user: Any) -> Select[Any]:
    label = literal_column(f"'{kind}'", Text()).label("kind")
    return select(label, _typed(PREFIX[kind], user.id).label("id"), user.key, user.name_en, user.name_zh)


def _typed(prefix: str, id_: Any) -> ColumnElement[str]:
    """An id as callers see it."""
    return literal_column(f"'{prefix}_'", Text()).op("||")(func.replace(cast(id_, Text), _DASH, _NOTHING))


async def _using(session: AsyncSession, id: UUID) -> tuple[str, ...]:
    query = select(Strategy.key).where(Strategy.segment_id == id, Strategy.status.not_in(ENDED)).order_by(Strategy.key)
    return tuple(await session.scalars(query))
