"""What a condition says of itself: the facts it must know, and what it concludes from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self
from uuid import UUID

from sqlalchemy import ColumnElement

from domain.rules.facts import Fact
from domain.rules.issues import RuleIssue
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms

if TYPE_CHECKING:
    from domain.rules.normal import Form


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
    """A condition that is the membership of another rule: two-valued, and written out where it stands.

    What it says of the ``past`` takes a condition of its own, made of the other rule's form.
    """

    __slots__ = ()
    keyword: ClassVar[str]
    certain: ClassVar = True

    @property
    def timely(self) -> bool:
        """Whether somebody may come or go by the passing of time alone, be the other rule about time or not."""
        return self.past

    @property
    @abstractmethod
    def outside(self) -> bool:
        """Whether those are meant who are not members."""

    @property
    @abstractmethod
    def past(self) -> bool:
        """Whether it is about the past."""

    @abstractmethod
    def about_past(self, member: Form) -> Condition:
        """What it says of the past; ``outside`` is not part of that."""

    @abstractmethod
    def target(self, terms: Terms) -> UUID | None:
        """The id it refers to; null if there is none."""

    @abstractmethod
    def settled(self, terms: Terms) -> Self:
        """The same, by id."""

    @abstractmethod
    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """What is wrong with it; places are below the condition."""
