"""Customers put on the list of a segment and taken off it, each item answered by itself."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.check import Checking
from domain.customers.named import customers_named
from domain.customers.read import CustomerBy
from domain.recording.batch import NO_CUSTOMER, bounded
from domain.recording.outcome import Recorded
from domain.refusal import Invalid
from domain.segments.lists import add, open_list, remove
from domain.words import Says, Words

Customers = Annotated[list[CustomerBy], Says(Words("customers", "客户"), "1 to 100.")]


async def segment_members_add(
    session: AsyncSession, segment_id: UUID, customers: Customers, *, now: datetime, actor: str
) -> list[Recorded]:
    """Put customers on the list of a static segment.  Those who are on it already stay as they are."""
    return await _changed(session, segment_id, customers, add, now, actor)


async def segment_members_remove(
    session: AsyncSession, segment_id: UUID, customers: Customers, *, now: datetime, actor: str
) -> list[Recorded]:
    """Take customers off the list of a static segment.  Those who are not on it stay off; when they were, is kept."""
    return await _changed(session, segment_id, customers, remove, now, actor)


async def _changed(
    session: AsyncSession,
    segment_id: UUID,
    customers: Sequence[CustomerBy],
    change: Callable[..., Awaitable[None]],
    now: datetime,
    actor: str,
) -> list[Recorded]:
    bounded(customers, "customers")
    segment = await open_list(session, segment_id)
    checked = [_checked(n, by) for n, by in enumerate(customers)]
    found = await customers_named(session, {by for by, checking in checked if not checking.issues})
    outcomes = []
    for n, (by, checking) in enumerate(checked):
        if not checking.issues and by not in found:
            checking.wrong(("customers", str(n)), NO_CUSTOMER)
        issues = tuple(checking.issues)
        wrong = Invalid(path=("customers", str(n)), fields=issues) if issues else None
        outcomes.append(Recorded(None if wrong else found[by], wrong))
    if known := {one.id for one in outcomes if one.id is not None}:
        await change(session, segment.id, known, actor, now)
    return outcomes


def _checked(n: int, by: CustomerBy) -> tuple[CustomerBy, Checking]:
    checking = Checking()
    return checking.somebody(("customers", str(n)), by), checking
