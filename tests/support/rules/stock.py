"""Stores a made-up shop in a tenant."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import Stored, new_id
from domain.consents.consent import Consent
from domain.customers.attribute import AttributeDefinition
from domain.customers.customer import AttributeChange, Customer
from domain.dictionary import raise_dictionary
from domain.feedback.feedback import Feedback
from domain.interactions.interaction import Interaction
from domain.orders.order import Order, OrderItem, OrderReturn, OrderRevision
from domain.orders.product import Product
from domain.orders.rfm.config import RfmConfig
from domain.rules.codec import encode
from domain.rules.codec import written as as_json
from domain.segments.member import SegmentMember
from domain.segments.segment import Segment
from tests.support.rules.configs import CONFIGS
from tests.support.rules.instants import NOW
from tests.support.rules.shop import ATTRIBUTES, Row, Shop

SAVED = {"created_at": NOW, "updated_at": NOW}

# What belongs to a person, in an order in which it can be written.
THEIRS: tuple[tuple[type[Stored], str], ...] = (
    (Order, "orders"),
    (OrderItem, "items"),
    (OrderItem, "dropped"),
    (OrderRevision, "revisions"),
    (OrderReturn, "returns"),
    (Interaction, "interactions"),
    (AttributeChange, "changes"),
    (Consent, "consents"),
    (Feedback, "feedback"),
)


async def stock(
    session: AsyncSession,
    shop: Shop,
    segments: Mapping[UUID, tuple[str, Any]],
    lists: Mapping[UUID, tuple[str, str]] | None = None,
) -> None:
    """Write every row of the shop, define its attributes and save its segments, those that are lists too."""
    definitions = [
        {"id": new_id(NOW), "key": key, "label_en": key, "type": type_, "options": list(options), "created_at": NOW}
        for key, (type_, options) in ATTRIBUTES.items()
    ]
    saved = [
        {"id": id_, "key": key, "name_en": key, "rule": encode(rule), "created_at": NOW, "updated_at": NOW}
        for id_, (key, rule) in segments.items()
    ]
    on_list = [
        {"id": id_, "key": key, "name_en": key, "rule": {}, "kind": kind, "created_at": NOW, "updated_at": NOW}
        for id_, (key, kind) in (lists or {}).items()
    ]
    await raise_dictionary(session)
    written: tuple[tuple[type[Stored], Iterable[Row]], ...] = (
        (AttributeDefinition, definitions),
        (RfmConfig, configs()),
        (Segment, saved),
        (Segment, on_list),
        (Product, shop.products.values()),
        (Customer, (person.row for person in shop.people)),
        *((table, [row for person in shop.people for row in getattr(person, name)]) for table, name in THEIRS),
        (SegmentMember, shop.lines if lists else ()),
    )
    for table, rows in written:
        values: list[dict[str, Any]] = list(rows)
        if values:
            await session.execute(insert(table.__table__), values)


def configs() -> list[Row]:
    """The ways to score."""
    return [
        {"id": id_, "key": each.key, "name_en": each.key, "scoring": as_json(each.scoring), **SAVED}
        for id_, each in CONFIGS.items()
    ]
