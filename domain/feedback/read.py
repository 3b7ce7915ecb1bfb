"""What can be asked of feedback: a customer's answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, func, select

from domain.customers.customer import Customer
from domain.customers.presence import of_somebody
from domain.events import changed_since
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.orders.order import Order

# By id: that order has an index, and no other one over all customers has.
RECORDED = (Feedback.id.asc(),)
NEWEST = (Feedback.submitted_at.desc(), Feedback.id.desc())


def feedback_of(customer: type[Customer], kinds: list[FeedbackKind] | None = None) -> Select[Feedback]:
    """The customer's answers, or those of some kinds."""
    query = select(Feedback).where(Feedback.customer_id == customer.id)
    return query if kinds is None else query.where(cast(Feedback.kind, Text) == func.any(kinds))


def feedback_of_id(key: Any) -> Select[Feedback]:
    """The answer of an id, unless its customer is gone."""
    return select(Feedback).where(Feedback.id == key, of_somebody(Feedback.customer_id))


def feedback(kinds: list[FeedbackKind] | None = None, updated_since: datetime | None = None) -> Select[Feedback]:
    """All answers, or those of some kinds, as they were recorded."""
    query = select(Feedback).where(of_somebody(Feedback.customer_id))
    if kinds is not None:
        query = query.where(cast(Feedback.kind, Text) == func.any(kinds))
    return query if updated_since is None else query.where(changed_since(Feedback, updated_since))


def customer_of(feedback: type[Feedback]) -> Select[Customer]:
    """Who answered; null when anonymous."""
    return select(Customer).where(Customer.id == feedback.customer_id)


def order_of(feedback: type[Feedback]) -> Select[Order]:
    """The order it is about, if one; not that of a customer who is gone."""
    return select(Order).where(Order.id == feedback.order_id, of_somebody(Order.customer_id))
