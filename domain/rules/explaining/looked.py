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
from domain.rules.normal import Literal
from domain.rules.terms import Terms

_NONE: Any = cast(literal_column("'{}'"), ARRAY(Boolean()))


def looked_up(conditions: Sequence[Any], customer: FromClause, moment: Moment, terms: Terms) -> Select[Any]:
    """A line of each customer: ``id``, and ``outcomes`` of the conditions in order.

    Refuses with ``RuleInvalid`` more conditions than can be asked at once.
    """
    plan = beside([Literal(condition) for condition in conditions], customer, moment, terms).plan
    outcomes = array([plan.outcome(condition) for condition in conditions]) if conditions else _NONE
    return select(customer.c.id, outcomes.label("outcomes")).select_from(plan.joined).where(*plan.where)
