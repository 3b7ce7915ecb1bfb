"""Aggregates in SQL: of the rows of one scan, and of some of them that are picked first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Numeric,
    extract,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.rules.facts import Aggregate, Opened
from domain.rules.window import Counted, FirstN, Last

_ZERO, _ONE = literal_column("0", Integer()), literal_column("1", Integer())
_NONE = ("count", "distinct", "sum")


def aggregated(fact: Aggregate, found: Opened, keep: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
    """What is asked of the rows for which ``keep`` holds."""

    def over(function: Any) -> Any:
        return function.filter(*keep) if keep else function

    column: ColumnElement[Any] = found.columns[fact.field] if fact.field else found.at
    made: ColumnElement[Any]
    match fact.function:
        case "count" | "exists":
            made = over(func.count())
        case "distinct":
            made = over(func.count(column.distinct()))
        case "span" | "gap":
            length = over(func.max(found.at)) - over(func.min(found.at))
            made = type_coerce(extract("epoch", length), Numeric())
            if fact.function == "gap":
                made = made / func.nullif(over(func.count()) - _ONE, _ZERO)
        case "latest":
            rows = over(func.array_agg(aggregate_order_by(column, found.at.desc(), found.id.desc())))
            made = type_coerce(rows, ARRAY(column.type))[_ONE]
        case "stddev":
            made = over(func.stddev_samp(column))
        case function:
            made = over(getattr(func, function)(column))
    return made


def known(fact: Aggregate, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a scan found: zero is a property of the fact, never of the rule."""
    if fact.function == "exists":
        return func.coalesce(column, _ZERO, type_=column.type) > _ZERO
    return func.coalesce(column, _ZERO, type_=column.type) if fact.function in _NONE else column


def picked(asked: Sequence[Aggregate], found: Opened, rows: Sequence[ColumnElement[bool]]) -> Opened:
    """The first or last of the rows, as the window of all that is asked says; of one instant, by their ids."""
    window = asked[0].window
    assert isinstance(window, Counted)
    order = [found.at, found.id] if isinstance(window, FirstN) else [found.at.desc(), found.id.desc()]
    fields = {fact.field: found.columns[fact.field] for fact in asked if fact.field}
    these = (
        select(found.at.label("at_"), found.id.label("id_"), *(column.label(name) for name, column in fields.items()))
        .select_from(found.rows)
        .where(*rows)
        .order_by(*order)
        .limit(literal(window.n, Integer()))
        .correlate_except(found.rows)
        .lateral("picked")
    )
    return Opened(these, found.customer_id, these.c.at_, these.c.id_, these.c)


def when(fact: Aggregate) -> Any:
    """What decides which instants count: the window, and whose clock it is on."""
    return fact.window, fact.clock


def widest_of(asked: Sequence[Aggregate]) -> Aggregate | None:
    """The one whose window holds the rows of all others, if that is plain to see."""
    if len({when(fact) for fact in asked}) == 1:
        return asked[0]
    lengths = {fact: _seconds(fact) for fact in asked}
    return None if None in lengths.values() else max(asked, key=lambda fact: lengths[fact] or 0)


def _seconds(fact: Aggregate) -> int | None:
    """How long a window up to now is; null of others, and of months, which differ."""
    match fact.window:
        case Last(duration) if not duration.months:
            return duration.seconds
    return None
