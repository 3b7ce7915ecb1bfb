"""What is looked up of customers to explain rules to them: the outcome of every condition, in one statement.

It is the rules' own SQL, but nothing is left out because a customer is a member anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Boolean, FromClause, Select, cast, literal_column, select
from sqlalchemy.dialects.postgresql import array

from domain.rules.beside import beside
from domain.rules.moment import Moment
from domain.rules.normal import Literal, normal
from domain.rules.terms import Terms

_NONE: Any = cast(literal_column("'{}'"), ARRAY(Boolean()))


def looked_up(conditions: Sequence[Any], customer: FromClause, moment: Moment, terms: Terms) -> Select[Any]:
    """A line of each customer: ``id``, and ``outcomes`` of the conditions in order.

    Refuses with ``RuleInvalid`` more conditions than can be asked at once.
    """
    asked = [_literal(condition, terms) for condition in conditions]
    plan = beside(asked, customer, moment, terms).plan
    outcomes = array([plan.outcome(leaf) for leaf in asked]) if conditions else _NONE
    return select(customer.c.id, outcomes.label("outcomes")).select_from(plan.joined).where(*plan.where)


def _literal(condition: Any, terms: Terms) -> Literal:
    """What is asked of a customer: of a reference to the past its condition, or the negation of that."""
    form = normal(condition, terms)
    assert isinstance(form, Literal)
    return form
