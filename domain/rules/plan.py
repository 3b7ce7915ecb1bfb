"""A normal form as the FROM and WHERE of one statement: customers, one scan for each source of events, the test.

Each scan is a LATERAL per candidate: candidates are those for whom the rule would hold if all that costs a scan did.
A source that is only asked whether there are rows is no scan but an EXISTS, which the planner makes a semi- or
anti-join.  For a whole tenant the correlation in ``_scan`` could be a GROUP BY and a join instead: only there.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from domain.rules.facts import Aggregate, Fact, Match, Opened, Own, Source
from domain.rules.moment import Moment
from domain.rules.normal import FALSE, TRUE, Form, Literal, Threshold, assume, conjuncts, literals
from domain.rules.protocol import Condition
from domain.rules.terms import Terms
from domain.rules.window import bounds, start

_ZERO, _ONE = literal_column("0", Integer()), literal_column("1", Integer())


class Plan:
    """``joined``: the FROM; ``where``: the conditions of members, over ``customer``."""

    def __init__(self, form: Form, customer: FromClause, moment: Moment, terms: Terms) -> None:
        self.form, self.customer, self.moment, self.terms = form, customer, moment, terms
        self.joined = customer
        self.values: dict[Fact, ColumnElement[Any]] = {}
        self.facts: dict[Condition, dict[str, Fact]] = {}
        self.tests: dict[Condition, ColumnElement[bool]] = {}
        for leaf in literals(form):
            self.facts.setdefault(leaf.condition, dict(leaf.condition.facts(terms)))
        scans: dict[Source, list[Aggregate]] = {}
        for fact in dict.fromkeys(fact for asked in self.facts.values() for fact in asked.values()):
            match fact:
                case Own():
                    self.values[fact] = fact.read(customer.c)
                case Aggregate():
                    scans.setdefault(fact.source, []).append(fact)
        self.where = [self.holds(found) for found in self._conjuncts(self._read(scans)) if found != TRUE]

    def holds(self, form: Form) -> ColumnElement[bool]:
        """TRUE exactly for members; NULL and FALSE mean the same here."""
        match form:
            case Literal(condition, negated, lenient):
                test = not_(self._test(condition)) if negated else self._test(condition)
                return test.is_not(false()) if lenient else test
            case Threshold(k, of) if k <= 0:
                return true()
            case Threshold(k, of) if k > len(of):
                return false()
            case Threshold(k, of):
                made = [self.holds(inner) for inner in of]
                if k == len(of):
                    return and_(*made)
                if k == 1:
                    return or_(*made)
                counted: list[Any] = [case((each, _ONE), else_=_ZERO) for each in made]
                total: ColumnElement[Any] = reduce(add, counted)
                return total >= literal(k, Integer())

    def _test(self, condition: Condition) -> ColumnElement[bool]:
        if condition not in self.tests:
            known = {name: self.values[fact] for name, fact in self.facts[condition].items()}
            self.tests[condition] = condition.concluded(known, self.moment)
        return self.tests[condition]

    def _cost(self, leaf: Literal) -> float:
        return max((fact.cost for fact in self.facts[leaf.condition].values()), default=0.0)

    def _conjuncts(self, stages: list[float]) -> list[Form]:
        """What must hold before each scan, the cheapest first, then the rule itself; each once."""
        staged = [assume(self.form, lambda leaf, limit=limit: self._cost(leaf) > limit, True) for limit in stages]  # type: ignore[misc]
        return list(dict.fromkeys(found for form in (*staged, self.form) for found in conjuncts(form)))

    # ── events
    def _read(self, scans: dict[Source, list[Aggregate]]) -> list[float]:
        """Make the values of all aggregates.  The costs up to which a rule is tested before a further scan."""
        stages = [0.0]
        for source in sorted(scans, key=lambda source: source.cost):
            if all(fact.function == "exists" for fact in scans[source]):
                self.values |= {fact: self._exists(fact) for fact in scans[source]}
            else:
                self._scan(source, scans[source])
                stages.append(source.cost)
        return stages

    def _exists(self, fact: Aggregate) -> ColumnElement[bool]:
        found = fact.source.open()
        keep = [*self._within(fact, found), *self._matching(fact.where, found)]
        owned = exists(_ONE).select_from(found.rows).where(found.customer_id == self.customer.c.id, *keep)
        return owned.correlate_except(found.rows)

    def _scan(self, source: Source, asked: list[Aggregate]) -> None:
        """One pass over a customer's rows for all that is asked of them."""
        found = source.open()
        common = tuple(match for match in asked[0].where if all(match in fact.where for fact in asked))
        alike = all(fact.window == asked[0].window for fact in asked)
        rows = self._within(asked[0], found) if alike else self._hull(asked, found)
        made = []
        for fact in asked:
            keep = self._matching(tuple(match for match in fact.where if match not in common), found)
            keep += [] if alike else bounds(fact.window, found.at, self.moment)
            made.append(_aggregated(fact, found).filter(*keep) if keep else _aggregated(fact, found))
        columns = [each.label(f"f{place}") for place, each in enumerate(made)]
        scanned = (
            select(*columns)
            .select_from(found.rows)
            .where(found.customer_id == self.customer.c.id, *rows, *self._matching(common, found), *self._needless())
            .correlate_except(found.rows)
            .lateral(f"of_{source.name}")
        )
        self.joined = self.joined.outerjoin(scanned, true())
        self.values |= {fact: _known(fact, scanned.c[f"f{place}"]) for place, fact in enumerate(asked)}

    def _needless(self) -> list[ColumnElement[bool]]:
        """That the cheap facts do not decide already that the customer is a member."""
        surely = assume(self.form, lambda leaf: self._cost(leaf) > 0, False)
        return [] if surely == FALSE else [not_(func.coalesce(self.holds(surely), false()))]

    def _within(self, fact: Aggregate, found: Opened) -> list[ColumnElement[bool]]:
        return [*bounds(fact.window, found.at, self.moment), found.at <= self.moment.now]

    def _hull(self, asked: list[Aggregate], found: Opened) -> list[ColumnElement[bool]]:
        """What holds of rows in any of the windows."""
        firsts = [start(window, self.moment) for window in dict.fromkeys(fact.window for fact in asked)]
        known = [first for first in firsts if first is not None]
        until = found.at <= self.moment.now
        return [found.at >= func.least(*known), until] if len(known) == len(firsts) else [until]

    def _matching(self, where: tuple[Match, ...], found: Opened) -> list[ColumnElement[bool]]:
        return [match.holds(found.columns, self.moment) for match in where]


def _aggregated(fact: Aggregate, found: Opened) -> Any:
    column: ColumnElement[Any] = found.columns[fact.field] if fact.field else found.at
    match fact.function:
        case "count" | "exists":
            return func.count()
        case "distinct":
            return func.count(column.distinct())
        case function:
            return getattr(func, function)(column)


def _known(fact: Aggregate, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a scan found: zero is a property of the fact, never of the rule."""
    match fact.function:
        case "exists":
            return column > _ZERO
        case "count" | "distinct" | "sum":
            return func.coalesce(column, _ZERO, type_=column.type)
    return column
