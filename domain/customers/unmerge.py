"""Undoing a merge: both are again what they were; what happened since stays with the winner."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated
from uuid import UUID

from sqlalchemy import TextClause, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import Customer
from domain.customers.fill import unfill
from domain.customers.locked import lock_customer
from domain.customers.merge import rows_of
from domain.customers.merged import CustomerMerge
from domain.customers.owned import Owned, moved
from domain.events import EventTopic, announce
from domain.refusal import NotFound, Refused
from domain.staging import listed, recordset, statement
from domain.words import Says, Words


async def customer_unmerge(
    session: AsyncSession,
    loser: Annotated[UUID, Says(Words("loser", "被合并的客户"), "By the id that it had.")],
    *,
    now: datetime,
) -> tuple[Customer, bool]:
    """Separate a customer that was merged into another.  Both are as they were, in every past, too.

    What was recorded, or changed on the winner, since the merge stays with the winner.  Answers the customer that is
    there again.  Refuses with NotFound when it is not merged.
    """
    owner = await lock_customer(session, loser, "loser")
    record = await session.scalar(select(CustomerMerge).where(CustomerMerge.loser_id == loser))
    if record is None:
        raise Refused(NotFound(path=("loser",)))
    for one in moved():
        if rows := rows_of(record, one):
            places = {"rows_moved": listed(rows), "winner": owner.id, "loser": loser}
            await session.execute(_move_back(one), places)
    await unfill(session, record.winner_id, [UUID(id_) for id_ in record.changes])
    again = await session.get_one(Customer, loser, populate_existing=True)
    winner = await session.get_one(Customer, record.winner_id, populate_existing=True)
    await _known_since(session, record, winner, again)
    await session.delete(record)
    again.merged_into = None
    for each in {again, winner, owner}:
        each.version += 1
        each.updated_at = max(each.updated_at, now)
    await session.flush()
    announce(session, EventTopic.CUSTOMER_UNMERGED, owner.id, now, loser=str(loser))
    return again, False


async def _known_since(session: AsyncSession, record: CustomerMerge, winner: Customer, loser: Customer) -> None:
    """Since when the winner is known without the loser, unless that was changed since."""
    others = (
        select(CustomerMerge, Customer.registered_at)
        .join(Customer, Customer.id == CustomerMerge.loser_id)
        .where(CustomerMerge.winner_id == winner.id, CustomerMerge.id != record.id)
    )
    left = list(await session.execute(others))
    own = max([record.registered_before, *(one.registered_before for one, _ in left)])  # a merge only lowers it
    known = [since for _, since in left]
    if winner.registered_at == min(own, loser.registered_at, *known):
        winner.registered_at = min([own, *known])
    if left:
        left[0][0].registered_before = own


@cache
def _move_back(one: Owned) -> TextClause:
    name, column = one.table.name, one.column.name
    same = "".join(f" AND m.{key} = rows_moved.{key}" for key in one.key if key != column)
    return statement(f"""
        UPDATE {name} AS m SET {column} = :loser FROM {recordset("rows_moved", **one.key)}
        WHERE m.{column} = :winner{same}""")
