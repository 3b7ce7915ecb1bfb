"""What can be asked of interactions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, func, select

from domain.customers.customer import Customer
from domain.customers.presence import of_somebody
from domain.events import changed_since
from domain.interactions.interaction import Interaction, InteractionType

# By id: that order has an index, and no other one over all customers has.
RECORDED = (Interaction.id.asc(),)
NEWEST = (Interaction.occurred_at.desc(), Interaction.id.desc())


def interactions_of(customer: type[Customer], types: list[InteractionType] | None = None) -> Select[Interaction]:
    """The customer's interactions, or those of some types."""
    query = select(Interaction).where(Interaction.customer_id == customer.id)
    return query if types is None else query.where(cast(Interaction.type, Text) == func.any(types))


def interaction_of_id(key: Any) -> Select[Interaction]:
    """The interaction of an id, unless its customer is gone."""
    return select(Interaction).where(Interaction.id == key, of_somebody(Interaction.customer_id))


def interactions(
    types: list[InteractionType] | None = None, updated_since: datetime | None = None
) -> Select[Interaction]:
    """All interactions, or those of some types, as they were recorded."""
    query = select(Interaction).where(of_somebody(Interaction.customer_id))
    if types is not None:
        query = query.where(cast(Interaction.type, Text) == func.any(types))
    return query if updated_since is None else query.where(changed_since(Interaction, updated_since))


def customer_of(interaction: type[Interaction]) -> Select[Customer]:
    """Whose it was."""
    return select(Customer).where(Customer.id == interaction.customer_id)
