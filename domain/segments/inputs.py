"""What callers say of a segment that is to be saved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from domain.refusal import invalid
from domain.rules.tree import Rule
from domain.segments.segment import SegmentKind
from domain.text import Names
from domain.words import Says, Words

_KEY, _NAME, _RULE = Words("key", "键"), Words("name", "名称"), Words("rule", "规则")
Note = Annotated[str | None, Says(Words("note", "备注"), "Why; kept with the version.  At most 2,000 characters.")]


@dataclass(frozen=True, slots=True)
class SegmentInput:
    """A group of customers: a name on a rule, or on a list."""

    key: Annotated[str, Says(_KEY, "Immutable; used in rules.")]
    name: Annotated[Names, Says(_NAME)]
    rule: Annotated[Rule | None, Says(_RULE, "Of a list: who is on it first, by what holds at this instant.")] = None
    kind: Annotated[SegmentKind, Says(Words("kind", "类型"), "Immutable.")] = SegmentKind.DYNAMIC
    member_ids: Annotated[
        list[UUID] | None, Says(Words("members", "成员"), "Of a list, instead of a rule: at most 10,000 customers.")
    ] = None
    note: Note = None


@dataclass(frozen=True, slots=True)
class SegmentSnapshotInput:
    """A list of who is in a segment, now or at an instant that has been."""

    key: Annotated[str, Says(_KEY, "Immutable; used in rules.")]
    name: Annotated[Names, Says(_NAME)]
    note: Note = None
    as_of: Annotated[datetime | None, Says(Words("as of", "截至"), "By what was so at this instant; now if null.")] = (
        None
    )


@dataclass(frozen=True, slots=True)
class SegmentUpdate:
    """What is to change; what is left out stays."""

    if_version: Annotated[int, Says(Words("version", "版本"), "The one you read.")]
    name: Annotated[Names | None, Says(_NAME)] = None
    rule: Annotated[Rule | None, Says(_RULE, "Not of a list.")] = None
    note: Note = None


def check_kind(input: SegmentInput) -> None:
    """Refuses with ``Invalid`` a rule and members that do not go with the kind."""
    if input.kind is SegmentKind.DYNAMIC:
        if input.member_ids is not None:
            raise invalid(
                ("input", "memberIds"),
                "Only a list (STATIC or SNAPSHOT) is made of customers.",
                "仅名单型分群（STATIC 或 SNAPSHOT）可直接指定成员。",
            )
        if input.rule is None:
            raise invalid(("input", "rule"), "Give the rule.", "请提供规则。")
    elif (input.rule is None) == (input.member_ids is None):
        raise invalid(("input", "rule"), "Give a rule or the members of the list.", "请提供规则或成员名单（二选一）。")
