"""One watch while it is followed: how its customers stand, what is to be looked at next, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.events import EventTopic, announce
from domain.rules.tree import All, Rule
from domain.segments.change import ChangeCause, ChangeKind
from domain.watching.looked import Look, Seen
from domain.watching.touched import Touch
from domain.watching.watch import MembershipChange, SegmentWatch, WatchedCustomer

_TOPICS = {ChangeKind.ENTERED: EventTopic.SEGMENT_ENTERED, ChangeKind.LEFT: EventTopic.SEGMENT_LEFT}
_SET = ("member", "changes", "changed_at", "next_at")
ANYBODY = All(())
LATE = timedelta(
    seconds=2
)  # up to here what is so is taken for what was: looking up the past takes several times as long


@dataclass(slots=True)
class Standing:
    """How a customer stands; ``stored``: as its row says, if it has one."""

    member: bool = False
    changes: int = 0
    changed_at: datetime | None = None
    next_at: datetime | None = None
    stored: tuple[Any, ...] | None = None

    @property
    def values(self) -> tuple[Any, ...]:
        """As a row has them."""
        return self.member, self.changes, self.changed_at, self.next_at


class Asked(NamedTuple):
    """A customer to be looked at as of an instant; a change has the cause."""

    customer: UUID
    at: datetime
    cause: ChangeCause


@dataclass(slots=True)
class Followed:
    """A watch whose row is locked."""

    watch: SegmentWatch
    version: int  # of the segment
    rule: Rule
    now: datetime
    standings: dict[UUID, Standing] = field(default_factory=dict)
    touches: dict[UUID, list[Touch]] = field(default_factory=dict)  # in order, those still to be looked at
    changes: list[dict[str, Any]] = field(default_factory=list)

    async def load(self, session: AsyncSession, customers: Collection[UUID]) -> None:
        """Read how customers stand."""
        row = WatchedCustomer
        mine = row.customer_id == any_(literal(list(customers), ARRAY(Uuid())))
        query = select(row.customer_id, row.member, row.changes, row.changed_at, row.next_at)
        self.standings = {one: Standing() for one in customers}
        for customer, member, changes, changed_at, next_at in await session.execute(
            query.where(row.watch_id == self.watch.id, mine)
        ):
            stored = (member, changes, changed_at, next_at)
            self.standings[customer] = Standing(*stored, stored=stored)

    async def due(self, session: AsyncSession, most: int) -> list[UUID]:
        """The customers whose time has come, the earliest first."""
        row = WatchedCustomer
        query = select(row.customer_id).where(row.watch_id == self.watch.id, row.next_at <= self.now)
        return list(await session.scalars(query.order_by(row.next_at).limit(most)))

    def pending(self) -> list[Asked]:
        """The next instant of each customer that has come: something that happened, or the passing of time."""
        found = []
        for customer, standing in self.standings.items():
            waiting, next_at = self.touches.get(customer), standing.next_at
            if waiting and (next_at is None or next_at > self.now or waiting[0].at <= next_at):
                touch = waiting.pop(0)
                if not waiting:
                    del self.touches[customer]
                found.append(self.asked(customer, touch.at, touch.cause))
            elif next_at is not None and next_at <= self.now:
                found.append(Asked(customer, next_at, ChangeCause.TIME_PASSED))
        return found

    def asked(self, customer: UUID, at: datetime, cause: ChangeCause) -> Asked:
        """A customer as of an instant, but of none before what was told of it.

        Clocks of processes differ, and a transaction may commit after one that began later.
        """
        return Asked(customer, max(at, self.watch.since, self.standings[customer].changed_at or at), cause)

    def look(self, asked: Sequence[Asked]) -> Look:
        """What that asks."""
        rule = ANYBODY if self.watch.compares else self.rule
        at = [one.at for one in asked]
        past = min(at) < self.now - LATE
        return Look(rule, [one.customer for one in asked], at, ahead=not self.watch.compares, past=past)

    def take(self, asked: Sequence[Asked], seen: dict[UUID, Seen]) -> None:
        """What was found of them."""
        for customer, at, cause in asked:
            found, standing = seen[customer], self.standings[customer]
            # One who is compared with others stays what the last comparison said, but for being there at all.
            member = found.member and (standing.member or not self.watch.compares)
            self.put(customer, member, at, cause)
            standing.next_at = found.next_at

    def put(self, customer: UUID, member: bool, at: datetime, cause: ChangeCause) -> None:
        """A customer stands so as of an instant."""
        standing = self.standings[customer]
        if member is standing.member:
            return
        standing.member, standing.changes, standing.changed_at = member, standing.changes + 1, at
        self.changes.append(
            {
                "id": new_id(self.now), "watch_id": self.watch.id, "customer_id": customer, "at": at,
                "number": standing.changes, "change": ChangeKind.ENTERED if member else ChangeKind.LEFT,
                "cause": cause, "rule_version": self.version, "recorded_at": self.now,
            }
        )  # fmt: skip

    async def write(self, session: AsyncSession) -> None:
        """All of it, and the events that tell of it, in the transaction."""
        changed = {one: standing for one, standing in self.standings.items() if standing.values != standing.stored}
        idle = (False, 0, None, None)
        gone = [one for one, standing in changed.items() if standing.values == idle and standing.stored is not None]
        rows = [
            {"watch_id": self.watch.id, "customer_id": one, **dict(zip(_SET, standing.values, strict=True))}
            for one, standing in changed.items()
            if standing.values != idle
        ]
        if rows:
            written = insert(WatchedCustomer)
            kept = {name: written.excluded[name] for name in _SET}
            key = ["watch_id", "customer_id"]
            await session.execute(written.on_conflict_do_update(index_elements=key, set_=kept), rows)
        if gone:
            row, theirs = WatchedCustomer, literal(gone, ARRAY(Uuid()))
            await session.execute(delete(row).where(row.watch_id == self.watch.id, row.customer_id == any_(theirs)))
        if self.changes:
            self.changes.sort(key=lambda one: one["at"])
            await session.execute(insert(MembershipChange), self.changes)
        for one in self.changes:
            announce(
                session, _TOPICS[one["change"]], one["customer_id"], self.now, segment_id=str(self.watch.segment_id),
                at=one["at"].isoformat(), cause=one["cause"], rule_version=self.version, change_id=str(one["id"]),
            )  # fmt: skip
