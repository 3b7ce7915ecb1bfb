"""One round: what happened and what time has brought since the last, for the watched segments that nobody else follows.

All of it is one transaction: how far the log was read, how everybody stands, the changes and their events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import Customer
from domain.dictionary import Dictionary
from domain.events import EventCounter
from domain.rules.terms import Terms
from domain.segments.change import ChangeCause
from domain.segments.segment import Segment
from domain.segments.terms import terms_of, terms_statement
from domain.time import Clock
from domain.watching.basis import basis_of, compares
from domain.watching.compared import compare
from domain.watching.followed import Asked, Followed
from domain.watching.looked import looked
from domain.watching.save import end
from domain.watching.touched import touched
from domain.watching.watch import SegmentWatch

MOST_SCANNED, MOST_DUE, MOST_STEPS = 2_000, 2_000, 100
MOST_UNREAD = 20_000  # events; when there are more, everybody is looked at instead
NOBODY = UUID(int=0)  # comes before everybody


@dataclass(frozen=True, slots=True)
class Round:
    """What a round has done: changes by cause, for how many watches, by which terms."""

    changes: Mapping[str, int]
    watches: int
    terms: Terms


async def follow(session: AsyncSession, remembered: Terms, *, clock: Clock, only: UUID | None = None) -> Round:
    """Follow what is watched up to the clock's now.  It may have to be called again: see ``waiting``.

    ``only``: one watch, when all together fail.
    """
    claimed = select(SegmentWatch, Segment.version).join(Segment, Segment.id == SegmentWatch.segment_id)
    claimed = claimed.where(SegmentWatch.ended_at.is_(None)).order_by(SegmentWatch.id)
    if only is not None:
        claimed = claimed.where(SegmentWatch.id == only)
    # Whoever comes second leaves these to the first.
    watches = (await session.execute(claimed.with_for_update(of=SegmentWatch, skip_locked=True))).all()
    terms = await _current(session, remembered)
    last = await session.scalar(select(EventCounter.last)) or 0
    followed = []
    for watch, version in watches:
        if watch.segment_id not in terms.rules:  # it was archived
            await end(session, watch, clock.now)
            continue
        _settle(watch, terms, clock, last)
        followed.append(Followed(watch, version, terms.rules[watch.segment_id], clock.now))
    await _follow(session, followed, terms, clock)
    for one in followed:
        await one.write(session)
    return Round(Counter(change["cause"].value for one in followed for change in one.changes), len(followed), terms)


async def _current(session: AsyncSession, remembered: Terms) -> Terms:
    if remembered.version == await session.scalar(select(Dictionary.version)):
        return remembered
    return terms_of(await session.scalar(terms_statement()), remembered.vocabulary)


def _settle(watch: SegmentWatch, terms: Terms, clock: Clock, last: int) -> None:
    """Begin to look at everybody where that is needed."""
    basis = basis_of(watch.segment_id, terms, clock)
    if basis != watch.basis:
        watch.basis, watch.compares = basis, compares(watch.segment_id, terms)
        _scan(watch, clock.now, ChangeCause.RULE_EDITED, last)
    elif watch.scan_at is None and watch.compares:
        if watch.evaluated_at + timedelta(seconds=watch.every_s) <= clock.now:
            _scan(watch, clock.now, ChangeCause.POPULATION_SHIFT, watch.position)
    elif watch.scan_at is None and last - watch.position > MOST_UNREAD:
        _scan(watch, clock.now, ChangeCause.DATA, last)


def _scan(watch: SegmentWatch, at: datetime, cause: ChangeCause, position: int) -> None:
    watch.scan_at, watch.scan_after, watch.scan_cause, watch.position = at, None, cause, position


async def _follow(session: AsyncSession, followed: list[Followed], terms: Terms, clock: Clock) -> None:
    scanning = [one for one in followed if one.watch.scan_at is not None]
    following = [one for one in followed if one.watch.scan_at is None]
    asked: list[tuple[Followed, list[Asked]]] = []
    for one in scanning:
        if one.watch.compares:
            await compare(session, one, terms, clock)
        else:
            asked.append((one, await _scanned(session, one)))
    await _touched(session, following)
    asked += [(one, one.pending()) for one in following]
    steps = 0
    while asked := [(one, some) for one, some in asked if some]:
        seen = await looked(session, [one.look(some) for one, some in asked], terms, clock)
        for (one, some), found in zip(asked, seen, strict=True):
            one.take(some, found)
        steps += 1
        # What time has brought may wait for the next round, what happened would be forgotten.
        asked = [(one, one.pending()) for one in following if steps < MOST_STEPS or one.touches]
    for one in following:
        if not one.watch.compares:
            one.watch.evaluated_at = clock.now


async def _scanned(session: AsyncSession, one: Followed) -> list[Asked]:
    """The next of everybody."""
    watch = one.watch
    assert watch.scan_at is not None
    assert watch.scan_cause is not None
    query = select(Customer.id).where(Customer.id > (watch.scan_after or NOBODY)).order_by(Customer.id)
    found = list(await session.scalars(query.limit(MOST_SCANNED)))
    await one.load(session, found)
    asked = [one.asked(id_, watch.scan_at, watch.scan_cause) for id_ in found]
    if len(found) == MOST_SCANNED:
        watch.scan_after = found[-1]
    else:
        watch.evaluated_at, watch.scan_at, watch.scan_after, watch.scan_cause = watch.scan_at, None, None, None
    return asked


async def _touched(session: AsyncSession, following: list[Followed]) -> None:
    """Hand out what the log says, and whose time has come."""
    if not following:
        return
    touches, last = await touched(session, min(one.watch.position for one in following))
    for one in following:
        for touch in touches:
            if touch.sequence > one.watch.position and (touch.identity or not one.watch.compares):
                one.touches.setdefault(touch.customer, []).append(touch)
        one.watch.position = max(one.watch.position, last)
        due = [] if one.watch.compares else await one.due(session, MOST_DUE)
        await one.load(session, {*one.touches, *due})
