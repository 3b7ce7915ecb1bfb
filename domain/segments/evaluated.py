"""Parts of rules as they were evaluated of one customer, and what is missing: values that say themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.rules.analysis.nodes import RuleNode
from domain.rules.explaining.gaps import Distance, distance, effort, hint
from domain.rules.explaining.logic import Goal, Outcome
from domain.rules.explaining.looked import Evidence, Looked, Looking
from domain.rules.explaining.values import Teller
from domain.rules.seen import Seen
from domain.rules.text.printer import said_test


@dataclass(frozen=True, slots=True)
class Evaluation:
    """When rules were asked, of what was looked up."""

    as_of: datetime
    timezone: str
    currency: str
    looking: Looking
    sentences: dict[tuple[int, str], str] = field(default_factory=dict)  # of nodes, the same for all customers

    def label(self, node: RuleNode, locale: str) -> str:
        """A node as a sentence."""
        if (id(node), locale) not in self.sentences:
            self.sentences[id(node), locale] = node.label(locale)
        return self.sentences[id(node), locale]

    def teller(self, locale: str) -> Teller:
        """Who says values."""
        return Teller(locale, self.timezone, self.currency)


@dataclass(frozen=True, slots=True)
class RuleEvidence:
    """An event that a condition counts; its id stands where its kind does."""

    event: Evidence

    @property
    def source(self) -> str:
        """What it is."""
        return self.event.source

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.event.at

    @property
    def order(self) -> UUID | None:
        """Of orders."""
        return self._of("orders")

    @property
    def item(self) -> UUID | None:
        """Of lines of orders."""
        return self._of("items")

    @property
    def returned(self) -> UUID | None:
        """Of returns."""
        return self._of("returns")

    @property
    def interaction(self) -> UUID | None:
        """Of interactions."""
        return self._of("interactions")

    @property
    def feedback(self) -> UUID | None:
        """Of answers."""
        return self._of("feedback")

    def _of(self, source: str) -> UUID | None:
        return self.event.key if self.event.source == source else None


@dataclass(frozen=True, slots=True)
class RuleEvaluation:
    """A part of a rule, and what it says of the customer."""

    node: RuleNode
    outcome: Outcome
    children: list[RuleEvaluation]
    looked: Looked | None
    evaluation: Evaluation

    @property
    def node_id(self) -> str:
        """Its place."""
        return self.node.id

    @property
    def parent_id(self) -> str | None:
        """The place above."""
        return self.node.parent_id

    @property
    def kind(self) -> str:
        """The member of RuleInput."""
        return self.node.kind

    @property
    def depth(self) -> int:
        """Levels above it."""
        return self.node.depth

    @property
    def segment_id(self) -> UUID | None:
        """The segment that is referred to."""
        return self.node.segment_id

    @property
    def seen(self) -> Seen | None:
        """In which unit it sees, and the test that is put to."""
        return self.evaluation.looking.seen.get(self.node.rule) if self.looked else None

    @property
    def evidence(self) -> list[RuleEvidence]:
        """Events that count, the newest first."""
        return [RuleEvidence(each) for each in self.looked.evidence] if self.looked else []

    def label(self, locale: str = "en") -> str:
        """For people."""
        return self.evaluation.label(self.node, locale)

    def observed(self, locale: str = "en") -> str | None:
        """What it saw."""
        if self.seen is None or self.looked is None:
            return None
        return self.evaluation.teller(locale).value(self.seen, self.looked.value)

    def required(self, locale: str = "en") -> str | None:
        """What that is put to."""
        if self.seen is None or self.seen.test is None:
            return None
        return said_test(self.seen.test, self.node.terms, locale)

    def with_all_below(self) -> Iterator[RuleEvaluation]:
        """It and all below it, as they are read."""
        yield self
        for below in self.children:
            yield from below.with_all_below()


@dataclass(frozen=True, slots=True)
class Gap:
    """A condition that stands in the way, and what it would have to say; ``alone``: whether that would be enough."""

    part: RuleEvaluation
    goal: Goal
    alone: bool

    @property
    def node_id(self) -> str:
        """Its place."""
        return self.part.node_id

    @property
    def missing(self) -> Decimal | None:
        """How much more is needed."""
        return self._distance.missing

    @property
    def before(self) -> datetime | None:
        """When what counts already begins to leave the window."""
        return self._distance.before

    @property
    def clears(self) -> datetime | None:
        """When nothing counts any more."""
        return self._distance.clears

    @property
    def effort(self) -> tuple[int, float]:
        """What is got first comes first."""
        looking, condition = self.part.evaluation.looking, self.part.node.rule
        return effort(looking.counted[condition], looking.is_own(condition))

    def label(self, locale: str = "en") -> str:
        """For people."""
        return self.part.label(locale)

    def observed(self, locale: str = "en") -> str | None:
        """What it saw."""
        return self.part.observed(locale)

    def required(self, locale: str = "en") -> str | None:
        """What that is put to."""
        return self.part.required(locale)

    def hint(self, locale: str = "en") -> str:
        """A sentence for people."""
        assert self.part.looked
        tell = self.part.evaluation.teller(locale)
        return hint(self.part.seen, self.part.looked, self.goal, self._distance, self.label(locale), tell)

    @property
    def _distance(self) -> Distance:
        assert self.part.looked
        return distance(self.part.seen, self.part.looked, self.goal)
