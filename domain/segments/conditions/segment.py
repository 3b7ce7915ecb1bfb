"""segment: whether the customer is a member of another segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.protocol import Reference
from domain.rules.shape import IdOf
from domain.rules.terms import Terms
from domain.rules.text.phrase import Phrase
from domain.words import Says, Words


class SegmentRelation(StrEnum):
    """Whether somebody is in a segment."""

    MEMBER = "MEMBER"
    NOT_MEMBER = "NOT_MEMBER"


_IN, _OUT = {"is_": SegmentRelation.MEMBER}, {"is_": SegmentRelation.NOT_MEMBER}


@dataclass(frozen=True, slots=True)
class InSegment(Reference):
    """Membership now, of a segment given by id or key.  It is never UNKNOWN: who is not a member is none."""

    keyword: ClassVar = "segment"
    label: ClassVar = Words("segment", "分群")
    phrases: ClassVar = (
        Phrase("in segment {key}", "属于分群 {key}", _IN, Words("is in segment {key}", "属于分群{key}")),
        Phrase("not in segment {key}", "不属于分群 {key}", _OUT, Words("is not in segment {key}", "不属于分群{key}")),
        Phrase("in segment id {id}", "属于分群编号 {id}", _IN),
        Phrase("not in segment id {id}", "不属于分群编号 {id}", _OUT),
    )
    id: Annotated[UUID | None, Says(Words("id", "编号"), "Give this or the key."), IdOf("Segment", "seg")] = None
    key: Annotated[str | None, Says(Words("key", "键"), "Stored as the id.")] = None
    is_: Annotated[SegmentRelation, Says(Words("relation", "关系"))] = SegmentRelation.MEMBER

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
        return self if self.id is not None else type(self)(id=self.target(terms), is_=self.is_)

    def shown(self, terms: Terms) -> Self:
        """The same by key, as texts name it; by id if it is not known."""
        known = terms.segments.get(self.id) if self.id is not None else None
        return self if known is None else type(self)(key=known.key, is_=self.is_)

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A segment that is not named, or not known."""
        if (self.id is None) == (self.key is None):
            yield issue((), "Give the segment's id or its key.", "请提供分群的 id 或 key（二选一）。")
        elif self.target(terms) is None and self.key is not None:
            yield unknown("key", self.key, terms.by_key)
        elif self.target(terms) is None:
            yield issue("id", "There is no such segment.", "不存在该分群。", ProblemCode.UNKNOWN_FIELD)
