"""segment: whether the customer is a member of another segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.normal import Form
from domain.rules.protocol import Condition, Reference
from domain.rules.shape import IdOf
from domain.rules.terms import Terms
from domain.rules.text.phrase import Phrase
from domain.segments.conditions.then import InThePast, Then
from domain.time import Duration
from domain.words import Says, Words


class SegmentRelation(StrEnum):
    """Whether somebody is in a segment."""

    MEMBER = "MEMBER"
    NOT_MEMBER = "NOT_MEMBER"


_IN, _OUT = {"is_": SegmentRelation.MEMBER}, {"is_": SegmentRelation.NOT_MEMBER}


def _then(en: str, zh: str, fixed: Mapping[str, Any], says: Words) -> Iterator[Phrase]:
    """By key and by id, now or at an instant of the past."""
    yield Phrase(
        f"{en} {{key}} [{{at}} ago]",
        f"{zh} {{key}} [{{at}} 之前]",
        fixed,
        Words(f"{says.en} {{key}}[ {{at}} ago]", f"[{{at}}前]{says.zh}{{key}}"),
    )
    yield Phrase(f"{en} id {{id}} [{{at}} ago]", f"{zh}编号 {{id}} [{{at}} 之前]", fixed)


@dataclass(frozen=True, slots=True)
class InSegment(Reference):
    """Membership of a segment given by id or key.  It is never UNKNOWN: who is not a member is none."""

    keyword: ClassVar = "segment"
    label: ClassVar = Words("segment", "分群")
    phrases: ClassVar = (
        *_then("in segment", "属于分群", _IN, Words("is in segment", "属于分群")),
        *_then("not in segment", "不属于分群", _OUT, Words("is not in segment", "不属于分群")),
    )
    id: Annotated[UUID | None, Says(Words("id", "编号"), "Give this or the key."), IdOf("Segment", "seg")] = None
    key: Annotated[str | None, Says(Words("key", "键"), "Stored as the id.")] = None
    is_: Annotated[SegmentRelation, Says(Words("relation", "关系"))] = SegmentRelation.MEMBER
    at: Annotated[
        Duration | None,
        Says(Words("so long ago", "多久之前"), "By what was so then; months on the merchant's clock."),
    ] = None

    @classmethod
    def suggests(cls, name: str, values: Mapping[str, Any], terms: Terms) -> tuple[bool, Iterable[str]]:
        """The keys of segments."""
        del values
        return True, terms.by_key if name == "key" else ()

    @property
    def outside(self) -> bool:
        """Whether those are meant who are not members."""
        return self.is_ is SegmentRelation.NOT_MEMBER

    def target(self, terms: Terms) -> UUID | None:
        """The segment's id; null if there is no such segment."""
        found = self.id if self.id is not None else terms.by_key.get(self.key or "")
        return found if found in terms.segments else None

    def settled(self, terms: Terms) -> Self:
        """The same by id."""
        return self if self.id is not None else replace(self, id=self.target(terms), key=None)

    def shown(self, terms: Terms) -> Self:
        """The same by key, as texts name it; by id if it is not known."""
        known = terms.segments.get(self.id) if self.id is not None else None
        return self if known is None else replace(self, key=known.key, id=None)

    @property
    def past(self) -> bool:
        """Whether it is about the past."""
        return self.at is not None

    def about_past(self, member: Form) -> Condition:
        """What it says of the past, from the form of the rule that it refers to."""
        assert self.at is not None
        return InThePast(self, Then(member, self.at))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A segment that is not named, or not known."""
        if (self.id is None) == (self.key is None):
            yield issue((), "Give the segment's id or its key.", "请提供分群的 id 或 key（二选一）。")
        elif self.target(terms) is None and self.key is not None:
            yield unknown("key", self.key, terms.by_key)
        elif self.target(terms) is None:
            yield issue("id", "There is no such segment.", "不存在该分群。", ProblemCode.UNKNOWN_FIELD)
