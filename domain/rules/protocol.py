"""What a condition says of itself: the facts it must know, and what it concludes from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol

from sqlalchemy import ColumnElement

from domain.refusal import FieldIssue
from domain.rules.facts import Fact
from domain.rules.moment import Moment
from domain.rules.terms import Terms


class Condition(Protocol):
    """A frozen dataclass: its fields are the input, the JSON and the documentation."""

    keyword: ClassVar[str]  # its key in a rule

    def facts(self, terms: Terms) -> Mapping[str, Fact]:
        """What it must know of a customer, by name."""

    def test(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """TRUE, FALSE or NULL from what is known."""

    def issues(self, terms: Terms) -> Iterator[FieldIssue]:
        """What is wrong with it beyond the types of its fields; places are below the condition."""
