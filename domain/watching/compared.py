"""A watch whose rule compares customers with one another: who is in is asked of everybody at once."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.rules.grouped import Shape
from domain.rules.terms import Terms
from domain.segments.members import member_ids
from domain.time import Clock
from domain.watching.followed import Followed
from domain.watching.watch import WatchedCustomer

MOST_DIFFERENT = 10_000


async def compare(session: AsyncSession, one: Followed, terms: Terms, clock: Clock) -> None:
    """Take down who is in now and was not, and who was and is not; of very many a part, the others the next time."""
    watch = one.watch
    assert watch.scan_at is not None
    assert watch.scan_cause is not None
    live = member_ids(one.rule, terms=terms, clock=replace(clock, now=watch.scan_at), shape=Shape.ALL).subquery("live")
    row = WatchedCustomer
    stored = select(row.customer_id).where(row.watch_id == watch.id, row.member).subquery("stored")
    both = live.join(stored, stored.c.customer_id == live.c.id, full=True)
    customer = func.coalesce(live.c.id, stored.c.customer_id, type_=live.c.id.type).label("customer")
    query = select(customer, live.c.id.is_not(None)).select_from(both)
    query = query.where(or_(live.c.id.is_(None), stored.c.customer_id.is_(None))).limit(MOST_DIFFERENT)
    different: dict[UUID, bool] = dict((await session.execute(query)).all())
    await one.load(session, different)
    for id_, member in different.items():
        asked = one.asked(id_, watch.scan_at, watch.scan_cause)
        one.put(id_, member, asked.at, asked.cause)
        one.standings[id_].next_at = None
    if len(different) < MOST_DIFFERENT:
        watch.evaluated_at, watch.scan_at, watch.scan_cause = watch.scan_at, None, None
