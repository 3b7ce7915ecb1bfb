"""Rules that refer to other rules: resolved, never in a circle, never too deep or too large when written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import Path, RuleIssue, issue
from domain.rules.protocol import Reference
from domain.rules.terms import SegmentTerms, Terms
from domain.rules.tree import Never, Rule, conditions, parts

DEEPEST_REFERENCE, MOST_INLINED = 8, 500


def resolved(rule: Rule, terms: Terms) -> Rule:
    """A condition, what it names by id if it names anything."""
    settled = getattr(rule, "settled", None)
    return rule if settled is None else settled(terms)


def targets(rule: Rule, terms: Terms) -> tuple[UUID, ...]:
    """The segments that a rule refers to itself, each once."""
    found = (leaf.target(terms) for leaf in conditions(rule) if isinstance(leaf, Reference))
    return tuple(dict.fromkeys(id_ for id_ in found if id_ is not None))


def reference_issues(rule: Rule, terms: Terms, own: UUID | None) -> Iterator[RuleIssue]:
    """What is wrong with what a rule refers to.  With ``own``, also for those who refer to that segment."""
    rules: dict[UUID, Rule] = {**terms.rules, **({own: rule} if own else {})}
    measured = Measured(rules, terms)
    size = measured.written_out(rule, frozenset((own,)) if own else frozenset())
    if size is None:
        yield issue(
            _place_of(rule, terms, measured, own),
            "A segment cannot refer to itself, not by way of others either.",
            "分群不能直接或间接引用自身。",
            ProblemCode.CYCLE,
        )
        return
    users = [size, *(measured.of(id_) for id_ in rules if own and own in measured.reached(id_))]
    for used in users:
        if used is not None and (used[0] > MOST_INLINED or used[1] > DEEPEST_REFERENCE):
            yield issue(
                (),
                f"With the segments it refers to, a rule has at most {MOST_INLINED} nodes, and {DEEPEST_REFERENCE} "
                "levels of references.",
                f"连同所引用的分群，规则最多 {MOST_INLINED} 个节点、{DEEPEST_REFERENCE} 层引用。",
                ProblemCode.TOO_COMPLEX,
            )
            return
    if own and own in terms.segments:
        using = [leaf for id_ in rules if own in measured.reached(id_) for leaf in conditions(rules[id_])]
        saved = SegmentTerms(terms.segments[own].key, rule)
        changed = replace(terms, segments={**terms.segments, own: saved})
        if any(True for leaf in using if isinstance(leaf, Reference) for _ in leaf.issues(changed)):
            yield issue(
                (),
                "A segment asks who came into this one or left it: its rule cannot compare customers with one another.",
                "有分群查询何时进入或离开本分群：其规则不能在客户之间比较。",
            )


class Measured:
    """How large rules are when written out: nodes, and levels of references; null in a circle."""

    def __init__(self, rules: Mapping[UUID, Rule], terms: Terms) -> None:
        self.rules, self.terms = rules, terms
        self.known: dict[UUID, tuple[int, int] | None] = {}

    def of(self, id_: UUID, above: frozenset[UUID] = frozenset()) -> tuple[int, int] | None:
        """Nodes and levels of a segment's rule."""
        if id_ in above:
            return None
        if id_ not in self.known:
            self.known[id_] = self.written_out(self.rules.get(id_, Never()), above | {id_})
        return self.known[id_]

    def written_out(self, rule: Rule, above: frozenset[UUID]) -> tuple[int, int] | None:
        """The same of a rule below some segments."""
        if isinstance(rule, Reference):
            target = rule.target(self.terms)
            found = (0, 0) if target is None else self.of(target, above)
            return found and (found[0] + 1, found[1] + 1)
        nodes, levels = 1, 0
        for _, part in parts(rule):
            found = self.written_out(part, above)
            if found is None:
                return None
            nodes, levels = nodes + found[0], max(levels, found[1])
        return nodes, levels

    def reached(self, id_: UUID) -> set[UUID]:
        """All segments that one refers to, directly or not."""
        found: set[UUID] = set()
        waiting = [id_]
        while waiting:
            rule = self.rules.get(waiting.pop(), Never())
            new = set(targets(rule, self.terms)) - found
            found |= new
            waiting += new
        return found


def _place_of(rule: Rule, terms: Terms, measured: Measured, own: UUID | None) -> Path:
    """Where the reference stands that leads into a circle."""
    if isinstance(rule, Reference):
        return (rule.keyword,)
    for place, part in parts(rule):
        if measured.written_out(part, frozenset((own,)) if own else frozenset()) is None:
            return (*place, *_place_of(part, terms, measured, own))
    return ()
