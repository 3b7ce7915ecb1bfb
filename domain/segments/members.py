"""Who is in a group: the customers for whom a rule is TRUE.  Membership is never stored; it is asked.

A page or one customer takes events of each candidate; where all members are wanted, whoever asks may know better.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, exists, func, literal_column, select

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.rules.grouped import Shape
from domain.rules.moment import Moment
from domain.rules.normal import TRUE, normal
from domain.rules.plan import Plan
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.segments.estimate import sampled
from domain.time import Clock

_MEMBER = Customer.__table__.alias("member")

_ONE = literal_column("1", Integer())


def members(rule: Rule | None = None, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Customer]:
    """The customers known by now, neither merged nor gone, of whom the rule is true; without one all of them."""
    joined, where = _found(rule, Customer.__table__, terms, clock, shape)
    return select(Customer).select_from(joined).where(*where)


def member_ids(rule: Rule | None = None, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Any]:
    """Their ids, whatever the statement around it selects from."""
    joined, where = _found(rule, _MEMBER, terms, clock, shape)
    return select(_MEMBER.c.id.label("id")).select_from(joined).where(*where)


def member_count(rule: Rule | None = None, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Any]:
    """One row: how many they are, as ``count``."""
    joined, where = _found(rule, _MEMBER, terms, clock, shape)
    return select(func.count().label("count")).select_from(joined).where(*where)


def member_sample(rule: Rule | None = None, *, terms: Terms, clock: Clock) -> Select[Any]:
    """One row: how many of the sample they are, as ``count``."""
    joined, where = _found(rule, _MEMBER, terms, clock)
    return select(func.count().label("count")).select_from(joined).where(sampled(_MEMBER.c), *where)


def is_member(customer_id: Any, rule: Rule, *, terms: Terms, clock: Clock) -> ColumnElement[bool]:
    """Whether an enclosing statement's customer is one of them; found by the id."""
    customer = Customer.__table__.alias("member")
    joined, where = _found(rule, customer, terms, clock)
    found = exists(_ONE).select_from(joined).where(customer.c.id == customer_id, *where)
    return found.correlate_except(joined)


def _found(
    rule: Rule | None, customer: FromClause, terms: Terms, clock: Clock, shape: Shape = Shape.EACH
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    moment = Moment.of(clock)
    plan = Plan(TRUE if rule is None else normal(rule, terms), customer, moment, terms, shape=shape)
    return plan.joined, [*known_by(customer.c, moment), *plan.where]
