"""What can be asked of a set made of others: who is in it, and how many they are."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import Boolean, FromClause, Integer, Select, Uuid, cast, func, literal, literal_column, select

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.rules.grouped import Shape
from domain.rules.moment import Moment
from domain.rules.plan import Plan
from domain.rules.terms import Terms
from domain.segments.expression import SetExpression, expression_text, form_of
from domain.segments.inspect import Fetch
from domain.time import Clock
from domain.words import Says, Words

Asked = Annotated[SetExpression, Says(Words("expression", "集合表达式"), "Which customers.")]


def set_algebra(expression: Asked, *, terms: Terms) -> Select[Any]:
    """Customers in unions, intersections and differences of segments and rules, in one snapshot.

    Refuses with ``RuleInvalid``.
    """
    form_of(expression, terms)
    return select(literal(UUID(int=0), Uuid()).label("id"))  # of nothing: there is no row behind it


def set_count(expression: Asked, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Any]:
    """How many they are."""
    customer = Customer.__table__.alias("member")
    joined, where = _found(expression, customer, terms, clock, shape)
    counted = select(cast(func.count(), Integer).label("count")).select_from(joined).where(*where).subquery("counted")
    value, exact = counted.c.count, literal_column("true", Boolean())
    return select(value.label("value"), exact.label("exact"), value.label("low"), value.label("high"))


def set_members(expression: Asked, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Customer]:
    """Who they are."""
    joined, where = _found(expression, Customer.__table__, terms, clock, shape)
    return select(Customer).select_from(joined).where(*where)


async def set_texts(
    fetch: Fetch, ids: list[Any], expression: Asked, locale: str | None = None, *, terms: Terms, spoken: str
) -> list[str]:
    """The expression in words, segments by their keys and rules as their canonical texts."""
    del fetch
    return [expression_text(expression, terms, locale or spoken) for _ in ids]


def _found(expression: SetExpression, customer: FromClause, terms: Terms, clock: Clock, shape: Shape) -> Any:
    moment = Moment.of(clock)
    plan = Plan(form_of(expression, terms), customer, moment, terms, shape=shape)
    return plan.joined, [*known_by(customer.c, moment), *plan.where]
