"""What another rule would change: who enters, who leaves, and how the text differs.  Nothing is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Integer, Select, Uuid, and_, cast, false, func, literal, select

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.rules.check import check
from domain.rules.grouped import Shape
from domain.rules.moment import Moment
from domain.rules.normal import Form, Threshold, literals, normal
from domain.rules.plan import Plan
from domain.rules.terms import SegmentTerms, Terms
from domain.rules.text.changes import changes
from domain.rules.tree import All, Never, Rule
from domain.segments.conditions.segment import InSegment, SegmentRelation
from domain.segments.inspect import Fetch
from domain.segments.members import members
from domain.segments.segment import Segment
from domain.segments.texts import stored_rule
from domain.segments.version import SegmentVersion
from domain.time import Clock
from domain.words import Says, Words

_OTHER = UUID(int=1)  # stands for the other rule among the terms; no segment has it
NewRule = Annotated[Rule, Says(Words("rule", "规则"), "What the rule may become.")]


@dataclass(frozen=True, slots=True)
class RuleDiffCounts:
    """Customers by whether they are in under both rules, by what is so now."""

    entered: Annotated[int, Says(Words("in under the new rule only", "新进入"))]
    left: Annotated[int, Says(Words("in under the old rule only", "离开"))]
    unchanged: Annotated[int, Says(Words("in under both", "不变"))]


@dataclass(frozen=True, slots=True)
class RuleDiff:
    """What lies between two versions of a rule."""

    counts: Annotated[RuleDiffCounts | None, Says(Words("customers under both rules, now", "当前两规则下的客户"))]
    old: Rule
    new: Rule
    terms: Terms

    def text_diff(self, locale: str = "en") -> str:
        """The canonical texts line by line."""
        return changes(self.old, self.new, self.terms, locale)


def segment_diff(id: UUID, rule: NewRule, *, terms: Terms) -> Select[Any]:
    """What saving another rule would change; null of a segment that is not in use.

    Refuses with ``RuleInvalid`` what saving it would refuse.
    """
    check(rule, terms, id)
    return select(Segment.id).where(Segment.id == literal(id, Uuid()) if id in terms.segments else false())


def counts_of(id: UUID, rule: NewRule, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Any]:
    """How many enter, leave and stay."""
    return compared(terms.rules.get(id, Never()), rule, terms=terms, clock=clock, shape=shape)


def entering(id: UUID, rule: NewRule, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Customer]:
    """Who is not in the segment, and would be."""
    found = All((rule, InSegment(id=id, is_=SegmentRelation.NOT_MEMBER)))
    return members(found, terms=terms, clock=clock, shape=shape)


def leaving(id: UUID, rule: NewRule, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Customer]:
    """Who is in the segment, and would not be."""
    known = replace(terms, segments={**terms.segments, _OTHER: SegmentTerms("", rule)})
    found = All((InSegment(id=id), InSegment(id=_OTHER, is_=SegmentRelation.NOT_MEMBER)))
    return members(found, terms=known, clock=clock, shape=shape)


async def text_diffs(
    fetch: Fetch, ids: list[UUID], id: UUID, rule: NewRule, locale: str | None = None, *, terms: Terms, spoken: str
) -> list[str]:
    """The canonical texts, one condition a line: lines of both, those that go after "-", those that come after "+"."""
    del fetch
    return [changes(terms.rules.get(id, Never()), rule, terms, locale or spoken) for _ in ids]


async def version_diffs(
    fetch: Fetch,
    ids: list[UUID],
    against: Annotated[int, Says(Words("version", "版本"), "The version of the segment to compare with.")],
    *,
    terms: Terms,
    clock: Clock,
    selected: frozenset[str],
) -> list[RuleDiff | None]:
    """What this version changed against another of the segment; null if there is no such version."""
    pairs = await _pairs(fetch, ids, against, terms)
    made: list[RuleDiff | None] = []
    for id_ in ids:
        counts = None
        if id_ in pairs and "counts" in selected:
            (row,) = await fetch(compared(*pairs[id_], terms=terms, clock=clock))
            counts = RuleDiffCounts(row["entered"], row["left"], row["unchanged"])
        made.append(RuleDiff(counts, *pairs[id_], terms) if id_ in pairs else None)
    return made


async def _pairs(fetch: Fetch, ids: Sequence[UUID], against: int, terms: Terms) -> dict[UUID, tuple[Rule, Rule]]:
    """The rule of the other version and of this one, by the id of this one."""
    this, other = SegmentVersion.__table__.alias("this"), SegmentVersion.__table__.alias("other")
    joined = this.join(other, and_(other.c.segment_id == this.c.segment_id, other.c.version == against))
    query = select(this.c.id, other.c.rule.label("old"), this.c.rule.label("new")).select_from(joined)
    rows = await fetch(query.where(this.c.id.in_(ids)))
    return {row["id"]: (stored_rule(row["old"], terms), stored_rule(row["new"], terms)) for row in rows}


def compared(old: Rule, new: Rule, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Any]:
    """One row: how many are in under the new rule only, under the old one only, and under both; in one pass."""
    moment, customer = Moment.of(clock), Customer.__table__.alias("member")
    before, after = normal(old, terms), normal(new, terms)
    either = Threshold(1, (before, after))
    plan = Plan(either, customer, moment, terms, also=_facts(either, terms), shape=shape)
    was, will = (func.coalesce(plan.holds(form), false(), type_=Boolean()) for form in (before, after))
    return (
        select(_count(will & ~was, "entered"), _count(was & ~will, "left"), _count(will & was, "unchanged"))
        .select_from(plan.joined)
        .where(*known_by(customer.c, moment), *plan.where)
    )


def _facts(form: Form, terms: Terms) -> list[Any]:
    """All that is asked: what one rule needs not is known for the other."""
    return [fact for leaf in literals(form) for fact in leaf.condition.facts(terms).values()]


def _count(those: ColumnElement[bool], name: str) -> ColumnElement[Any]:
    return cast(func.count().filter(those), Integer).label(name)
