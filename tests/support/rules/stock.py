"""Stores a made-up shop in a tenant."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import Stored, new_id
from domain.customers.attribute import AttributeDefinition
from domain.customers.customer import Customer
from domain.feedback.feedback import Feedback
from domain.interactions.interaction import Interaction
from domain.orders.order import Order, OrderItem, OrderReturn
from domain.orders.product import Product
from tests.support.rules.instants import NOW
from tests.support.rules.shop import ATTRIBUTES, Row, Shop


async def stock(session: AsyncSession, shop: Shop) -> None:
    """Write every row of the shop, and define its attributes."""
    definitions = [
        {"id": new_id(NOW), "key": key, "label_en": key, "type": type_, "options": list(options), "created_at": NOW}
        for key, (type_, options) in ATTRIBUTES.items()
    ]
    written: tuple[tuple[type[Stored], Iterable[Row]], ...] = (
        (AttributeDefinition, definitions),
        (Product, shop.products.values()),
        (Customer, (person.row for person in shop.people)),
        (Order, (row for person in shop.people for row in person.orders)),
        (OrderItem, (row for person in shop.people for row in person.items)),
        (OrderReturn, (row for person in shop.people for row in person.returns)),
        (Interaction, (row for person in shop.people for row in person.interactions)),
        (Feedback, (row for person in shop.people for row in person.feedback)),
    )
    for table, rows in written:
        values: list[dict[str, Any]] = list(rows)
        await session.execute(insert(table.__table__), values)
