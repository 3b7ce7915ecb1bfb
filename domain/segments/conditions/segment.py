"""segment: whether the customer is a member of another segment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from domain.words import Says, Words


class SegmentRelation(StrEnum):
    """Whether somebody is in a segment."""

    MEMBER = "MEMBER"
    NOT_MEMBER = "NOT_MEMBER"


@dataclass(frozen=True, slots=True)
class InSegment:
    """Membership now, of a segment given by id or key.  It is never UNKNOWN: who is not a member is none."""

    keyword: ClassVar = "segment"
    id: Annotated[UUID | None, Says(Words("id", "编号"), "Give this or the key.")] = None
    key: Annotated[str | None, Says(Words("key", "键"), "Stored as the id.")] = None
    is_: Annotated[SegmentRelation, Says(Words("relation", "关系"))] = SegmentRelation.MEMBER
