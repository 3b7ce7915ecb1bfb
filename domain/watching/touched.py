"""Which customers the event log says something happened to, when, and why that may change a membership."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import Customer
from domain.events import Event, EventTopic
from domain.orders.order import Order, OrderItem
from domain.segments.change import ChangeCause

MOST_EVENTS = 1_000
# Where a payload names customers, besides a subject that is one.
_NAMED = ("customer_id", "loser")
_LISTED = ("losers", "added", "removed")
_CAUSES = {
    EventTopic.CUSTOMER_MERGED: ChangeCause.MERGED,
    EventTopic.CUSTOMER_UNMERGED: ChangeCause.MERGED,
    EventTopic.CUSTOMER_ERASED: ChangeCause.ERASED,
    EventTopic.SEGMENT_MEMBERS_CHANGED: ChangeCause.MANUAL,
}
# After these somebody may be there no longer, or another instead.
OF_IDENTITY = frozenset(
    (
        EventTopic.CUSTOMER_DELETED,
        EventTopic.CUSTOMER_MERGED,
        EventTopic.CUSTOMER_UNMERGED,
        EventTopic.CUSTOMER_ERASED,
    )
)


class Touch(NamedTuple):
    """Something happened to a customer."""

    sequence: int
    customer: UUID
    at: datetime
    cause: ChangeCause
    identity: bool  # whether it was about who the customer is


async def touched(session: AsyncSession, after: int) -> tuple[list[Touch], int]:
    """What the next events say, in their order, and the sequence of the last of them."""
    following = select(Event.sequence, Event.topic, Event.subject_id, Event.payload, Event.occurred_at)
    following = following.where(Event.sequence > after).order_by(Event.sequence).limit(MOST_EVENTS)
    events = list(await session.execute(following))
    if not events:
        return [], after
    buyers = await _buyers(session, {each.subject_id for each in events if each.topic is EventTopic.PRODUCT_SAVED})
    found = [
        Touch(
            each.sequence, customer, each.occurred_at, _CAUSES.get(each.topic, ChangeCause.DATA),
            each.topic in OF_IDENTITY,
        )
        for each in events
        for customer in (*_customers_of(each), *buyers.get(each.subject_id, ()))
    ]  # fmt: skip
    return await _with_winners(session, found), events[-1].sequence


def _customers_of(event: Any) -> Iterator[UUID]:
    if event.topic.startswith(("CUSTOMER_", "CONSENT_")):
        yield event.subject_id
    for name in _NAMED:
        if event.payload.get(name):
            yield UUID(event.payload[name])
    for name in _LISTED:
        yield from map(UUID, event.payload.get(name, ()))


async def _buyers(session: AsyncSession, products: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Who bought each of the products: rules ask for article numbers and categories."""
    found: dict[UUID, list[UUID]] = {}
    if products:
        bought = select(OrderItem.product_id, Order.customer_id).join(Order, Order.id == OrderItem.order_id)
        by = bought.where(OrderItem.product_id == any_(literal(list(products), ARRAY(Uuid())))).distinct()
        for product, customer in await session.execute(by):
            found.setdefault(product, []).append(customer)
    return found


async def _with_winners(session: AsyncSession, touches: list[Touch]) -> list[Touch]:
    """Also whom they were merged into: the event may be older than that."""
    ids = literal(list({one.customer for one in touches}), ARRAY(Uuid()))
    merged = select(Customer.id, Customer.merged_into).where(
        Customer.id == any_(ids), Customer.merged_into.is_not(None)
    )
    winners = dict((await session.execute(merged)).all())
    return [each for one in touches for each in _both(one, winners.get(one.customer))]


def _both(touch: Touch, winner: UUID | None) -> Iterator[Touch]:
    yield touch
    if winner is not None:
        yield touch._replace(customer=winner)
