"""Versions of segments: what each saving left behind, by whom and why.  They are never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored, new_id
from domain.refusal import invalid
from domain.segments.segment import Segment, SegmentStatus
from domain.values import BadValue, text

LONGEST_NOTE = 2_000
_note = text(LONGEST_NOTE)


class SegmentVersion(Stored):
    """A segment as one saving left it.  Every one is kept, new names and archiving too: numbers have no gaps."""

    __tablename__ = "segment_version"
    __table_args__ = (UniqueConstraint("segment_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segment.id"))
    version: Mapped[int] = mapped_column(doc="The segment's version from then on.")
    name_en: Mapped[str | None] = mapped_column(doc="English name.")
    name_zh: Mapped[str | None] = mapped_column(doc="Chinese name.")
    status: Mapped[SegmentStatus] = mapped_column(doc="Archived or not.")
    rule: Mapped[dict[str, Any]] = mapped_column(doc="The rule as RuleInput JSON.")
    author: Mapped[str] = mapped_column(doc="Who saved it: key:<prefix>, import, system, migration.")
    note: Mapped[str | None] = mapped_column(doc="Why, in the author's words.")
    created_at: Mapped[datetime] = mapped_column(doc="When it was saved.")


NEWEST = (SegmentVersion.version.desc(),)


def versions_of(segment: type[Segment]) -> Select[SegmentVersion]:
    """What each saving of the segment left behind, the newest first."""
    return select(SegmentVersion).where(SegmentVersion.segment_id == segment.id)


def check_note(note: str | None) -> str | None:
    """The note; null when blank.  Refuses with ``Invalid`` one that is too long or cannot be stored."""
    try:
        return None if note is None else _note(note.strip()) or None
    except BadValue as bad:
        raise invalid(("input", "note"), bad.text.en, bad.text.zh, bad.code) from None


def add_version(session: AsyncSession, segment: Segment, author: str, note: str | None, now: datetime) -> None:
    """Write what a saving left behind, in its transaction."""
    kept = {name: getattr(segment, name) for name in ("version", "name_en", "name_zh", "status", "rule")}
    session.add(SegmentVersion(id=new_id(now), segment_id=segment.id, author=author, note=note, created_at=now, **kept))
