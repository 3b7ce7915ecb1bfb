"""Who is there: neither deleted nor erased.  The one place that says so.

A merged customer shares the fate of the winner: whoever is deleted or erased is so with all that were merged into it.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, exists, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from domain.customers.customer import GONE, Customer

_ONE = literal_column("1", Integer())


def there(customer: Any) -> list[ColumnElement[bool]]:
    """Conditions on the customer's columns."""
    return [customer.deleted_at.is_(None), customer.erased_at.is_(None)]


def there_sql(alias: str) -> str:
    """SQL: the same of a row by its alias."""
    return f"({alias}.deleted_at IS NULL AND {alias}.erased_at IS NULL)"


def customer_of_id(key: Any) -> Select[Any]:
    """The customer of an id: the winner of a merged one, nobody if gone."""
    named = aliased(Customer, name="named")
    winner = select(func.coalesce(named.merged_into, named.id)).where(named.id == key).correlate_except(named)
    return select(Customer).where(Customer.id == winner.scalar_subquery(), *there(Customer))


def of_somebody(customer_id: Any) -> ColumnElement[bool]:
    """Whether one row is of nobody who is gone; null is nobody known."""
    who = Customer.__table__.alias("who")
    return or_(customer_id.is_(None), exists(_ONE).where(who.c.id == customer_id, *there(who.c)).correlate_except(who))


def among_somebodies(customer_id: Any) -> ColumnElement[bool]:
    """The same where many rows are scanned.

    Who is gone is read once, from an index of its own, into a hash table.
    """
    gone = Customer.__table__.alias("gone")
    return or_(customer_id.is_(None), customer_id.not_in(select(gone.c.id).where(GONE).select_from(gone)))
