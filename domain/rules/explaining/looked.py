"""What is looked up of customers to explain rules to them: of every condition its outcome, in one statement.

It is the rules' own SQL, but nothing is left out because a customer is a member anyway.  What conditions see and the
events that count are looked up only where that is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Integer, Select, Text, cast, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import JSON, array
from sqlalchemy.types import NullType

from domain.rules.beside import beside
from domain.rules.explaining.logic import Outcome
from domain.rules.facts import Aggregate, Composed, Fact, Own
from domain.rules.moment import Moment
from domain.rules.normal import Literal, normal
from domain.rules.plan import Plan
from domain.rules.seen import Seen
from domain.rules.terms import Terms
from domain.rules.turns import once_ago
from domain.rules.window import Counted, FirstN, Last

MOST_EVIDENCE = 5
_COUNTED = ("exists", "count", "distinct", "sum")


class Wanted(NamedTuple):
    """What is wanted besides the outcomes."""

    seen: bool = False
    times: bool = False
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event that counts: of which source, its id there, and when it was."""

    source: str
    key: UUID
    at: datetime


class Looked(NamedTuple):
    """What a condition says of a customer, and what it saw.

    ``expires``: when the first event that counts leaves the window; ``clears``: when the last of them does.
    """

    outcome: Outcome
    value: Any = None
    expires: datetime | None = None
    clears: datetime | None = None
    evidence: tuple[Evidence, ...] = ()


class Looking:
    """The statement for some conditions, and how its lines are read."""

    def __init__(self, asked: Sequence[Any], customer: FromClause, moment: Moment, terms: Terms, want: Wanted) -> None:
        """Refuses with ``RuleInvalid`` more conditions than can be asked at once."""
        self.want, self.customer = want, customer
        # What a reference says of the past is a condition of its own.
        self.leaves = {rule: _leaf(rule, terms) for rule in asked}
        self.counted = {rule: counted_of(leaf.condition, terms) for rule, leaf in self.leaves.items()}
        spans = {rule: _span(fact) for rule, fact in self.counted.items()} if want.times else {}
        self.spans = {rule: span for rule, span in spans.items() if span is not None}
        also = [fact for span in self.spans.values() for fact in span]
        self.plan = beside(list(self.leaves.values()), customer, moment, terms, also=also).plan
        self.seen = {rule: _seen(self.plan, leaf.condition) for rule, leaf in self.leaves.items()} if want.seen else {}

    def statement(self) -> Select[Any]:
        """A line of each customer: ``id``, ``outcomes`` in order, and what is wanted, each as the text of its JSON."""
        plan = self.plan
        columns = {"outcomes": [plan.outcome(leaf) for leaf in self.leaves.values()]}
        if self.want.seen:
            columns["seen"] = [_json(seen and seen.value) for seen in self.seen.values()]
        if self.spans:
            columns["leaving"] = [_json(at) for each in self.spans for at in self._leaving(each)]
        if self.want.evidence:
            columns["evidence"] = [_json(self._evidence(fact)) for fact in self.counted.values()]
        made = [array(column).label(name) for name, column in columns.items() if column]
        return select(self.customer.c.id, *made).select_from(plan.joined).where(*plan.where)

    def read(self, row: Any) -> Mapping[Any, Looked]:
        """What a line says, by condition."""
        asked = list(self.leaves)
        values = map(_read, row["seen"]) if self.want.seen and asked else ()
        seen = dict(zip(asked, values, strict=bool(values)))
        leaving = iter(row["leaving"] if self.spans else ())
        times = {condition: (_instant(next(leaving)), _instant(next(leaving))) for condition in self.spans}
        found = row["evidence"] if self.want.evidence and asked else ()
        events = {each: _events(self.counted[each], text) for each, text in zip(asked, found, strict=bool(found))}
        outcomes = zip(asked, row["outcomes"] if asked else (), strict=True)
        return {
            each: Looked(Outcome.of(told), seen.get(each), *times.get(each, (None, None)), events.get(each, ()))
            for each, told in outcomes
        }

    def is_own(self, condition: Any) -> bool:
        """Whether it asks for what is known of the customer alone."""
        return all(isinstance(fact, Own) for fact in self.plan.facts[self.leaves[condition].condition].values())

    def _leaving(self, condition: Any) -> Iterator[ColumnElement[Any]]:
        """When the first and the last event that counts leave the window."""
        for fact in self.spans[condition]:
            assert isinstance(fact.window, Last)
            yield once_ago(self.plan.value(fact), fact.window.duration, self.plan.at(fact.clock))[-1]

    def _evidence(self, fact: Aggregate | None) -> ColumnElement[Any] | None:
        """The newest events that count; of the first so many, the first of these."""
        if fact is None:
            return None
        found, window = fact.source.open(), fact.window
        order = [found.at, found.id] if isinstance(window, FirstN) else [found.at.desc(), found.id.desc()]
        most = min(window.n, MOST_EVIDENCE) if isinstance(window, Counted) else MOST_EVIDENCE
        rows = (
            select(found.id.label("key"), found.at.label("at"))
            .select_from(found.rows)
            .where(*self.plan.counting(fact, found))
            .order_by(*order)
            .limit(literal_column(str(most), Integer()))
            .correlate_except(found.rows)
            .lateral("these")
        )
        told = func.json_agg(func.json_build_array(rows.c.key, rows.c.at), type_=JSON())
        return select(told).select_from(rows).correlate_except(rows).scalar_subquery()


def counted_of(condition: Any, terms: Terms) -> Aggregate | None:
    """The aggregate of a condition, if it asks for one."""

    def aggregates(facts: Sequence[Fact]) -> Iterator[Aggregate]:
        for fact in facts:
            if isinstance(fact, Composed):
                yield from aggregates([part for _, part in fact.parts])
            elif isinstance(fact, Aggregate):
                yield fact

    return next(aggregates(list(condition.facts(terms).values())), None)


def _leaf(rule: Any, terms: Terms) -> Literal:
    made = normal(rule, terms)
    assert isinstance(made, Literal)
    return made


def _span(fact: Aggregate | None) -> tuple[Aggregate, Aggregate] | None:
    """The first and the last instant of what is counted, where a window goes by."""
    if fact is None or fact.function not in _COUNTED or not isinstance(fact.window, Last):
        return None
    return replace(fact, function="min", field=None), replace(fact, function="max", field=None)


def _seen(plan: Plan, condition: Any) -> Seen | None:
    if not hasattr(condition, "seen"):
        return None
    facts = {name: plan.value(fact) for name, fact in plan.facts[condition].items()}
    found: Seen = condition.seen(facts, plan.at(condition.clock))
    return found


def _json(value: ColumnElement[Any] | None) -> ColumnElement[Any]:
    if value is None or isinstance(value.type, NullType):
        return cast(null(), Text())
    return cast(func.to_json(value), Text())


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(json.loads(text))


def _events(fact: Aggregate | None, text: str | None) -> tuple[Evidence, ...]:
    if fact is None or text is None:
        return ()
    return tuple(Evidence(fact.source.name, UUID(key), datetime.fromisoformat(at)) for key, at in json.loads(text))
