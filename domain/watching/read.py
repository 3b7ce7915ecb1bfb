"""What can be asked of watches: the one of a segment; whether there is anything to do, and when there will be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    Interval,
    Select,
    case,
    cast,
    func,
    literal_column,
    select,
)

from domain.dictionary import Dictionary
from domain.events import STAMP, Event
from domain.segments.segment import Segment
from domain.watching.watch import SegmentWatch, WatchedCustomer

_ONE: Any = literal_column("1", Integer())
_SECOND: ColumnElement[Any] = literal_column("interval '1 second'", Interval())


def watch_of(segment: type[Segment]) -> Select[SegmentWatch]:
    """How it is watched: who enters and leaves is told in the event log.  Null when it is not."""
    return select(SegmentWatch).where(SegmentWatch.segment_id == segment.id, SegmentWatch.ended_at.is_(None))


def every_of(watch: type[SegmentWatch]) -> ColumnElement[Any]:
    """How often a rule that compares customers with one another is asked."""
    return literal_column("'PT'").op("||")(watch.every_s).op("||")(literal_column("'S'"))


def ready_of(watch: type[SegmentWatch]) -> ColumnElement[bool]:
    """Whether all customers have been looked at since it began, or since the rule was changed."""
    return watch.scan_at.is_(None)


def running() -> Select[UUID]:
    """The ids of all that run."""
    return select(SegmentWatch.id).where(SegmentWatch.ended_at.is_(None)).order_by(SegmentWatch.id)


def waiting() -> Select[Any]:
    """One row: how many ``watches`` run; the instant from which on time alone gives something to do; since when an
    event is unread; the dictionary's ``version``."""
    watch, row, event = SegmentWatch, WatchedCustomer, Event
    first = select(func.min(row.next_at)).where(row.watch_id == watch.id, row.next_at.is_not(None)).scalar_subquery()
    again = watch.evaluated_at + cast(watch.every_s, Double()) * _SECOND
    due = case((watch.scan_at.is_not(None), watch.scan_at), (watch.compares, again), else_=first)
    every = select(
        func.count().label("watches"), func.min(due).label("next_at"), func.min(watch.position).label("position")
    ).where(watch.ended_at.is_(None)).subquery("watching")  # fmt: skip
    unread = select(STAMP).where(event.sequence == every.c.position + _ONE).scalar_subquery()
    version = select(Dictionary.version).scalar_subquery()
    return select(every.c.watches, every.c.next_at, unread.label("unread_since"), version.label("version"))
