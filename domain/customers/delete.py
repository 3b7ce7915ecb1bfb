"""Deleting a customer so that nobody sees it, and bringing it back as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import GONE, Customer
from domain.customers.locked import lock_customer, of_group
from domain.events import EventTopic, announce
from domain.refusal import Refused, VersionConflict

MOST_SHOWN = 250


async def customer_delete(session: AsyncSession, id: UUID, if_version: int | None = None, *, now: datetime) -> Customer:
    """Hide a customer, and all that is its, from every answer.  ``customerRestore`` brings it back.

    Its references stay its own: nobody else can take them, and what is recorded of them is refused.
    Refuses with NotFound or VersionConflict.
    """
    found = await lock_customer(session, id, "id")
    if if_version is not None and if_version != found.version:
        raise Refused(VersionConflict(path=("ifVersion",), current=found.version, yours=if_version))
    await _mark(session, found, now, now)
    announce(session, EventTopic.CUSTOMER_DELETED, found.id, now)
    return found


async def customer_restore(session: AsyncSession, id: UUID, *, now: datetime) -> tuple[Customer, bool]:
    """Bring back a customer that was deleted; one that was not is answered as it is.

    Refuses with NotFound, also of a customer that was erased.
    """
    found = await lock_customer(session, id, "id", gone=True)
    if found.deleted_at is not None:
        await _mark(session, found, None, now)
        announce(session, EventTopic.CUSTOMER_RESTORED, found.id, now)
    return found, False


async def _mark(session: AsyncSession, customer: Customer, deleted_at: datetime | None, now: datetime) -> None:
    """Those that were merged into it share its fate."""
    await session.execute(update(Customer).where(of_group(customer.id)).values(deleted_at=deleted_at))
    customer.version += 1
    customer.updated_at = max(customer.updated_at, now)
    await session.flush()


def deleted_customers() -> Select[Customer]:
    """The last 250 customers that were deleted and can be restored, the latest first."""
    restorable = (Customer.deleted_at.is_not(None), Customer.erased_at.is_(None), Customer.merged_into.is_(None))
    latest = (Customer.deleted_at.desc(), Customer.id.desc())
    return select(Customer).where(GONE, *restorable).order_by(*latest).limit(MOST_SHOWN)


def deletion_of_id(key: Any) -> Select[Any]:
    """What is answered of a deletion."""
    return select(*(Customer.__table__.c[name] for name in ("id", "deleted_at"))).where(Customer.id == key)
