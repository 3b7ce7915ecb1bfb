"""What rules refer to by name: the tenant's own attributes and its segments, as one process remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.words import Words

if TYPE_CHECKING:
    from domain.rules.scoring import Scoring
    from domain.rules.tree import Rule


RFM_PREFIX = "rfm"


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


@dataclass(frozen=True, slots=True)
class RfmTerms:
    """A way to score customers."""

    key: str
    scoring: Scoring


def rfm_named(id: UUID) -> str:
    """The id of a way to score as clients and stored rules have it."""
    return f"{RFM_PREFIX}_{id.hex}"


@dataclass(frozen=True)
class Terms:
    """All of them, as of a version of the dictionary, and the conditions that their rules may be made of."""

    version: int = 0
    attributes: Mapping[str, AttributeTerms] = field(default_factory=dict)
    segments: Mapping[UUID, SegmentTerms] = field(default_factory=dict)
    vocabulary: tuple[type[Any], ...] = ()
    rfm: Mapping[UUID, RfmTerms] = field(default_factory=dict)

    @cached_property
    def by_key(self) -> Mapping[str, UUID]:
        """Segment key → id."""
        return {segment.key: id_ for id_, segment in self.segments.items()}

    def rfm_id(self, named: str | None) -> UUID | None:
        """The way to score of a key, or of an id as clients see it."""
        found = (id_ for id_, each in self.rfm.items() if named in (each.key, rfm_named(id_)))
        return next(found, None)

    @cached_property
    def rules(self) -> Mapping[UUID, Rule]:
        """Segment id → its rule."""
        return {id_: segment.rule for id_, segment in self.segments.items()}
