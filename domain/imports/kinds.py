"""The kinds of files: which fields each has, and what a record of it becomes."""

from collections.abc import Callable

from domain import values
from domain.customers.fields import attribute_checks, customer_fields
from domain.feedback.feedback import FeedbackKind
from domain.imports.order_lines import ORDER_DATES, ORDER_FIELDS, OrderLines
from domain.imports.records import PROPERTIES, Customers, Feedback, Interactions, Products
from domain.imports.subjects import ImportKind
from domain.imports.terms import OF_CUSTOMER, Build, Terms, key
from domain.interactions.interaction import Channel, Direction, InteractionType
from domain.values import Check

_PRODUCT_FIELDS: dict[str, Check] = {
    "sku": key,
    "name": values.text(),
    "category_path": values.texts,
    "customizable": values.boolean,
    "tags": values.texts,
}
_INTERACTION_FIELDS: dict[str, Check] = {
    "external_id": key,
    "customer": key,
    "type": values.one_of(InteractionType),
    "name": values.text(),
    "channel": values.one_of(Channel),
    "direction": values.one_of(Direction),
    "outcome": values.text(),
}
_FEEDBACK_FIELDS: dict[str, Check] = {
    "external_id": key,
    "customer": key,
    "survey_key": key,
    "question_key": key,
    "kind": values.one_of(FeedbackKind),
    "score": values.decimal,
    "scale_min": values.decimal,
    "scale_max": values.decimal,
    "comment": values.text(values.LONGEST_COMMENT),
    "channel": values.one_of(Channel),
    "order": key,
}
BUILD: dict[ImportKind, Callable[[Terms], Build]] = {
    ImportKind.CUSTOMERS: Customers,
    ImportKind.PRODUCTS: Products,
    ImportKind.ORDERS: OrderLines,
    ImportKind.INTERACTIONS: Interactions,
    ImportKind.FEEDBACK: Feedback,
}


def field_checks(kind: ImportKind, terms: Terms) -> dict[str, Check]:
    """Field → check.  ``properties.<name>`` of interactions is open and not listed; see ``check_of``."""
    instant = values.instant(terms.zone)
    customer = customer_fields(terms.region)
    named = {f"{OF_CUSTOMER}{name}": check for name, check in customer.items()}
    match kind:
        case ImportKind.CUSTOMERS:
            own = attribute_checks(terms.attributes)
            return {"external_id": key, "registered_at": instant, **customer, **own}
        case ImportKind.PRODUCTS:
            return dict(_PRODUCT_FIELDS)
        case ImportKind.ORDERS:
            return {**ORDER_FIELDS, **dict.fromkeys(ORDER_DATES, instant), **named}
        case ImportKind.INTERACTIONS:
            return {**_INTERACTION_FIELDS, "occurred_at": instant, **named}
        case ImportKind.FEEDBACK:
            return {**_FEEDBACK_FIELDS, "submitted_at": instant, **named}


def check_of(kind: ImportKind, checks: dict[str, Check], name: str) -> Check | None:
    """The check of a field, null if the kind has none of that name."""
    if kind is ImportKind.INTERACTIONS and name.startswith(PROPERTIES) and name != PROPERTIES:
        return checks.setdefault(name, values.text())
    return checks.get(name)
