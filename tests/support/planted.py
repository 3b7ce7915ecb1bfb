"""One row of everything in a tenant, so that no table and no connection is empty."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.graph.request import typed_id
from api.schema import view
from domain.base import new_id
from domain.catalogue.installed import InstalledTemplate
from domain.consents.consent import Consent, ConsentPurpose, ConsentStatus, LegalBasis
from domain.customers.attribute import AttributeDefinition, AttributeType
from domain.customers.customer import AttributeChange, Customer, CustomerExternalRef
from domain.customers.erase import Erasure
from domain.customers.merged import CustomerMerge
from domain.events import Event, EventTopic
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.idempotency import IdempotencyRecord
from domain.interactions.interaction import Direction, Interaction, InteractionType
from domain.members.member import Member, MemberRole
from domain.orders.order import ExchangeRate, Order, OrderItem, OrderReturn, OrderRevision, OrderStatus
from domain.orders.product import Product
from domain.orders.rfm.config import RfmConfig
from domain.segments.change import ChangeCause, ChangeKind
from domain.segments.member import SegmentMember
from domain.segments.segment import Segment, SegmentStatus
from domain.segments.version import SegmentVersion
from domain.staging import ImportRow, RowState
from domain.strategies.strategy import ActionKind, GoalDirection, GoalMetric, Strategy, StrategyAction
from domain.watching.watch import MembershipChange, SegmentWatch, WatchedCustomer

AT = datetime(2025, 6, 1, 9, tzinfo=UTC)
ALL = {"attribute": {"key": "city", "test": {"text": {"eq": "Ulm"}}}}


async def plant(session: AsyncSession, count: int = 3) -> None:
    """``count`` customers from Ulm with an order, a return, a visit and an answer each; one of everything else."""
    at = {"recorded_at": AT}
    product = Product(id=new_id(AT), sku="A-1", name="Tea", category_path=["food", "tea"], created_at=AT, updated_at=AT)
    segment = Segment(id=new_id(AT), key="ulm", name_en="From Ulm", rule=ALL, created_at=AT, updated_at=AT)
    kept = Segment(id=new_id(AT), key="kept", name_en="List", kind="STATIC", rule={}, created_at=AT, updated_at=AT)
    definition = AttributeDefinition(id=new_id(AT), key="club", label_en="Club", type=AttributeType.TEXT, created_at=AT)
    session.add_all(
        [
            product,
            segment,
            kept,
            definition,
            ExchangeRate(id=new_id(AT), currency="USD", on_date=date(2025, 1, 1), rate=1, **at),
        ]
    )
    await session.flush()
    scale = {"bins": 5}
    scoring = {"recency": scale, "frequency": scale, "monetary": scale}
    session.add(RfmConfig(id=new_id(AT), key="fifths", name_en="Fifths", scoring=scoring, created_at=AT, updated_at=AT))
    session.add(InstalledTemplate(segment_id=segment.id, template="top_customers", params={}, recorded_at=AT))
    session.add_all(_strategy(segment))
    saved = {"name_en": "From Ulm", "status": SegmentStatus.ACTIVE, "rule": ALL, "created_at": AT}
    session.add(SegmentVersion(id=new_id(AT), segment_id=segment.id, version=1, author="test", **saved))
    watched: list[UUID] = []
    for number in range(count):
        made = _customer(f"{number}", AT + timedelta(hours=number), product, at)
        for rows in made:
            session.add_all(rows)
            await session.flush()
        watched.append(made[0][0].id)
        session.add(SegmentMember(segment_id=kept.id, customer_id=watched[-1], added_at=AT, added_by="test"))
    await _watch(session, segment, watched)
    session.add(Event(sequence=1_000_000, topic=EventTopic.BULK_FINISHED, payload={}, occurred_at=AT, recorded_at=AT))
    wang = {"name": "Wang Li", "email": "wang@example.com", "code": "W-1", "role": MemberRole.OWNER}
    session.add(Member(id=new_id(AT), created_at=AT, updated_at=AT, **wang))
    session.add(IdempotencyRecord(caller="key:0", key="k", field="f", digest="d", outcome={}, recorded_at=AT))
    staged = {"run_id": new_id(AT), "subject": "customers", "key": "0", "line": 1, "part": 0, "id": new_id(AT)}
    session.add(ImportRow(**staged, state=RowState.READY, lines=1, data={}))
    await session.flush()


async def ids_of(session: AsyncSession) -> dict[str, list[str]]:
    """The ids, as clients see them, of all rows of each GraphQL type that has any."""
    return {
        name: [typed_id(prefix, key) for key in await session.scalars(select(view.model[name].id))]
        for name, prefix in view.prefix.items()
    }


async def _watch(session: AsyncSession, segment: Segment, customers: list[UUID]) -> None:
    """A watch that has ended, and what it found."""
    spans = {"since": AT, "every_s": 900, "ended_at": AT + timedelta(days=9), "evaluated_at": AT + timedelta(days=9)}
    seen = {"position": 0, "compares": False, "basis": ""}
    watch = SegmentWatch(id=new_id(AT), segment_id=segment.id, **spans, **seen)
    session.add(watch)
    await session.flush()
    for one in customers:
        change = {"number": 1, "change": ChangeKind.ENTERED, "at": AT, "cause": ChangeCause.DATA, "rule_version": 1}
        session.add(WatchedCustomer(watch_id=watch.id, customer_id=one, member=True, changes=1, changed_at=AT))
        session.add(MembershipChange(id=new_id(AT), watch_id=watch.id, customer_id=one, **change, recorded_at=AT))
    await session.flush()


def _strategy(segment: Segment) -> list[Any]:
    goal = {"goal_metric": GoalMetric.NPS, "goal_direction": GoalDirection.UP, "goal_within": "P90D"}
    times = {"created_at": AT, "updated_at": AT}
    saved = Strategy(id=new_id(AT), key="care", name_en="Care", segment_id=segment.id, **goal, **times)
    return [saved, StrategyAction(strategy_id=saved.id, position=1, kind=ActionKind.SEND_CARE, payload={})]


def _customer(number: str, when: datetime, product: Product, at: dict[str, Any]) -> list[list[Any]]:
    who = Customer(
        id=new_id(when), display_name=f"Li {number}", email=f"{number}@example.com", phone=f"+4973100000{number}",
        city="Ulm", tags=["tea"], attributes={"club": "gold"}, registered_at=when, created_at=when, updated_at=when,
    )  # fmt: skip
    amounts = {"total": 10, "discount": 0, "net_total": 10, "base_net": 10}
    named = {"system": "shop", "external_id": number, "customer_id": who.id, **at}
    order = Order(
        id=new_id(when), placed_at=when, status=OrderStatus.PAID, currency="EUR", updated_at=when, **amounts, **named
    )
    item = OrderItem(
        id=new_id(when), order_id=order.id, line=1, product_id=product.id, quantity=2, unit_price=5, net_amount=10,
        base_net=10,
    )  # fmt: skip
    back = OrderReturn(
        id=new_id(when), order_id=order.id, item_id=item.id, product_id=product.id, line=1, quantity=1, currency="EUR",
        net_amount=5, base_net=5, returned_at=when, **named,
    )  # fmt: skip
    before = {f"before_{name}": Decimal(value) for name, value in amounts.items()}
    revision = OrderRevision(id=new_id(when), order_id=order.id, before_items=[], valid_from=when, **before, **at)
    visit = Interaction(
        id=new_id(when),
        type=InteractionType.VISIT,
        direction=Direction.INBOUND,
        occurred_at=when,
        properties={},
        **named,
    )
    answer = Feedback(
        id=new_id(when), kind=FeedbackKind.NPS, question_key="", score=9, scale_min=0, scale_max=10, submitted_at=when,
        order_id=order.id, **named,
    )  # fmt: skip
    return [[who], [*_record(who, number, when, at), visit, order], [item, revision, answer], [back]]


def _record(who: Customer, number: str, when: datetime, at: dict[str, Any]) -> list[Any]:
    """What is kept beside the customer's own row."""
    change = AttributeChange(
        id=new_id(when), customer_id=who.id, field="city", before=None, after="Ulm", valid_from=when, actor="test", **at
    )
    ref = CustomerExternalRef(system="shop", value=number, customer_id=who.id, **at)
    merge = CustomerMerge(
        id=new_id(when), winner_id=who.id, loser_id=who.id, moved={}, changes=[], registered_before=when,
        merged_at=when, actor="test",
    )  # fmt: skip
    gone = Erasure(id=new_id(when), customer_id=who.id, reason="test", actor="test", erased_at=when, rows={})
    said = Consent(
        id=new_id(when), customer_id=who.id, purpose=ConsentPurpose.MARKETING, status=ConsentStatus.GRANTED,
        basis=LegalBasis.CONSENT, source="form", occurred_at=when, actor="test", **at,
    )  # fmt: skip
    return [ref, change, merge, gone, said]
