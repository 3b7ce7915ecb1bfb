"""Changing who is on the list of a segment: rows are opened and closed, so that the past can be asked.

Customers are named by the ids of those who count: the winner of merged ones, nobody if gone.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.customers.customer import Customer
from domain.customers.named import customers_named
from domain.customers.reach import reach_of
from domain.customers.read import CustomerBy
from domain.events import EventTopic, announce
from domain.past import AsOf
from domain.refusal import FieldIssue, Invalid, NotFound, ProblemCode, Refused, invalid
from domain.rules.check import MOST_ISSUES, MOST_VALUES
from domain.rules.grouped import Shape
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.segments.member import SegmentMember
from domain.segments.members import member_ids
from domain.segments.segment import Segment, SegmentKind, SegmentStatus
from domain.time import Clock
from domain.words import Words

NO_CUSTOMER = Words("There is no such customer.", "没有该客户。")
_KEY = ["segment_id", "customer_id", "added_at"]
_WRITTEN = [*_KEY, "added_by"]
_LINE = SegmentMember
_INSTANT = SegmentMember.added_at.type


async def open_list(session: AsyncSession, id: UUID) -> Segment:
    """The list, for whoever changes it: one after another.  Refuses with NotFound or Invalid."""
    locked = select(Segment).where(Segment.id == id).with_for_update(key_share=True)
    segment = await session.scalar(locked)
    if segment is None:
        raise Refused(NotFound(path=("segmentId",)))
    if segment.status is not SegmentStatus.ACTIVE:
        raise _fixed("An archived segment cannot be changed.", "已归档的分群不可更改。")
    if segment.kind is SegmentKind.SNAPSHOT:
        raise _fixed("A snapshot never changes.", "快照不可更改。")
    if segment.kind is not SegmentKind.STATIC:
        raise _fixed("The members of this segment come from its rule.", "该分群的成员由规则决定。")
    return segment


async def add(session: AsyncSession, id: UUID, customers: Collection[UUID], actor: str, now: datetime) -> None:
    """Put customers on a list; those who are on it stay as they are."""
    given = func.unnest(literal(sorted(customers), ARRAY(Uuid()))).table_valued("id").render_derived()
    open_ = aliased(SegmentMember)
    there = exists().where(open_.segment_id == id, open_.customer_id == given.c.id, open_.removed_at.is_(None))
    lines = select(literal(id, Uuid()), given.c.id, literal(now, _INSTANT), literal(actor, Text())).where(~there)
    # Whoever was taken off in this very instant was never off.
    reopened: dict[str, Any] = {"removed_at": None, "removed_by": None}
    written = insert(SegmentMember).from_select(_WRITTEN, lines)
    written = written.on_conflict_do_update(index_elements=_KEY, set_=reopened)
    added = await session.scalars(written.returning(SegmentMember.customer_id))
    _tell(session, id, now, added=added)


async def remove(session: AsyncSession, id: UUID, customers: Collection[UUID], actor: str, now: datetime) -> None:
    """Take customers off a list, by whatever identity they came on it; those who are not on it stay off."""
    gone = literal(sorted(customers), ARRAY(Uuid()))
    losers = select(Customer.id).where(Customer.merged_into == any_(gone))
    closed = (
        update(SegmentMember)
        .where(_LINE.segment_id == id, _LINE.removed_at.is_(None))
        .where(or_(_LINE.customer_id == any_(gone), _LINE.customer_id.in_(losers)))
        # Clocks of two processes may differ; a line never ends before it begins.
        .values(removed_at=func.greatest(_LINE.added_at, literal(now, _INSTANT)), removed_by=actor)
        .returning(_LINE.customer_id)
        .execution_options(synchronize_session=False)
    )
    _tell(session, id, now, removed=await session.scalars(closed))


async def put(
    session: AsyncSession, id: UUID, customers: Sequence[UUID], path: tuple[str, ...], actor: str, now: datetime
) -> None:
    """The first members of a list.  Refuses with Invalid, naming those who are nobody."""
    if len(customers) > MOST_VALUES:
        raise invalid(path, f"At most {MOST_VALUES} customers.", f"最多 {MOST_VALUES} 位客户。", ProblemCode.TOO_LONG)
    found = await customers_named(session, {CustomerBy(id=one) for one in customers})
    missing = [n for n, one in enumerate(customers) if CustomerBy(id=one) not in found]
    if missing:
        issues = (
            FieldIssue(path=(*path, str(n)), code=ProblemCode.NOT_FOUND, text=NO_CUSTOMER)
            for n in missing[:MOST_ISSUES]
        )
        raise Refused(Invalid(path=path, fields=tuple(issues)))
    lines = [_line(id, one, actor, now) for one in sorted(set(found.values()))]
    if lines:
        await session.execute(insert(SegmentMember), lines)


async def freeze(
    session: AsyncSession, id: UUID, rule: Rule, terms: Terms, clock: Clock, actor: str, now: datetime
) -> None:
    """The first members of a list: those for whom a rule holds by the clock, of whom the caller reaches."""
    found = member_ids(rule, terms=terms, clock=clock, shape=Shape.ALL).subquery("found")
    if clock.now < now:
        ids = select(func.array_agg(found.c.id, type_=ARRAY(Uuid()))).scalar_subquery()
        found = select(func.unnest(AsOf(ids, literal(clock.now, _INSTANT)), type_=Uuid()).label("id")).subquery("found")
    lines = select(literal(id, Uuid()), found.c.id, literal(now, _INSTANT), literal(actor, Text()))
    if (reach := reach_of(session)) is not None:
        own = getattr(Customer, reach.column) == literal(reach.value, Text())  # of null: nobody
        lines = lines.where(found.c.id.in_(select(Customer.id).where(own)))
    await session.execute(insert(SegmentMember).from_select(_WRITTEN, lines))


def _line(id: UUID, customer: UUID, actor: str, now: datetime) -> dict[str, Any]:
    return dict(zip(_WRITTEN, (id, customer, now, actor), strict=True))


def _tell(session: AsyncSession, id: UUID, now: datetime, **changed: Any) -> None:
    told = {how: sorted(str(one) for one in customers) for how, customers in changed.items()}
    if any(told.values()):
        announce(session, EventTopic.SEGMENT_MEMBERS_CHANGED, id, now, **told)


def _fixed(en: str, zh: str) -> Refused:
    return invalid("segmentId", en, zh, ProblemCode.IMMUTABLE)
