"""Why customers are in segments or not: every condition is looked up in one statement, and what that means told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.refusal import ProblemCode
from domain.rules.analysis.nodes import RuleNode, all_nodes, drawn
from domain.rules.explaining.logic import (
    FALSE,
    TRUE,
    Known,
    Outcome,
    conditions,
    decisive,
    is_leaf,
    lacking,
    outcomes_of,
)
from domain.rules.explaining.looked import Looked, Looking, Wanted
from domain.rules.issues import issue, refused
from domain.rules.moment import Moment
from domain.rules.personal import forbid_personal
from domain.rules.terms import Terms
from domain.segments.evaluated import Evaluation, Gap, RuleEvaluation
from domain.segments.inspect import Fetch
from domain.segments.predicted import NOTHING, Ahead, PredictedFlip, ahead
from domain.time import Clock
from domain.words import Words

MOST_CUSTOMERS, MOST_SEGMENTS = 50, 20
_ASKED = Customer.__table__.alias("asked")
_IN, _OUT = Words("In the segment", "属于该分群"), Words("Not in the segment", "不属于该分群")
_SAID = {
    TRUE: Words("{label}", "{label}"),
    FALSE: Words("not so: {label}", "不成立：{label}"),
    Outcome.UNKNOWN: Words("not known: {label}", "无法判断：{label}"),
}
# What fields of the answer need.
_SEEN, _TIMES, _EVIDENCE = {"observed", "required", "gaps", "summary"}, {"gaps", "summary"}, {"evidence"}


@dataclass(frozen=True)
class MembershipExplanation:
    """Why a customer is in a segment now, or is not."""

    segment: UUID
    customer: UUID
    rule: RuleNode
    looked: Mapping[Any, Looked]
    known: Known
    evaluation: Evaluation
    ahead: Ahead = NOTHING

    @cached_property
    def said(self) -> Mapping[str, Outcome]:
        """What each part of the rule says, by its id."""
        return outcomes_of(self.rule, self.known)

    @property
    def next_flip(self) -> PredictedFlip | None:
        """When it changes by itself."""
        return self.ahead.next_flip

    @property
    def since(self) -> datetime | None:
        """Since when it is so."""
        return self.ahead.since

    @property
    def outcome(self) -> Outcome:
        """What the rule says."""
        return self.said[self.rule.id]

    @property
    def member(self) -> bool:
        """Whether the customer is a member."""
        return self.outcome is TRUE

    @cached_property
    def root(self) -> RuleEvaluation:
        """The whole rule."""
        return self._evaluated(self.rule)

    @property
    def nodes(self) -> list[RuleEvaluation]:
        """The whole rule and all its parts, as they are read."""
        return list(self.root.with_all_below())

    @cached_property
    def decisive(self) -> list[RuleEvaluation]:
        """The conditions that decide."""
        found = decisive(self.rule, self.known, self.said)
        return [self._evaluated(node) for node in all_nodes(self.rule) if is_leaf(node) and node.rule in found]

    @cached_property
    def gaps(self) -> list[Gap]:
        """What keeps the customer out, what is got first before all else."""
        made = []
        for node, goal in lacking(self.rule, self.said):
            changed = {**self.known, node.rule: TRUE if goal.upwards else FALSE}
            alone = outcomes_of(self.rule, changed)[self.rule.id] is TRUE
            made.append(Gap(self._evaluated(node), goal, alone))
        return sorted(made, key=lambda gap: gap.effort)

    def summary(self, locale: str = "en") -> str:
        """Sentences for people: what decides, and what alone would be enough."""
        colon, end = Words(": ", "：").of(locale), Words(".", "。").of(locale)
        told = Words("; ", "；").of(locale).join(self._told(part, locale) for part in self.decisive)
        said = f"{(_IN if self.member else _OUT).of(locale)}{colon if told else ''}{told}{end}"
        enough = next((gap for gap in self.gaps if gap.alone), None)
        if enough is None:
            return said
        needed = enough.hint(locale)
        return said + Words(" To get in: ", "若要进入：").of(locale) + needed[:1].lower() + needed[1:] + end

    def _told(self, part: RuleEvaluation, locale: str) -> str:
        said, observed = _SAID[part.outcome].of(locale).format(label=part.label(locale)), part.observed(locale)
        return said if observed is None else said + Words(" ({})", "（{}）").of(locale).format(observed)

    def _evaluated(self, node: RuleNode) -> RuleEvaluation:
        below = [self._evaluated(part) for part in node.children]
        looked = self.looked[node.rule] if is_leaf(node) else None
        return RuleEvaluation(node, self.said[node.id], below, looked, self.evaluation)


async def memberships(
    fetch: Fetch,
    customer_ids: Sequence[UUID],
    segment_ids: Sequence[UUID],
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    base_currency: str,
    selected: frozenset[str],
) -> list[MembershipExplanation | None]:
    """Of each customer for each segment; null where there is no such customer or segment in use.

    Refuses with ``FieldForbidden`` a rule that reads what the caller may not see.
    """
    rules = {id_: drawn(terms.rules[id_], terms, written_out=True) for id_ in segment_ids if id_ in terms.rules}
    if not sees_personal:
        _forbid(rules.values(), terms)
    look = looking(list(rules.values()), wanted(selected), terms=terms, clock=clock)
    rows = await fetch(lines_of(look, customer_ids, clock)) if rules else ()
    found = {}
    for row in rows:
        looked = look.read(row)
        found[row["id"]] = (looked, {condition: each.outcome for condition, each in looked.items()})
        await asyncio.sleep(0)
    when = Evaluation(clock.now, clock.zone, base_currency, look)
    asked = {id_: terms.rules[id_] for id_ in rules}
    coming = await ahead(fetch, asked, list(found), selected, terms=terms, clock=clock) if found else {}
    made = [
        MembershipExplanation(
            segment, customer, rules[segment], *found[customer], when, coming.get((customer, segment), NOTHING)
        )
        if segment in rules and customer in found
        else None
        for customer in customer_ids
        for segment in segment_ids
    ]
    await _worked_out(made, selected)
    return made


async def _worked_out(made: Sequence[MembershipExplanation | None], selected: frozenset[str]) -> None:
    """What takes a while, one by one, so that others are answered in between."""
    names = {"decisive", "gaps"} if "summary" in selected else selected & {"decisive", "gaps", "root"}
    for each in made:
        for name in names if each else ():
            getattr(each, name)
        await asyncio.sleep(0)


def looking(rules: Sequence[RuleNode], want: Wanted, *, terms: Terms, clock: Clock) -> Looking:
    """What is looked up for some rules, written out."""
    return Looking(conditions(rules), _ASKED, Moment.of(clock), terms, want)


def lines_of(look: Looking, ids: Sequence[UUID], clock: Clock) -> Any:
    """A line of each customer who is known by now."""
    these = _ASKED.c.id == any_(literal(list(ids), ARRAY(Uuid())))
    return look.statement().where(these, *known_by(_ASKED.c, Moment.of(clock)))


def wanted(selected: frozenset[str]) -> Wanted:
    """What the selected fields need; their names are joined by dots to those above."""
    names = {part for name in selected for part in name.split(".")}
    return Wanted(bool(names & _SEEN), bool(names & _TIMES), bool(names & _EVIDENCE))


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


def _forbid(rules: Iterable[RuleNode], terms: Terms) -> None:
    """Those of the segments referred to too: their conditions are shown."""
    for condition in conditions(list(rules)):
        forbid_personal(condition, terms)
