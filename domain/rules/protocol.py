"""What a condition says of itself: the facts it must know, and what it concludes from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol, Self
from uuid import UUID

from sqlalchemy import ColumnElement

from domain.rules.facts import Fact
from domain.rules.issues import RuleIssue
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms


class Condition(Protocol):
    """A frozen dataclass: its fields are the input, the JSON and the documentation."""

    keyword: ClassVar[str]  # its key in a rule

    def facts(self, terms: Terms) -> Mapping[str, Fact]:
        """What it must know of a customer, by name."""

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """TRUE, FALSE or NULL from what is known."""

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""

    @property
    def clock(self) -> ClockZone:
        """Whose days and months it counts."""

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """What is wrong with it beyond the types of its fields; places are below the condition."""


class Reference(ABC):
    """A condition that is the membership of another rule: two-valued, and written out where it stands."""

    __slots__ = ()
    keyword: ClassVar[str]

    @property
    @abstractmethod
    def outside(self) -> bool:
        """Whether those are meant who are not members."""

    @abstractmethod
    def target(self, terms: Terms) -> UUID | None:
        """The id it refers to; null if there is none."""

    @abstractmethod
    def settled(self, terms: Terms) -> Self:
        """The same, by id."""

    @abstractmethod
    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """What is wrong with it; places are below the condition."""
