"""Facts: what a rule must know of a customer.  Each different fact is computed once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select

from domain.rules.moment import ClockZone, Moment
from domain.rules.seen import EVENTS, Noun
from domain.rules.terms import Terms
from domain.rules.turns import NoInstants, Reading, Turns, turns_of
from domain.rules.window import ALL_TIME, AnchorField, Window
from domain.words import Words

if TYPE_CHECKING:
    from domain.rules.plan import Plan

# Columns by name: of a table, or as the source calls them.
Columns = Mapping[str, ColumnElement[Any]] | Any


@dataclass(frozen=True, slots=True)
class Opened:
    """A source's rows, ready to be filtered: FROM, whose they are, when they happened, ids, their columns by name."""

    rows: FromClause
    customer_id: ColumnElement[Any]
    at: ColumnElement[Any]
    id: ColumnElement[Any]
    columns: Columns


class Changed(NamedTuple):
    """Rows that say of a customer when something became another."""

    rows: FromClause
    customer_id: ColumnElement[Any]
    at: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of customers, each with an instant.  ``cost`` is about how many a customer has: the order of scans.

    ``open`` may give the same aliases each time: every use is a sub-select of its own.  ``noun``: what a row is called;
    ``changed``: when rows became others after their instant; ``ever``: all that there were, if some are no more.
    """

    name: str
    cost: float
    open: Callable[[], Opened] = field(repr=False)
    noun: Noun = EVENTS
    changed: Callable[[], tuple[Changed, ...]] = field(default=tuple, repr=False)
    ever: Callable[[], Opened] | None = field(default=None, repr=False)


class Earlier(NamedTuple):
    """Rows that say when a value of a customer changed, and what it was until then: those where ``these`` holds."""

    rows: FromClause
    customer_id: ColumnElement[Any]
    at: ColumnElement[Any]
    value: ColumnElement[Any]
    these: ColumnElement[bool]


class Match(ABC):
    """A filter of a source's rows: a value that can be compared with others."""

    __slots__ = ()

    @abstractmethod
    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether a row counts; rows where it is UNKNOWN do not."""

    def turns(self, row: Columns, moment: Moment) -> Turns:
        """When that changes although the row does not."""
        del row, moment
        return []


class Own(ABC):
    """A value of the customer's own row: a value that can be compared with others."""

    __slots__ = ()
    cost: ClassVar = 0.0

    @abstractmethod
    def read(self, customer: Columns) -> ColumnElement[Any]:
        """The value, from the customer's columns."""

    @property
    def called(self) -> str | None:
        """The field's name in rules; null of what is none."""
        return None

    def earlier(self) -> Earlier | None:
        """Its changes; null where it never changes."""
        return None

    def personal(self, terms: Terms) -> str | None:
        """The field's name in rules, if it is personal data."""
        del terms
        return None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``function`` of a field over a source's rows in a window.  Count, distinct and sum of none are 0.

    ``function``: exists, count, distinct, sum, avg, min, max, stddev (of a sample), latest (the value of the last row);
    span and gap are seconds from the first to the last row, and from each to the next on average.  Without a
    ``field`` it is of the instant.
    """

    source: Source
    function: str
    field: str | None = None
    where: tuple[Match, ...] = ()
    window: Window = ALL_TIME
    clock: ClockZone = ClockZone.TENANT

    @property
    def cost(self) -> float:
        """That of its source."""
        return self.source.cost


class Asked(ABC):
    """A value that takes a sub-select of its own: a value that can be compared with others."""

    __slots__ = ()
    cost: ClassVar = 50.0
    by_hand: ClassVar = False  # whether it changes only when somebody says so

    @property
    def reads(self) -> tuple[str, ...]:
        """What it is read from, by name."""
        return ()

    @abstractmethod
    def found(self, plan: Plan) -> ColumnElement[Any]:
        """The value for the plan's customer; what it is read from is joined to the plan."""

    def instants(self, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
        """Of an enclosing statement's customer: when it may change.  Raises ``NoInstants`` if that cannot be told."""
        del customer, reading, terms
        raise NoInstants(Words("It depends on other customers.", "这取决于其他客户。"))


@dataclass(frozen=True, slots=True)
class Composed:
    """A value made of other facts."""

    parts: tuple[tuple[str, Own | Aggregate], ...]
    value: Callable[[Mapping[str, ColumnElement[Any]], Moment], ColumnElement[Any]]
    clock: ClockZone = ClockZone.TENANT

    @property
    def cost(self) -> float:
        """That of the dearest part."""
        return max(fact.cost for _, fact in self.parts)


@dataclass(frozen=True, slots=True)
class Passes(Match):
    """A column passes a test."""

    column: str
    test: Any  # one of domain.rules.tests

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it does."""
        made: ColumnElement[bool] = self.test.holds(row[self.column], moment)
        return made

    def turns(self, row: Columns, moment: Moment) -> Turns:
        """As the test says."""
        return turns_of(self.test, row[self.column], moment)


Fact = Own | Aggregate | Asked | Composed


def anchor_of(name: AnchorField, terms: Terms) -> Own | Aggregate | None:
    """The date of the customer's own that windows are counted from, as its subject declares it."""
    declared = (getattr(of, "anchors", {}) for of in terms.vocabulary)
    return next((anchors[name] for anchors in declared if name in anchors), None)
