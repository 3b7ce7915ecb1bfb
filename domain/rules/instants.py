"""At which instants a rule may become true or cease to be so, of one customer: a few SELECTs.

Every fact yields its own: events as windows come to them and leave them behind, values that are compared with now,
changes.  The rule itself is asked at each, so it does not matter that most of them change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select, true, union

from domain.rules.facts import Aggregate, Asked, Composed, Fact, Match, Own, Source, anchor_of
from domain.rules.moment import ClockZone
from domain.rules.normal import Form, literals
from domain.rules.protocol import Condition
from domain.rules.terms import Terms
from domain.rules.turns import Reading, Turns, each_of, is_timed, window_turns
from domain.rules.window import After

_OF_THE_INSTANT = ("min", "max", "latest")


def instants(form: Form, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
    """Each selects ``at``, of the ``customer`` of an enclosing statement.  Raises ``NoInstants`` if that is unknown."""
    return _Found(customer, reading, terms).of(form)


def by_hand(form: Form, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
    """Those of them at which somebody said what is so, as of a list."""
    facts = (fact for leaf in literals(form) for fact in leaf.condition.facts(terms).values())
    said = dict.fromkeys(fact for fact in facts if isinstance(fact, Asked) and fact.by_hand)
    return [one for fact in said for one in fact.instants(customer, reading, terms)]


def changes_of(source: Source, customer: FromClause, reading: Reading) -> list[Select[Any]]:
    """When rows of a source became others, where that matters."""
    found = source.changed() if reading.zone else ()
    return [each_of([one.at], one.rows, one.customer_id == customer.c.id) for one in found]


def seen(customer: FromClause, reading: Reading, clock: ClockZone) -> tuple[Reading, FromClause | None]:
    """The reading on a clock; of the customer's own as it was set before, too: a line for each zone."""
    earlier = reading.zone.earlier() if reading.zone and clock is ClockZone.CUSTOMER else None
    if earlier is None:
        return reading.seen_by(clock, customer.c.timezone), None
    now = select(customer.c.timezone.label("zone")).correlate_except()
    before = select(earlier.value).where(earlier.these, earlier.customer_id == customer.c.id)
    zones = union(now, before.correlate_except(earlier.rows)).subquery("zones")
    return reading.seen_by(clock, zones.c.zone), zones


def beside(rows: FromClause, zones: FromClause | None) -> FromClause:
    """Rows, for each zone."""
    return rows if zones is None else rows.join(zones, true())


class _Found:
    """What is found of one form."""

    def __init__(self, customer: FromClause, reading: Reading, terms: Terms) -> None:
        self.customer, self.reading, self.terms = customer, reading, terms
        # Events are read once for all that asks of those that match.
        self.scans: dict[tuple[Source, tuple[Match, ...], ClockZone], dict[Any, None]] = {}
        self.values: dict[tuple[Own, Condition | None], None] = {}
        self.made: dict[Asked, list[Select[Any]]] = {}

    def of(self, form: Form) -> list[Select[Any]]:
        """All of them."""
        for condition in dict.fromkeys(leaf.condition for leaf in literals(form)):
            for fact in condition.facts(self.terms).values():
                self._add(fact, condition)
        made = [one for asked in self.made.values() for one in asked]
        made += [one for value, condition in self.values for one in self._of_value(value, condition)]
        made += [self._of_events(*scan, list(asked)) for scan, asked in self.scans.items()]
        sources = dict.fromkeys(source for source, *_ in self.scans)
        return made + [one for source in sources for one in changes_of(source, self.customer, self.reading)]

    def _add(self, fact: Fact, condition: Condition | None) -> None:
        """``condition``: what is concluded from the fact, if that may depend on now."""
        match fact:
            case Composed(parts):
                for _, part in parts:
                    self._add(part, condition)
            case Asked():
                self.made[fact] = fact.instants(self.customer, self.reading, self.terms)
            case Own():
                self.values[fact, condition] = None
            case Aggregate(source, where=where, window=window, clock=clock):
                if isinstance(window, After) and (anchor := anchor_of(window.anchor, self.terms)) is not None:
                    self._add(anchor, None)
                asked = self.scans.setdefault((source, where, clock), {})
                asked[window] = None
                if condition is not None and fact.function in _OF_THE_INSTANT:
                    asked[fact.field, condition] = None

    def _of_value(self, fact: Own, condition: Condition | None) -> Iterator[Select[Any]]:
        """When what is concluded from a value turns, and when the value was another."""
        reading, zones = seen(self.customer, self.reading, condition.clock if condition else ClockZone.TENANT)
        turns = _concluded(condition, fact.read(self.customer.c), reading)
        if turns:
            yield each_of(turns, zones)
        earlier = fact.earlier() if self.reading.zone else None
        if earlier is not None:
            turns = [earlier.at, *_concluded(condition, earlier.value, reading)]
            yield each_of(turns, beside(earlier.rows, zones), earlier.these, earlier.customer_id == self.customer.c.id)

    def _of_events(self, source: Source, where: tuple[Match, ...], clock: ClockZone, asked: list[Any]) -> Select[Any]:
        """When events come into windows and leave them, and what is concluded of their instants turns."""
        reading, zones = seen(self.customer, self.reading, clock)
        found = (source.ever if source.ever and reading.zone else source.open)()
        matching = {match: match.turns(found.columns, self.reading.moment) for match in where}
        turns = [found.at, *(at for made in matching.values() for at in made)]
        for each in asked:
            if isinstance(each, tuple):
                field, condition = each
                turns += _concluded(condition, found.columns[field] if field else found.at, reading)
            elif not reading.only_events:
                turns += window_turns(each, found.at, reading.moment)
        fixed = not (self.reading.zone and source.changed())
        always = [match.holds(found.columns, self.reading.moment) for match, made in matching.items() if not made]
        whose = [found.customer_id == self.customer.c.id, *(always if fixed else ())]
        return each_of(turns, beside(found.rows, zones), *whose)


def _concluded(condition: Condition | None, value: ColumnElement[Any], reading: Reading) -> Turns:
    turns = getattr(condition, "turns", None)
    return [] if turns is None or reading.only_events or not is_timed(value) else turns(value, reading)
