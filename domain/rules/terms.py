"""What rules refer to by name: the tenant's own attributes and its segments, as one process remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.words import Words

if TYPE_CHECKING:
    from domain.rules.tree import Rule


@dataclass(frozen=True, slots=True)
class AttributeTerms:
    """One of the tenant's own attributes: name of its AttributeType, its options, name of its PiiLevel, its label."""

    type: str
    options: tuple[str, ...] = ()
    pii: str = "NONE"
    label: Words | None = None


@dataclass(frozen=True, slots=True)
class SegmentTerms:
    """A segment that is not archived."""

    key: str
    rule: Rule


@dataclass(frozen=True)
class Terms:
    """All of them, as of a version of the dictionary, and the conditions that their rules may be made of."""

    version: int = 0
    attributes: Mapping[str, AttributeTerms] = field(default_factory=dict)
    segments: Mapping[UUID, SegmentTerms] = field(default_factory=dict)
    vocabulary: tuple[type[Any], ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, UUID]:
        """Segment key → id."""
        return {segment.key: id_ for id_, segment in self.segments.items()}

    @cached_property
    def rules(self) -> Mapping[UUID, Rule]:
        """Segment id → its rule."""
        return {id_: segment.rule for id_, segment in self.segments.items()}
