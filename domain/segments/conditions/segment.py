"""segment: whether the customer is a member of another segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.analysis.search import compares, target_of
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.normal import Form
from domain.rules.protocol import Condition, Reference
from domain.rules.shape import IdOf
from domain.rules.terms import Terms
from domain.rules.text.phrase import Phrase
from domain.rules.window import ALL_TIME, After, Counted, Window
from domain.segments.conditions.then import InThePast, Once, Then, Turn
from domain.time import LONGEST_MONTH_S, Duration
from domain.words import Says, Words


class SegmentRelation(StrEnum):
    """Whether somebody is in a segment, came into it, left it, or was ever in it."""

    MEMBER = "MEMBER"
    NOT_MEMBER = "NOT_MEMBER"
    ENTERED = "ENTERED"
    LEFT = "LEFT"
    EVER = "EVER"
    NEVER = "NEVER"


_TURNS = {
    SegmentRelation.ENTERED: Turn.BEGAN,
    SegmentRelation.LEFT: Turn.ENDED,
    SegmentRelation.EVER: Turn.WAS,
    SegmentRelation.NEVER: Turn.WAS,
}
_WINDOWED = (SegmentRelation.ENTERED, SegmentRelation.LEFT)
MOST_YEARS = 100  # so long ago: references one below another must not leave PostgreSQL's calendar together


def _phrases(is_: SegmentRelation, en: str, zh: str, says: Words, end: Words | None = None) -> Iterator[Phrase]:
    """By key, with the sentence, and by id; ``end`` is what follows in a text."""
    behind, in_chinese = (f" {end.en}", f" {end.zh}") if end else ("", "")
    yield Phrase(f"{en} {{key}}{behind}", f"{zh} {{key}}{in_chinese}", {"is_": is_}, says)
    yield Phrase(f"{en} id {{id}}{behind}", f"{zh}编号 {{id}}{in_chinese}", {"is_": is_})


_AGO, _WHEN = Words("{at} ago", "{at} 之前"), Words("[{window}]", "[{window}]")
_M, _N = SegmentRelation.MEMBER, SegmentRelation.NOT_MEMBER
_PHRASES = (
    (_M, "in segment", "属于分群", Words("was in segment {key} {at} ago", "{at}前属于分群{key}"), _AGO),
    (_N, "not in segment", "不属于分群", Words("was not in segment {key} {at} ago", "{at}前不属于分群{key}"), _AGO),
    (_M, "in segment", "属于分群", Words("is in segment {key}", "属于分群{key}"), None),
    (_N, "not in segment", "不属于分群", Words("is not in segment {key}", "不属于分群{key}"), None),
    (
        SegmentRelation.ENTERED,
        "entered segment",
        "进入分群",
        Words("entered segment {key}[ {window}]", "[{window}]进入过分群{key}"),
        _WHEN,
    ),
    (
        SegmentRelation.LEFT,
        "left segment",
        "离开分群",
        Words("left segment {key}[ {window}]", "[{window}]离开过分群{key}"),
        _WHEN,
    ),
    (
        SegmentRelation.EVER,
        "ever in segment",
        "曾属于分群",
        Words("was ever in segment {key}", "曾属于分群{key}"),
        None,
    ),
    (
        SegmentRelation.NEVER,
        "never in segment",
        "从未属于分群",
        Words("was never in segment {key}", "从未属于分群{key}"),
        None,
    ),
)


@dataclass(frozen=True, slots=True)
class InSegment(Reference):
    """Membership of a segment given by id or key, now or in the past.  Never UNKNOWN: who is no member is none."""

    keyword: ClassVar = "segment"
    label: ClassVar = Words("segment", "分群")
    phrases: ClassVar = tuple(phrase for each in _PHRASES for phrase in _phrases(*each))
    id: Annotated[UUID | None, Says(Words("id", "编号"), "Give this or the key."), IdOf("Segment", "seg")] = None
    key: Annotated[str | None, Says(Words("key", "键"), "Stored as the id.")] = None
    is_: Annotated[SegmentRelation, Says(Words("relation", "关系"))] = SegmentRelation.MEMBER
    at: Annotated[
        Duration | None,
        Says(
            Words("so long ago", "多久之前"), "At most 100 years. By what was so then; months on the merchant's clock."
        ),
    ] = None
    window: Annotated[Window, Says(Words("when", "时间窗"), "In which somebody entered or left.")] = ALL_TIME

    @classmethod
    def suggests(cls, name: str, values: Mapping[str, Any], terms: Terms) -> tuple[bool, Iterable[str]]:
        """The keys of segments."""
        del values
        return True, terms.by_key if name == "key" else ()

    @property
    def outside(self) -> bool:
        """Whether those are meant who are not members."""
        return self.is_ in (SegmentRelation.NOT_MEMBER, SegmentRelation.NEVER)

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
        return self.at is not None or self.is_ in _TURNS

    def about_past(self, member: Form) -> Condition:
        """What it says of the past, from the form of the rule that it refers to."""
        if self.at is not None:
            return InThePast(self, Then(member, self.at))
        return InThePast(self, Once(member, _TURNS[self.is_], self.window))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A segment that is not named, or not known."""
        if (self.id is None) == (self.key is None):
            yield issue((), "Give the segment's id or its key.", "请提供分群的 id 或 key（二选一）。")
        elif self.target(terms) is None and self.key is not None:
            yield unknown("key", self.key, terms.by_key)
        elif self.target(terms) is None:
            yield issue("id", "There is no such segment.", "不存在该分群。", ProblemCode.UNKNOWN_FIELD)
        if self.at is not None and self.is_ in _TURNS:
            yield issue("at", "So long ago somebody was a member, or was not.", "仅 MEMBER 与 NOT_MEMBER 可用 at。")
        if self.at is not None and self.at.months + self.at.seconds / LONGEST_MONTH_S > 12 * MOST_YEARS:
            yield issue("at", f"At most {MOST_YEARS} years ago.", f"最多 {MOST_YEARS} 年前。", ProblemCode.OUT_OF_RANGE)
        if self.window != ALL_TIME and self.is_ not in _WINDOWED:
            yield issue("window", "A window is for ENTERED and LEFT.", "仅 ENTERED 与 LEFT 可用时间窗。")
        elif isinstance(self.window, Counted | After):
            yield issue("window", "A window of time is wanted.", "须为时间窗。")
        if self.is_ in _TURNS and compares(target_of(self, terms), terms):
            yield issue(
                "is",
                "A rule that compares customers with one another: when somebody came or went cannot be told.",
                "该规则在客户之间比较：无法得知何时进入或离开。",
            )
