"""A normal form as the FROM and WHERE of one statement: customers, one scan for each source of events, the test.

Each scan is a LATERAL per candidate: candidates are those for whom the rule would hold if all that costs a scan did.
A source that is only asked whether there are rows is no scan but an EXISTS, which the planner makes a semi- or
anti-join.  For a whole tenant the correlation of a scan is a GROUP BY and a join instead: ``_joined``, and only there.
Which of the two is faster depends on how many candidates there are; whoever asks says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
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
from sqlalchemy.sql.elements import Grouping

from domain.rules.aggregated import aggregated, known, picked, when, widest_of
from domain.rules.facts import Aggregate, Asked, Columns, Composed, Fact, Match, Opened, Own, Source, anchor_of
from domain.rules.grouped import Group, Shape, alike_for_all, grouped, once, settled
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
        self,
        form: Form,
        customer: FromClause,
        moment: Moment,
        terms: Terms,
        also: Iterable[Fact] = (),
        shape: Shape = Shape.EACH,
    ) -> None:
        self.form, self.customer, self.moment, self.terms = form, customer, moment, terms
        self.also, self.shape, self.scanned = tuple(also), shape, 0
        self.joined = customer
        self.tables: dict[Any, FromClause] = {}
        self.values: dict[Fact, ColumnElement[Any]] = {}
        self.facts: dict[Condition, dict[str, Fact]] = {}
        self.tests: dict[Condition, ColumnElement[bool]] = {}
        self.groups: list[Group] = []
        for leaf in literals(form):
            self.facts.setdefault(leaf.condition, dict(leaf.condition.facts(terms)))
        facts = dict.fromkeys((*self.also, *(fact for asked in self.facts.values() for fact in asked.values())))
        stages = self._read(self._known_at_once(facts))
        self.where = [self.holds(found) for found in self._conjuncts(stages) if found != TRUE]

    def table(self, key: Any, make: Callable[[], FromClause]) -> FromClause:
        """A table with a line of each customer, joined by its ``id``; made once for a key."""
        if key not in self.tables:
            self.tables[key] = made = make()
            self.joined = self.joined.outerjoin(made, made.c.id == self.customer.c.id)
        return self.tables[key]

    def at(self, clock: ClockZone) -> Moment:
        """The moment on a clock."""
        return self.moment.seen_by(clock, self.customer.c.timezone)

    def holds(self, form: Form) -> ColumnElement[bool]:
        """TRUE exactly for members; NULL and FALSE mean the same here."""
        match form:
            case Literal():
                sought = self._sought(form)
                return and_(self.outcome(form) if sought is None else sought, *self._wanting(form))
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

    def value(self, fact: Fact, values: Mapping[Fact, ColumnElement[Any]] | None = None) -> ColumnElement[Any]:
        """What is known of the customer, from the values of all facts or from others."""
        if isinstance(fact, Composed):
            return fact.value({name: self.value(part, values) for name, part in fact.parts}, self.at(fact.clock))
        return (self.values if values is None else values)[fact]

    def _sought(self, leaf: Literal) -> ColumnElement[bool] | None:
        """The test as an index answers it, where TRUE is all that counts; null where it is not known in such a way."""
        sought = getattr(leaf.condition, "sought", None)
        if sought is None or leaf.negated or leaf.lenient:
            return None
        found: ColumnElement[bool] | None = sought(
            {name: self.value(fact) for name, fact in self.facts[leaf.condition].items()}
        )
        return found

    def outcome(self, leaf: Literal) -> ColumnElement[bool]:
        """TRUE, FALSE or NULL."""
        if leaf.condition not in self.tests:
            self.tests[leaf.condition] = self._concluded(leaf.condition, self.values)
        return _literal(leaf, self.tests[leaf.condition])

    def _concluded(self, condition: Condition, values: Mapping[Fact, ColumnElement[Any]]) -> ColumnElement[bool]:
        known = {name: self.value(fact, values) for name, fact in self.facts[condition].items()}
        return condition.concluded(known, self.at(condition.clock))

    def _wanting(self, leaf: Literal) -> list[ColumnElement[bool]]:
        """That there are rows, or that the leaf may hold of none: so it is anyway.

        But PostgreSQL knows the latter while it plans.  Where it is false, an outer join with the groups becomes an
        inner one, and what is tested of an aggregate their HAVING.
        """
        made = []
        for group in self.groups:
            if not group.none.keys().isdisjoint(_parts(self.facts[leaf.condition].values())):
                test = _literal(leaf, self._concluded(leaf.condition, {**self.values, **group.none}))
                made += [or_(group.there, each) for each in settled(test)]
        return made

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
                case Composed():
                    found |= dict.fromkeys(self._known_at_once(part for _, part in fact.parts))
                case Aggregate(window=After(anchor)):
                    found |= dict.fromkeys(self._known_at_once([self._anchor(anchor)])) | {fact: None}
                case Aggregate():
                    found[fact] = None
        return list(found)

    def _anchor(self, name: AnchorField) -> Fact:
        return anchor_of(name, self.terms) or _Nowhen()

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

    def counting(self, fact: Aggregate, found: Opened) -> list[ColumnElement[bool]]:
        """Which of a source's rows are the customer's and count."""
        own = found.customer_id == self.customer.c.id
        return [own, *self._within(fact, found), *self._matching(fact.where, found)]

    def _exists(self, fact: Aggregate) -> ColumnElement[bool]:
        found = fact.source.open()
        return exists(_ONE).select_from(found.rows).where(*self.counting(fact, found)).correlate_except(found.rows)

    def _scan(self, scan: _Scan, asked: list[Aggregate]) -> None:
        """One pass over a customer's rows for all that is asked of them."""
        found = scan.source.open()
        common = tuple(match for match in asked[0].where if all(match in fact.where for fact in asked))
        widest = widest_of(asked)
        rows = self._within(widest, found) if widest else self._hull(asked, found)
        rows += self._matching(common, found)
        if scan.picked:
            found = picked(asked, found, [found.customer_id == self.customer.c.id, *rows, *self._needless()])
            rows = []
        made = []
        for fact in asked:
            keep = self._matching(tuple(match for match in fact.where if match not in common), found)
            keep += [] if widest and when(fact) == when(widest) else [once(each) for each in self._bounds(fact, found)]
            made.append(aggregated(fact, found, keep))
        columns = [each.label(f"f{place}") for place, each in enumerate(made)]
        scanned = self._joined(scan, asked, found, select(*columns).select_from(found.rows).where(*rows))
        self.values |= {fact: known(fact, scanned.c[f"f{place}"]) for place, fact in enumerate(asked)}

    def _joined(self, scan: _Scan, asked: list[Aggregate], found: Opened, made: Select[Any]) -> FromClause:
        """Join what a pass finds: of the customer's own rows, or of everybody's, by customer."""
        name, owner = self._name(scan.source), self.customer.c.id
        if self.shape is Shape.ALL and not scan.anchor and not scan.picked and alike_for_all(asked):
            group = grouped(asked, made.correlate_except(found.rows), found.customer_id, name)
            self.groups.append(group)
            self.joined = self.joined.outerjoin(group.lines, group.lines.c.whose == owner)
            return group.lines
        own = [] if scan.picked else [found.customer_id == owner, *self._needless()]
        scanned = made.where(*own).correlate_except(found.rows).lateral(name)
        # An aggregate is always a line: PostgreSQL tests it before the next scan only where the join is an inner one.
        self.joined = self.joined.join(scanned, true())
        return scanned

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


def _literal(leaf: Literal, test: ColumnElement[bool]) -> ColumnElement[bool]:
    made = not_(test) if leaf.negated else test
    # SQLAlchemy writes NOT x IS NOT false, which PostgreSQL reads as NOT (x IS NOT false).
    return Grouping(made).is_not(false()) if leaf.lenient else made


def _parts(facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts that take a value each."""
    for fact in facts:
        yield from _parts(part for _, part in fact.parts) if isinstance(fact, Composed) else (fact,)


def _scan_of(fact: Aggregate) -> _Scan:
    """Facts of one scan share its rows."""
    if isinstance(fact.window, After):
        return _Scan(fact.source, anchor=fact.window.anchor)
    if isinstance(fact.window, Counted) and fact.function != "exists":
        return _Scan(fact.source, picked=(fact.window, fact.where))
    return _Scan(fact.source)
