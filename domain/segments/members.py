"""Who is in a group: the customers for whom a rule is TRUE.  Membership is never stored; it is asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, exists, func, literal_column, select, true

from domain.customers.customer import Customer
from domain.rules.moment import Moment
from domain.rules.normal import TRUE, normal
from domain.rules.plan import Plan
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.time import Clock

_MEMBER = Customer.__table__.alias("member")

_ONE = literal_column("1", Integer())


def members(rule: Rule | None = None, *, terms: Terms, clock: Clock) -> Select[Customer]:
    """The customers known by now, neither merged nor erased, of whom the rule is true; without one all of them."""
    joined, where = _found(rule, Customer.__table__, terms, clock)
    return select(Customer).select_from(joined).where(*where)


def member_ids(rule: Rule | None = None, *, terms: Terms, clock: Clock) -> Select[Any]:
    """Their ids, whatever the statement around it selects from."""
    joined, where = _found(rule, _MEMBER, terms, clock)
    return select(_MEMBER.c.id.label("id")).select_from(joined).where(*where)


def member_count(rule: Rule | None = None, *, terms: Terms, clock: Clock) -> Select[Any]:
    """One row: how many they are, as ``count``."""
    joined, where = _found(rule, _MEMBER, terms, clock)
    return select(func.count().label("count")).select_from(joined).where(*where)


def is_member(customer_id: Any, rule: Rule, *, terms: Terms, clock: Clock) -> ColumnElement[bool]:
    """Whether an enclosing statement's customer is one of them; found by the id."""
    customer = Customer.__table__.alias("member")
    joined, where = _found(rule, customer, terms, clock)
    found = exists(_ONE).select_from(joined).where(customer.c.id == customer_id, *where)
    return found.correlate_except(joined)


def _found(
    rule: Rule | None, customer: FromClause, terms: Terms, clock: Clock
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    moment = Moment.of(clock)
    # Not ``<=``: of an instant that it does not know PostgreSQL expects a third of the rows, finds its general plan
    # three times too dear, and plans again at each call, which costs as much as reading a page.
    known = (customer.c.registered_at > moment.now).is_not(true())
    plan = Plan(TRUE if rule is None else normal(rule, terms), customer, moment, terms)
    return plan.joined, [known, customer.c.merged_into.is_(None), customer.c.erased_at.is_(None), *plan.where]
