"""Events of all customers in one pass, by customer: where a rule is asked of a whole tenant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    ColumnClause,
    ColumnElement,
    FromClause,
    Numeric,
    Select,
    cast,
    null,
    select,
)
from sqlalchemy.sql.elements import BooleanClauseList
from sqlalchemy.sql.operators import and_ as and_op
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import NullType

from domain.rules.aggregated import known
from domain.rules.facts import Aggregate, Fact
from domain.rules.moment import ClockZone


class Shape(Enum):
    """How events are read: those of each candidate, or those of all customers at once.  The members are the same."""

    EACH = "EACH"
    ALL = "ALL"


class Group(NamedTuple):
    """What was found of all customers: a line of each who has rows, and the values of whoever has none."""

    lines: FromClause
    there: ColumnElement[bool]
    none: dict[Fact, ColumnElement[Any]]


def grouped(asked: Sequence[Aggregate], made: Select[Any], whose: ColumnElement[Any], name: str) -> Group:
    """The aggregates ``made`` for each customer; the columns are f0, f1 …, and ``whose``."""
    lines = made.add_columns(whose.label("whose")).group_by(whose).subquery(name)
    none: dict[Fact, ColumnElement[Any]] = {
        fact: known(fact, _null(lines.c[f"f{place}"])) for place, fact in enumerate(asked)
    }
    return Group(lines, lines.c.whose.is_not(None), none)


def settled(test: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Those of the conditions of a test that read no row."""
    every = isinstance(test, BooleanClauseList) and test.operator is and_op
    parts: Iterable[Any] = test.get_children() if every else (test,)
    return [part for part in parts if not _reads(part)]


def alike_for_all(asked: Sequence[Aggregate]) -> bool:
    """Whether the windows are the same for every customer."""
    return all(fact.clock is not ClockZone.CUSTOMER for fact in asked)


def once(bound: ColumnElement[bool]) -> ColumnElement[bool]:
    """The bound of a window in a FILTER.  PostgreSQL computes its instant for every row, that of a sub-select once."""
    instant = bound.right if isinstance(bound, BinaryExpression) else None
    if instant is None or isinstance(instant, BindParameter) or bound.operator is None or _reads(instant):
        return bound
    made: ColumnElement[bool] = bound.operator(bound.left, select(instant).scalar_subquery())
    return made


def _reads(test: Any) -> bool:
    """Whether a column is in it; SQLAlchemy calls our constants columns too."""
    return any(isinstance(each, ColumnClause) and not each.is_literal for each in iterate(test))


def _null(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """No value of a column's type; of some aggregates SQLAlchemy does not know that they are numbers."""
    return cast(null(), Numeric() if isinstance(column.type, NullType) else column.type)
