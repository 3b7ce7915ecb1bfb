"""The event log as it is asked: what each topic is about, what happened, and how far an answer reaches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, Text, case, cast, func, literal, literal_column, select, text

from domain.base import Stored
from domain.customers.attribute import AttributeDefinition
from domain.customers.customer import Customer
from domain.events import STAMP, Event, EventTopic, before
from domain.feedback.feedback import Feedback
from domain.interactions.interaction import Interaction
from domain.members.member import Member
from domain.orders.order import Order, OrderReturn
from domain.orders.product import Product
from domain.orders.rfm.config import RfmConfig
from domain.segments.segment import Segment
from domain.strategies.strategy import Strategy

# Topic → whose row its subject is; null: it is about no row.
SUBJECTS: Mapping[EventTopic, type[Stored] | None] = {
    EventTopic.CUSTOMER_CREATED: Customer,
    EventTopic.CUSTOMER_UPDATED: Customer,
    EventTopic.ORDER_RECORDED: Order,
    EventTopic.ORDER_RETURNED: OrderReturn,
    EventTopic.INTERACTION_RECORDED: Interaction,
    EventTopic.FEEDBACK_RECEIVED: Feedback,
    EventTopic.PRODUCT_SAVED: Product,
    EventTopic.SEGMENT_SAVED: Segment,
    EventTopic.SEGMENT_MEMBERS_CHANGED: Segment,
    EventTopic.STRATEGY_SAVED: Strategy,
    EventTopic.ATTRIBUTE_DEFINED: AttributeDefinition,
    EventTopic.CUSTOMER_DELETED: Customer,
    EventTopic.CUSTOMER_RESTORED: Customer,
    EventTopic.CUSTOMER_MERGED: Customer,
    EventTopic.CUSTOMER_UNMERGED: Customer,
    EventTopic.CUSTOMER_ERASED: Customer,
    EventTopic.CONSENT_CHANGED: Customer,
    EventTopic.RFM_CONFIG_SAVED: RfmConfig,
    EventTopic.MEMBER_SAVED: Member,
    EventTopic.MEMBER_REMOVED: Member,
    EventTopic.SEGMENT_ENTERED: Customer,
    EventTopic.SEGMENT_LEFT: Customer,
    EventTopic.BULK_FINISHED: None,
}
# These tell of several customers at once, so who reaches only some does not see them.
OF_SEVERAL = frozenset((EventTopic.SEGMENT_MEMBERS_CHANGED,))
BY_SEQUENCE = (Event.sequence.asc(),)
_APART = text("interval '1 minute'")  # how far the clocks of processes and the database may be
_NEVER: Any = literal_column("9223372036854775807", BigInteger())


def events(topics: list[EventTopic] | None = None, updated_since: datetime | None = None) -> Select[Event]:
    """What happened, oldest first: each acknowledged change once, in the order of the commits, without gaps."""
    query = select(Event)
    if topics is not None:
        query = query.where(cast(Event.topic, Text) == func.any(topics))
    return query if updated_since is None else query.where(Event.sequence > before(updated_since))


def subject_of(event: type[Event]) -> Select[Any]:
    """What it is about, as it is now; null when that is gone, or hidden from the caller."""
    kinds = {topic.value: literal(of.__name__, Text()) for topic, of in SUBJECTS.items() if of is not None}
    kind = case(kinds, value=cast(event.topic, Text))
    return select(kind.label("kind"), event.subject_id.label("id")).where(event.subject_id.is_not(None))


def synced_until(*, now: Any) -> Select[Any]:
    """How far this answer reaches; null while nothing has happened.

    It reaches no further than its own clock: of what began after it, and was committed before the snapshot was taken,
    the answer does not show all, so that nothing from the first of these on counts as seen.
    """
    begun_later = select(func.min(Event.sequence)).where(Event.occurred_at > now, Event.sequence > before(now - _APART))
    columns: tuple[Any, ...] = (STAMP.label("at"), Event.sequence.label("sequence"))
    seen = Event.sequence < func.coalesce(begun_later.scalar_subquery(), _NEVER)
    return select(*columns).where(seen).order_by(Event.sequence.desc()).limit(literal_column("1", Integer()))
