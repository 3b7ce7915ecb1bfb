"""What can be asked of interactions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, cast, func, select

from domain.customers.customer import Customer
from domain.customers.presence import of_somebody
from domain.interactions.interaction import Interaction, InteractionType

NEWEST = (Interaction.occurred_at.desc(), Interaction.id.desc())


def interactions_of(customer: type[Customer], types: list[InteractionType] | None = None) -> Select[Interaction]:
    """The customer's interactions, or those of some types."""
    query = select(Interaction).where(Interaction.customer_id == customer.id)
    return query if types is None else query.where(cast(Interaction.type, Text) == func.any(types))


def interaction_of_id(key: Any) -> Select[Interaction]:
    """The interaction of an id, unless its customer is gone."""
    return select(Interaction).where(Interaction.id == key, of_somebody(Interaction.customer_id))


def customer_of(interaction: type[Interaction]) -> Select[Customer]:
    """Whose it was."""
    return select(Customer).where(Customer.id == interaction.customer_id)
