"""Facts: what a rule must know of a customer.  Each different fact is computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause

from domain.rules.moment import Moment
from domain.rules.window import AllTime, Window

Columns = Any  # named columns: an alias's, or those of the opened source


@dataclass(frozen=True, slots=True)
class Opened:
    """A source's rows, ready to be filtered: FROM, whose they are, when they happened, and their columns by name."""

    rows: FromClause
    customer_id: ColumnElement[Any]
    at: ColumnElement[Any]
    columns: Columns


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of customers, each with an instant.  ``cost`` is about how many a customer has: the order of scans."""

    name: str
    cost: float
    open: Callable[[], Opened] = field(repr=False)


class Match(Protocol):
    """A filter of a source's rows: a value that can be compared with others."""

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether a row counts; rows where it is UNKNOWN do not."""


@dataclass(frozen=True, slots=True)
class Own:
    """A value of the customer's own row."""

    read: Callable[[Columns], ColumnElement[Any]]
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``function`` of a field over a source's rows in a window.  Count, distinct and sum of none are 0.

    ``function``: exists, count, distinct, sum, avg, min, max; of the instant when ``field`` is null.
    """

    source: Source
    function: str
    field: str | None = None
    where: tuple[Match, ...] = ()
    window: Window = AllTime()

    @property
    def cost(self) -> float:
        """That of its source."""
        return self.source.cost


Fact = Own | Aggregate
