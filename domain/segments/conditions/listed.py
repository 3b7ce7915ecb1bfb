"""On the list of a segment: what a static segment or a snapshot means where a rule would stand.

It is no part of the rule language: rules name the segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Uuid,
    and_,
    exists,
    literal,
    literal_column,
    or_,
    select,
    union,
)

from domain.customers.customer import Customer
from domain.rules.facts import Asked
from domain.rules.issues import RuleIssue
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms
from domain.rules.turns import Reading, each_of
from domain.segments.conditions.segment import InSegment
from domain.segments.member import SegmentMember

if TYPE_CHECKING:
    from domain.rules.plan import Plan

_ONE = literal_column("1", Integer())


@dataclass(frozen=True, slots=True)
class Listed(Asked):
    """Whether the customer, or one merged into this one, is on the list at the moment."""

    segment_id: UUID
    cost: ClassVar = 0.0  # an index knows
    by_hand: ClassVar = True

    def found(self, plan: Plan) -> ColumnElement[bool]:
        """An EXISTS, which the planner makes a join from the shorter side.

        A merge moves lines to the winner, but not one beside a line of the winner's own of the same list and instant.
        """
        member, merged, loser = (
            SegmentMember.__table__.alias("listed"),
            SegmentMember.__table__.alias("listed"),
            Customer.__table__.alias("loser"),
        )
        # UNION, so that PostgreSQL knows that a customer comes once, and how many there are.
        as_listed = select(member.c.customer_id).where(*self._on(member, plan.moment))
        by_merging = (
            select(loser.c.merged_into)
            .select_from(merged.join(loser, loser.c.id == merged.c.customer_id))
            .where(loser.c.merged_into.is_not(None), *self._on(merged, plan.moment))
        )
        apart = (as_listed.correlate_except(member), by_merging.correlate_except(merged, loser))
        whose = union(*apart).subquery("whose")
        found = exists(_ONE).select_from(whose).where(whose.c.customer_id == plan.customer.c.id)
        return found.correlate_except(whose)

    def instants(self, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
        """When the customer was put on the list or taken off it, or one who was merged into this one."""
        del reading, terms
        line, loser = SegmentMember.__table__.alias("line"), Customer.__table__.alias("loser")
        merged = select(loser.c.id).where(loser.c.merged_into == customer.c.id).correlate_except(loser)
        whose = or_(line.c.customer_id == customer.c.id, line.c.customer_id.in_(merged))
        of_this = line.c.segment_id == literal(self.segment_id, Uuid())
        return [each_of([line.c.added_at, line.c.removed_at], line, and_(of_this, whose))]

    def _on(self, member: Any, moment: Moment) -> list[ColumnElement[bool]]:
        return [
            member.c.segment_id == literal(self.segment_id, Uuid()),
            member.c.added_at <= moment.now,
            or_(member.c.removed_at.is_(None), member.c.removed_at > moment.now),
        ]


@dataclass(frozen=True, slots=True)
class OnList:
    """Being on the list of a static segment or a snapshot.  It is never UNKNOWN."""

    keyword: ClassVar = "list"
    certain: ClassVar = True
    clock: ClassVar = ClockZone.TENANT
    segment_id: UUID

    def facts(self, terms: Terms) -> Mapping[str, Listed]:
        """Whether the customer is listed."""
        del terms
        return {"listed": Listed(self.segment_id)}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """That."""
        del moment
        return facts["listed"]

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """Nothing is ever wrong with it."""
        del terms
        yield from ()

    def shown(self, terms: Terms) -> InSegment:
        """As texts name it: membership of its segment."""
        return InSegment(id=self.segment_id).shown(terms)
