"""Facts: what a rule must know of a customer.  Each different fact is computed once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from sqlalchemy import ColumnElement, FromClause

from domain.rules.moment import Moment
from domain.rules.window import ALL_TIME, Window

# Columns by name: of a table, or as the source calls them.
Columns = Mapping[str, ColumnElement[Any]] | Any


@dataclass(frozen=True, slots=True)
class Opened:
    """A source's rows, ready to be filtered: FROM, whose they are, when they happened, and their columns by name."""

    rows: FromClause
    customer_id: ColumnElement[Any]
    at: ColumnElement[Any]
    columns: Columns


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of customers, each with an instant.  ``cost`` is about how many a customer has: the order of scans.

    ``open`` may give the same aliases each time: every use is a sub-select of its own.
    """

    name: str
    cost: float
    open: Callable[[], Opened] = field(repr=False)


class Match(Protocol):
    """A filter of a source's rows: a value that can be compared with others."""

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether a row counts; rows where it is UNKNOWN do not."""


class Own(ABC):
    """A value of the customer's own row: a value that can be compared with others."""

    __slots__ = ()
    cost: ClassVar = 0.0

    @abstractmethod
    def read(self, customer: Columns) -> ColumnElement[Any]:
        """The value, from the customer's columns."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``function`` of a field over a source's rows in a window.  Count, distinct and sum of none are 0.

    ``function``: exists, count, distinct, sum, avg, min, max; of the instant when ``field`` is null.
    """

    source: Source
    function: str
    field: str | None = None
    where: tuple[Match, ...] = ()
    window: Window = ALL_TIME

    @property
    def cost(self) -> float:
        """That of its source."""
        return self.source.cost


@dataclass(frozen=True, slots=True)
class Passes:
    """A column passes a test."""

    column: str
    test: Any  # one of domain.rules.tests

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it does."""
        made: ColumnElement[bool] = self.test.holds(row[self.column], moment)
        return made


Fact = Own | Aggregate
