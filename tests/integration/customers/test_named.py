"""A list of names means whom each name alone means."""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.customer import Customer, CustomerExternalRef
from domain.customers.named import customers_named
from domain.customers.read import CustomerBy, ExternalRefInput, customer_by
from tests.support.imports import NOW


async def some_customers(session: AsyncSession, chance: random.Random) -> list[Customer]:
    """Customers who share contacts, are merged into others, erased, or both."""
    made: list[Customer] = []
    for n in range(30):
        since = NOW - timedelta(days=chance.randrange(5))
        one = Customer(
            id=new_id(NOW), email=f"{chance.randrange(8)}@example.com", phone=f"+4973{chance.randrange(8)}",
            registered_at=since, created_at=NOW, updated_at=NOW,
            merged_into=chance.choice(made).id if made and chance.random() < 0.3 else None,
            erased_at=NOW if chance.random() < 0.2 else None,
        )  # fmt: skip
        session.add(one)
        await session.flush()
        session.add(CustomerExternalRef(system="shop", value=str(n), customer_id=one.id, recorded_at=NOW))
        made.append(one)
    await session.flush()
    return made


async def test_many_names_at_once_mean_whom_each_means_alone(session: AsyncSession) -> None:
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    made = await some_customers(session, random.Random(4))
    names: list[Any] = [CustomerBy(id=one.id) for one in made] + [CustomerBy(id=new_id(NOW))]
    names += [CustomerBy(external_ref=ExternalRefInput("shop", str(n))) for n in range(32)]
    names += [CustomerBy(external_ref=ExternalRefInput("crm", "1"))]
    names += [CustomerBy(email=f"{n}@example.com") for n in range(10)] + [
        CustomerBy(phone=f"+4973{n}") for n in range(10)
    ]
    alone = {
        by: found for by in names if (found := await session.scalar(customer_by(by).with_only_columns(Customer.id)))
    }
    assert await customers_named(session, names) == alone
    assert 0 < len(alone) < len(names)
    assert await customers_named(session, []) == {}
