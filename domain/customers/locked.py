"""Customers, found by id and locked: nothing happens to them, nor is recorded of them, until the transaction ends.

What is recorded locks whom it names, and by its foreign key the winner.  So those who were merged are locked first
here, too; and nobody is merged into a customer who is locked.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import Customer
from domain.customers.presence import there
from domain.customers.reach import reached
from domain.refusal import NotFound, Refused
from domain.staging import statement

_TURN = statement("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' identities', 0))")


async def lock_customer(session: AsyncSession, id_: UUID, place: str, *, gone: bool = False) -> Customer:
    """The customer of an id; of a merged one, the winner.  Refuses with NotFound naming the argument ``place``.

    ``gone``: one that was deleted, too.
    """
    found = (await lock_customers(session, [id_], gone=gone)).get(id_)
    if found is None:
        raise Refused(NotFound(path=(place,)))
    return found


async def lock_customers(session: AsyncSession, ids: Collection[UUID], *, gone: bool = False) -> dict[UUID, Customer]:
    """Id → the customer it means, without those that mean nobody.  All that were merged into them are locked, too.

    Those who change identities take turns, so that who is meant stays so, and none waits for another's row.
    """
    await session.execute(_TURN)
    # Without the losers of merges whom the caller does not reach: to it they mean nobody, either.
    who = select(Customer.id, func.coalesce(Customer.merged_into, Customer.id)).where(
        Customer.id.in_(await reached(session, ids))
    )
    meant = dict(iter(await session.execute(who)))
    winners = set(meant.values())
    await session.execute(_merged_into(winners))
    found = {customer.id: customer for customer in await session.scalars(_alive(winners, gone))}
    mine = await reached(session, found.keys())
    return {id_: found[winner] for id_, winner in meant.items() if winner in mine}


async def hold_customers(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Id → who it means, without those who are gone: for whoever records something of them.

    They are locked as foreign keys lock them: neither merged nor erased until it is recorded, but others may record.
    """
    held = select(Customer.id, func.coalesce(Customer.merged_into, Customer.id)).where(
        Customer.id.in_(ids), *there(Customer)
    )
    return dict(iter(await session.execute(held.order_by(Customer.id).with_for_update(read=True, key_share=True))))


def of_group(id_: UUID) -> ColumnElement[bool]:
    """A customer, and those who were merged into it."""
    return or_(Customer.id == id_, Customer.merged_into == id_)


def _merged_into(ids: Collection[UUID]) -> Select[Any]:
    return select(Customer.id).where(Customer.merged_into.in_(ids)).order_by(Customer.id).with_for_update()


def _alive(ids: Collection[UUID], gone: bool) -> Select[Customer]:
    query = select(Customer).where(Customer.id.in_(ids), Customer.merged_into.is_(None)).order_by(Customer.id)
    query = query.where(*([Customer.erased_at.is_(None)] if gone else there(Customer)))
    return query.with_for_update().execution_options(populate_existing=True)
