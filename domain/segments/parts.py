"""How many customers each part of a rule is true and false of: all parts in one statement, over one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    cast,
    exists,
    false,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import array

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.rules.beside import beside
from domain.rules.facts import Aggregate
from domain.rules.grouped import Shape
from domain.rules.moment import Moment
from domain.rules.normal import normal
from domain.rules.terms import Terms
from domain.rules.tree import Not, Rule
from domain.rules.window import end
from domain.segments.estimate import Accuracy, sampled, share_sampled
from domain.time import Clock

_ASKED = Customer.__table__.alias("asked")
_ONE, _NOTHING = literal_column("1", Numeric()), literal_column("''", Text())


def counted(
    rules: Sequence[Rule],
    accuracy: Accuracy = Accuracy.EXACT,
    windows: Sequence[Aggregate] = (),
    *,
    terms: Terms,
    clock: Clock,
) -> Select[Any]:
    """One row: ``everybody``, whether that is ``exact``, and of each rule in order ``trues`` and ``falses``.

    ``early``: of each window whether no event of its source, of anybody, is as old as its end.

    An estimate asks the sample and has no bounds: it is for looking, while somebody builds a rule.
    """
    moment = Moment.of(clock)
    forms = [(normal(rule, terms), normal(Not(rule), terms)) for rule in rules]
    # All events of all customers are needed, if all customers are asked.
    shape = Shape.EACH if accuracy is Accuracy.ESTIMATE else Shape.ALL
    asked = beside([form for pair in forms for form in pair], _ASKED, moment, terms, shape=shape)
    few = [sampled(_ASKED.c)] if accuracy is Accuracy.ESTIMATE else []
    lines = asked.table([*known_by(_ASKED.c, moment), *few], _NOTHING.label("line"))
    share = share_sampled() if few else _ONE
    trues, falses = (
        array([_whole(func.count().filter(asked.holds(pair[side], lines.c)), share) for pair in forms])
        for side in (0, 1)
    )
    exact = share == _ONE
    early = [_early(each, moment) for each in windows] or [false()]
    return select(
        _whole(func.count(), share).label("everybody"),
        exact.label("exact"),
        trues.label("trues"),
        falses.label("falses"),
        array(early).label("early"),
    ).select_from(lines)


def _early(asked: Aggregate, moment: Moment) -> ColumnElement[bool]:
    opened, last = asked.source.open(), end(asked.window, moment.seen_by(asked.clock, null()))
    assert last is not None
    return ~exists(literal_column("1")).select_from(opened.rows).where(opened.at < last)


def _whole(count: Any, share: Any) -> Any:
    """So many of all, from how many of a share."""
    return cast(func.round(cast(count, Numeric) / share), Integer)
