"""tag: the customer's free labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement

from domain.customers.conditions.fields import BuiltIn
from domain.rules.claims import Claim, Empty
from domain.rules.issues import RuleIssue
from domain.rules.moment import ClockZone, Moment
from domain.rules.seen import Seen, Unit
from domain.rules.terms import Terms
from domain.rules.tests import SetTest
from domain.rules.text.phrase import Phrase
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Tag:
    """The customer's tags pass a test.  A customer without tags has an empty set."""

    keyword: ClassVar = "tag"
    example: ClassVar = 'tag has any ("vip", "golf")'
    phrases: ClassVar = (Phrase("tag {test}", "标签 {test}", says=Words("the tags {test}", "标签{test}")),)
    test: Annotated[SetTest, Says(Words("test", "条件"))]
    certain: ClassVar = True
    clock: ClassVar = ClockZone.TENANT

    def facts(self, terms: Terms) -> Mapping[str, BuiltIn]:
        """The tags."""
        del terms
        return {"tags": BuiltIn("tags")}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of them."""
        return self.test.holds(facts["tags"], moment)

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The tags."""
        del moment
        return Seen(facts["tags"], Unit.SET, self.test)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """That the test is of the tags."""
        yield Claim(self.facts(terms)["tags"], self.test, Empty.NEVER)

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """Nothing beyond the types."""
        del terms
        yield from ()
