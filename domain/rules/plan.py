"""A normal form as the FROM and WHERE of one statement: customers, one scan for each source of events, the test.

Each scan is a LATERAL per candidate: candidates are those for whom the rule would hold if all that costs a scan did.
A source that is only asked whether there are rows is no scan but an EXISTS, which the planner makes a semi- or
anti-join.  For a whole tenant the correlation in ``_scan`` could be a GROUP BY and a join instead: only there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, NamedTuple

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
    null,
    or_,
    select,
    true,
    type_coerce,
)

from domain.rules.aggregated import aggregated, known, picked
from domain.rules.facts import Aggregate, Asked, Columns, Fact, Match, Opened, Own, Source
from domain.rules.moment import INSTANT, ClockZone, Moment
from domain.rules.normal import FALSE, TRUE, Form, Literal, Threshold, assume, conjuncts, literals
from domain.rules.protocol import Condition
from domain.rules.terms import Terms
from domain.rules.window import After, AnchorField, Counted, bounds, start

_ZERO, _ONE = literal_column("0", Integer()), literal_column("1", Integer())


@dataclass(frozen=True, slots=True)
class _Nowhen(Own):
    """An instant that no customer has."""

    def read(self, customer: Columns) -> ColumnElement[Any]:
        """Null."""
        del customer
        return type_coerce(null(), INSTANT)


class _Scan(NamedTuple):
    """What one pass over a source's rows is made for: facts of the rows themselves, or of some that are found first."""

    source: Source
    anchor: AnchorField | None = None
    picked: tuple[Any, ...] = ()


