"""What can be imported: the kinds of files, and which subjects each loads, in order."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers import load as customers
from domain.feedback import load as feedback
from domain.interactions import load as interactions
from domain.orders import load as orders
from domain.orders import products, returns
from domain.staging import Chunk, Loaded, Loading

Loader = Callable[[AsyncSession, Loading, Chunk], Awaitable[Loaded]]


class ImportKind(StrEnum):
    """What a file holds."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"  # one line of an order a row
    INTERACTIONS = "interactions"
    FEEDBACK = "feedback"


LOADERS: dict[str, Loader] = {
    customers.SUBJECT: customers.load_customers,
    products.SUBJECT: products.load_products,
    orders.SUBJECT: orders.load_orders,
    returns.SUBJECT: returns.load_returns,
    interactions.SUBJECT: interactions.load_interactions,
    feedback.SUBJECT: feedback.load_feedback,
}
# Returns come after orders, so that they find the order they name.
SUBJECTS: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: (customers.SUBJECT,),
    ImportKind.PRODUCTS: (products.SUBJECT,),
    ImportKind.ORDERS: (orders.SUBJECT, returns.SUBJECT),
    ImportKind.INTERACTIONS: (interactions.SUBJECT,),
    ImportKind.FEEDBACK: (feedback.SUBJECT,),
}
# Tables that an import of the kind may write, for VACUUM (ANALYZE) after it.
TABLES: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: ("customer", "customer_external_ref", "attribute_change"),
    ImportKind.PRODUCTS: ("product",),
    ImportKind.ORDERS: (
        "customer", "customer_external_ref", "product", "orders", "order_item", "order_return", "order_revision",
    ),
    ImportKind.INTERACTIONS: ("customer", "customer_external_ref", "interaction"),
    ImportKind.FEEDBACK: ("customer", "customer_external_ref", "feedback"),
}  # fmt: skip
