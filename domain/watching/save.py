"""Beginning and ending to watch a segment."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, delete, insert, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.events import EventCounter
from domain.refusal import NotFound, ProblemCode, Refused, invalid
from domain.rules.grouped import Shape
from domain.rules.terms import Terms
from domain.rules.tree import Never, Rule
from domain.segments.change import ChangeCause
from domain.segments.members import member_ids
from domain.segments.segment import Segment, SegmentStatus
from domain.time import Clock, Duration
from domain.watching.basis import basis_of, compares
from domain.watching.watch import SegmentWatch, WatchedCustomer
from domain.words import Says, Words

USUAL, SHORTEST_S, LONGEST_S = Duration(seconds=900), 60, 86_400
MOST_WATCHES = 200
Every = Annotated[
    Duration,
    Says(
        Words("interval", "间隔"),
        "How often a rule that compares customers with one another (rank, rfm) is asked; one minute to one day.",
    ),
]


async def segment_watch(
    session: AsyncSession, id: UUID, every: Every = USUAL, *, now: datetime, terms: Terms, clock: Clock
) -> Segment:
    """Tell from now on who enters and who leaves a segment: events SEGMENT_ENTERED and SEGMENT_LEFT.

    Whoever is in it now is not told.  Watching one that is watched already only sets the interval.  Refuses with
    NotFound or Invalid.
    """
    segment = await _locked(session, id)
    if segment.status is not SegmentStatus.ACTIVE:
        raise invalid("id", "An archived segment cannot be watched.", "已归档的分群不可监测。", ProblemCode.IMMUTABLE)
    if every.months or not SHORTEST_S <= every.seconds <= LONGEST_S:
        raise invalid("every", "PT1M to P1D.", "须在 PT1M 至 P1D 之间。", ProblemCode.OUT_OF_RANGE)
    running = list(await session.scalars(select(SegmentWatch).where(SegmentWatch.ended_at.is_(None))))
    mine = next((one for one in running if one.segment_id == id), None)
    if mine is not None:
        mine.every_s = every.seconds
        return segment
    if len(running) >= MOST_WATCHES:
        words = f"At most {MOST_WATCHES} segments are watched.", f"最多监测 {MOST_WATCHES} 个分群。"
        raise invalid("id", *words, ProblemCode.OUT_OF_RANGE)
    asked = {"basis": basis_of(id, terms, clock), "compares": compares(id, terms)}
    # Before the baseline: what is committed after this is looked at again, which does no harm.
    position = await session.scalar(select(EventCounter.last))
    watch = SegmentWatch(
        id=new_id(now), segment_id=id, since=now, every_s=every.seconds, position=position, evaluated_at=now, **asked
    )
    if not watch.compares:  # when to look again, and what was committed beside this
        watch.scan_at, watch.scan_cause = now, ChangeCause.DATA
    session.add(watch)
    await session.flush()
    await session.execute(_baseline(watch.id, terms.rules.get(id, Never()), terms, clock))
    return segment


def _baseline(watch: UUID, rule: Rule, terms: Terms, clock: Clock) -> Any:
    """Who is in now."""
    found = member_ids(rule, terms=terms, clock=clock, shape=Shape.ALL).subquery("found")
    lines = select(literal(watch, Uuid()), found.c.id, true(), literal(0, Integer()))
    return insert(WatchedCustomer).from_select(["watch_id", "customer_id", "member", "changes"], lines)


async def segment_unwatch(session: AsyncSession, id: UUID, *, now: datetime) -> Segment:
    """Tell no longer who enters and who leaves; what was told stays.

    One that is not watched stays so.  Refuses with NotFound.
    """
    segment = await _locked(session, id)
    running = select(SegmentWatch).where(SegmentWatch.segment_id == id, SegmentWatch.ended_at.is_(None))
    watch = await session.scalar(running.with_for_update())
    if watch is not None:
        await end(session, watch, now)
    return segment


async def end(session: AsyncSession, watch: SegmentWatch, now: datetime) -> None:
    """End a watch that is locked: its changes stay, who stood how does not."""
    watch.ended_at = now
    await session.execute(delete(WatchedCustomer).where(WatchedCustomer.watch_id == watch.id))


async def _locked(session: AsyncSession, id: UUID) -> Segment:
    """The segment, for one who begins or ends after another."""
    segment = await session.scalar(select(Segment).where(Segment.id == id).with_for_update(key_share=True))
    if segment is None:
        raise Refused(NotFound(path=("id",)))
    return segment