class Plan:
    """``joined``: the FROM; ``where``: the conditions of members, over ``customer``; ``values``: of all facts.

    ``also``: facts to be known of every member, whatever the rule needs.
    """

    def __init__(
        self, form: Form, customer: FromClause, moment: Moment, terms: Terms, also: Iterable[Fact] = ()
    ) -> None:
        self.form, self.customer, self.moment, self.terms = form, customer, moment, terms
        self.also, self.scanned = tuple(also), 0
        self.joined = customer
        self.values: dict[Fact, ColumnElement[Any]] = {}
        self.facts: dict[Condition, dict[str, Fact]] = {}
        self.tests: dict[Condition, ColumnElement[bool]] = {}
        for leaf in literals(form):
            self.facts.setdefault(leaf.condition, dict(leaf.condition.facts(terms)))
        facts = dict.fromkeys((*self.also, *(fact for asked in self.facts.values() for fact in asked.values())))
        stages = self._read(self._known_at_once(facts))
        self.where = [self.holds(found) for found in self._conjuncts(stages) if found != TRUE]

    def at(self, clock: ClockZone) -> Moment:
        """The moment on a clock."""
        return self.moment.seen_by(clock, self.customer.c.timezone)

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
            self.tests[condition] = condition.concluded(known, self.at(condition.clock))
        return self.tests[condition]

    def _cost(self, leaf: Literal) -> float:
        return max((fact.cost for fact in self.facts[leaf.condition].values()), default=0.0)

    def _conjuncts(self, stages: list[float]) -> list[Form]:
        """What must hold before each scan, the cheapest first, then the rule itself; each once."""
        staged = [assume(self.form, lambda leaf, limit=limit: self._cost(leaf) > limit, True) for limit in stages]  # type: ignore[misc]
        return list(dict.fromkeys(found for form in (*staged, self.form) for found in conjuncts(form)))

    # ── events
    def _known_at_once(self, facts: Iterable[Fact]) -> list[Aggregate]:
        """Make the values that take no scan.  The aggregates, those that windows are anchored on among them."""
        found: dict[Aggregate, None] = {}
        for fact in facts:
            match fact:
                case Own():
                    self.values[fact] = fact.read(self.customer.c)
                case Asked():
                    self.values[fact] = fact.found(self)
                case Aggregate(window=After(anchor)):
                    found |= dict.fromkeys(self._known_at_once([self._anchor(anchor)])) | {fact: None}
                case Aggregate():
                    found[fact] = None
        return list(found)

    def _anchor(self, name: AnchorField) -> Fact:
        declared = (getattr(of, "anchors", {}) for of in self.terms.vocabulary)
        return next((anchors[name] for anchors in declared if name in anchors), _Nowhen())

    def _read(self, facts: list[Aggregate]) -> list[float]:
        """Make the values of aggregates.  The costs up to which a rule is tested before a further scan."""
        stages = [0.0]
        scans: dict[_Scan, list[Aggregate]] = {}
        for fact in facts:
            scans.setdefault(_scan_of(fact), []).append(fact)
        # Whatever is anchored comes after what it is anchored on.
        for scan in sorted(scans, key=lambda scan: (scan.anchor is not None, scan.source.cost)):
            if all(fact.function == "exists" for fact in scans[scan]):
                self.values |= {fact: self._exists(fact) for fact in scans[scan]}
            else:
                self._scan(scan, scans[scan])
                stages.append(scan.source.cost)
        return stages

    def _exists(self, fact: Aggregate) -> ColumnElement[bool]:
        found = fact.source.open()
        keep = [*self._within(fact, found), *self._matching(fact.where, found)]
        owned = exists(_ONE).select_from(found.rows).where(found.customer_id == self.customer.c.id, *keep)
        return owned.correlate_except(found.rows)

    def _scan(self, scan: _Scan, asked: list[Aggregate]) -> None:
        """One pass over a customer's rows for all that is asked of them."""
        found = scan.source.open()
        common = tuple(match for match in asked[0].where if all(match in fact.where for fact in asked))
        alike = all((fact.window, fact.clock) == (asked[0].window, asked[0].clock) for fact in asked)
        rows = self._within(asked[0], found) if alike else self._hull(asked, found)
        rows += [*self._matching(common, found), *self._needless()]
        owned = found.customer_id == self.customer.c.id
        if scan.picked:
            found = picked(asked, found, [owned, *rows])
            owned, rows = true(), []
        made = []
        for fact in asked:
            keep = self._matching(tuple(match for match in fact.where if match not in common), found)
            keep += [] if alike else self._bounds(fact, found)
            made.append(aggregated(fact, found, keep))
        columns = [each.label(f"f{place}") for place, each in enumerate(made)]
        scanned = (
            select(*columns)
            .select_from(found.rows)
            .where(owned, *rows)
            .correlate_except(found.rows)
            .lateral(self._name(scan.source))
        )
        self.joined = self.joined.outerjoin(scanned, true())
        self.values |= {fact: known(fact, scanned.c[f"f{place}"]) for place, fact in enumerate(asked)}

    def _name(self, source: Source) -> str:
        self.scanned += 1
        return f"of_{source.name}" if self.scanned == 1 else f"of_{source.name}_{self.scanned}"

    def _needless(self) -> list[ColumnElement[bool]]:
        """That the cheap facts do not decide already that the customer is a member."""
        surely = FALSE if self.also else assume(self.form, lambda leaf: self._cost(leaf) > 0, False)
        return [] if surely == FALSE else [not_(func.coalesce(self.holds(surely), false()))]

    def _bounds(self, fact: Aggregate, found: Opened) -> list[ColumnElement[bool]]:
        anchor = self.values[self._anchor(fact.window.anchor)] if isinstance(fact.window, After) else None
        return bounds(fact.window, found.at, self.at(fact.clock), anchor)

    def _within(self, fact: Aggregate, found: Opened) -> list[ColumnElement[bool]]:
        return [*self._bounds(fact, found), found.at <= self.moment.now]

    def _hull(self, asked: list[Aggregate], found: Opened) -> list[ColumnElement[bool]]:
        """What holds of rows in any of the windows."""
        windows = dict.fromkeys((fact.window, fact.clock) for fact in asked)
        firsts = [start(window, self.at(clock)) for window, clock in windows]
        starts = [first for first in firsts if first is not None]
        until = found.at <= self.moment.now
        return [found.at >= func.least(*starts), until] if len(starts) == len(firsts) else [until]

    def _matching(self, where: tuple[Match, ...], found: Opened) -> list[ColumnElement[bool]]:
        return [match.holds(found.columns, self.moment) for match in where]


def _scan_of(fact: Aggregate) -> _Scan:
    """Facts of one scan share its rows."""
    if isinstance(fact.window, After):
        return _Scan(fact.source, anchor=fact.window.anchor)
    if isinstance(fact.window, Counted) and fact.function != "exists":
        return _Scan(fact.source, picked=(fact.window, fact.where))
    return _Scan(fact.source)
