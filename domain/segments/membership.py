"""Why customers are in segments or not: every condition is looked up in one statement, and what that means told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, literal

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.refusal import ProblemCode
from domain.rules.analysis.nodes import RuleNode, all_nodes, drawn
from domain.rules.explaining.logic import Known, Outcome, conditions, decisive, outcomes_of
from domain.rules.explaining.looked import looked_up
from domain.rules.issues import issue, refused
from domain.rules.moment import Moment
from domain.rules.personal import forbid_personal
from domain.rules.terms import Terms
from domain.segments.inspect import Fetch
from domain.time import Clock
from domain.words import Says, Words

MOST_CUSTOMERS, MOST_SEGMENTS = 50, 20
_ASKED = Customer.__table__.alias("asked")


@dataclass(frozen=True, slots=True)
class RuleEvaluation:
    """A part of a rule, and what it says of the customer."""

    node: RuleNode
    outcome: Annotated[Outcome, Says(Words("what it says", "结果"))]
    children: Annotated[list[RuleEvaluation], Says(Words("of the parts right below", "下级"))]

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

    def label(self, locale: str = "en") -> str:
        """For people."""
        return self.node.label(locale)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """When a rule was asked."""

    as_of: datetime
    timezone: str


@dataclass(frozen=True)
class MembershipExplanation:
    """Why a customer is in a segment now, or is not."""

    segment: UUID
    customer: UUID
    rule: RuleNode
    known: Known
    evaluation: Evaluation

    @cached_property
    def said(self) -> Mapping[str, Outcome]:
        """What each part of the rule says, by its id."""
        return outcomes_of(self.rule, self.known)

    @property
    def member(self) -> bool:
        """Whether the customer is a member."""
        return self.said[self.rule.id] is Outcome.TRUE

    @property
    def outcome(self) -> Outcome:
        """What the rule says."""
        return self.said[self.rule.id]

    @cached_property
    def root(self) -> RuleEvaluation:
        """The whole rule."""
        return self._evaluated(self.rule)

    @property
    def nodes(self) -> list[RuleEvaluation]:
        """The whole rule and all its parts, as they are read."""
        return list(_every(self.root))

    @cached_property
    def decisive(self) -> list[RuleEvaluation]:
        """The conditions that decide."""
        found = decisive(self.rule, self.known, self.said)
        return [self._evaluated(node) for node in all_nodes(self.rule) if node.rule in found]

    def _evaluated(self, node: RuleNode) -> RuleEvaluation:
        return RuleEvaluation(node, self.said[node.id], [self._evaluated(part) for part in node.children])


async def memberships(
    fetch: Fetch,
    customer_ids: Sequence[UUID],
    segment_ids: Sequence[UUID],
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
) -> list[MembershipExplanation | None]:
    """Of each customer for each segment; null where there is no such customer or segment in use.

    Refuses with ``FieldForbidden`` a rule that reads what the caller may not see.
    """
    rules = {id_: drawn(terms.rules[id_], terms, written_out=True) for id_ in segment_ids if id_ in terms.rules}
    if not sees_personal:
        _forbid(rules.values(), terms)
    asked = conditions(list(rules.values()))
    rows = await fetch(membership_lines(asked, customer_ids, terms=terms, clock=clock)) if rules else ()
    known = {row["id"]: dict(zip(asked, map(Outcome.of, row["outcomes"]), strict=True)) for row in rows}
    when = Evaluation(clock.now, clock.zone)
    return [
        MembershipExplanation(segment, customer, rules[segment], known[customer], when)
        if segment in rules and customer in known
        else None
        for customer in customer_ids
        for segment in segment_ids
    ]


def membership_lines(asked: Sequence[Any], ids: Sequence[UUID], *, terms: Terms, clock: Clock) -> Select[Any]:
    """What conditions say of customers known by now: a line of each."""
    moment = Moment.of(clock)
    these = _ASKED.c.id == any_(literal(list(ids), ARRAY(Uuid())))
    return looked_up(asked, _ASKED, moment, terms).where(these, *known_by(_ASKED.c, moment))


def check_pairs(customer_ids: Sequence[UUID], segment_ids: Sequence[UUID]) -> None:
    """Refuses with ``RuleInvalid`` more than can be explained at once."""
    limits = (("customerIds", customer_ids, MOST_CUSTOMERS), ("segmentIds", segment_ids, MOST_SEGMENTS))
    found = [
        issue(place, f"At most {most} at once.", f"一次最多 {most} 个。", ProblemCode.TOO_COMPLEX)
        for place, given, most in limits
        if len(given) > most
    ]
    if found:
        raise refused(*found)


def _forbid(rules: Any, terms: Terms) -> None:
    """Those of the segments referred to too: their conditions are shown."""
    for condition in conditions(list(rules)):
        forbid_personal(condition, terms)


def _every(node: RuleEvaluation) -> Iterator[RuleEvaluation]:
    yield node
    for below in node.children:
        yield from _every(below)
