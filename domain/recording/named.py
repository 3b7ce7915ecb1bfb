"""Which orders the items of a call name."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.presence import of_somebody
from domain.customers.reach import reached
from domain.orders.order import Order
from domain.recording.inputs import OrderRefInput


class NamedOrder(NamedTuple):
    """An order and whose it is."""

    id: UUID
    customer_id: UUID


async def orders_named(session: AsyncSession, names: Collection[OrderRefInput]) -> dict[OrderRefInput, NamedOrder]:
    """Name → order, without those that mean none, or that of a customer who is gone."""
    if not names:
        return {}
    refs = [(name.external_ref.system, name.external_ref.value) for name in names if name.external_ref]
    ids = [name.id for name in names if name.id]
    query = select(Order.id, Order.customer_id, Order.system, Order.external_id).where(
        or_(Order.id.in_(ids), tuple_(Order.system, Order.external_id).in_(refs)), of_somebody(Order.customer_id)
    )
    found: dict[object, NamedOrder] = {}
    rows = (await session.execute(query)).all()
    mine = await reached(session, {row.customer_id for row in rows})
    for id_, customer, system, number in (row for row in rows if row.customer_id in mine):
        found[id_] = found[system, number] = NamedOrder(id_, customer)
    return {name: found[one] for name in names if (one := _said(name)) in found}


def _said(name: OrderRefInput) -> object:
    return name.id if name.external_ref is None else (name.external_ref.system, name.external_ref.value)
