"""What can be asked of feedback: a customer's answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, cast, func, select

from domain.customers.customer import Customer
from domain.customers.presence import of_somebody
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.orders.order import Order

NEWEST = (Feedback.submitted_at.desc(), Feedback.id.desc())


def feedback_of(customer: type[Customer], kinds: list[FeedbackKind] | None = None) -> Select[Feedback]:
    """The customer's answers, or those of some kinds."""
    query = select(Feedback).where(Feedback.customer_id == customer.id)
    return query if kinds is None else query.where(cast(Feedback.kind, Text) == func.any(kinds))


def feedback_of_id(key: Any) -> Select[Feedback]:
    """The answer of an id, unless its customer is gone."""
    return select(Feedback).where(Feedback.id == key, of_somebody(Feedback.customer_id))


def customer_of(feedback: type[Feedback]) -> Select[Customer]:
    """Who answered; null when anonymous."""
    return select(Customer).where(Customer.id == feedback.customer_id)


def order_of(feedback: type[Feedback]) -> Select[Order]:
    """The order it is about, if one; not that of a customer who is gone."""
    return select(Order).where(Order.id == feedback.order_id, of_somebody(Order.customer_id))
