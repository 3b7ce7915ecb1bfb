"""Rules looked at: drawn, analysed, and as far as that is asked for counted, all of them in one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from domain.refusal import ProblemCode
from domain.rules.analysis.nodes import NodeCounts, RuleNode, all_nodes, drawn
from domain.rules.analysis.report import RuleAnalysis, aggregates_of
from domain.rules.check import MOST_NODES
from domain.rules.facts import Aggregate
from domain.rules.issues import issue, refused
from domain.rules.moment import ClockZone, Moment
from domain.rules.personal import personal_fields
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.rules.window import end
from domain.segments.estimate import Accuracy
from domain.segments.parts import counted
from domain.time import Clock

Fetch = Callable[[Any], Awaitable[Sequence[Any]]]
_SHARE = Decimal("0.0001")


class Inspected(NamedTuple):
    """A rule as nodes, and what can be said of it."""

    root: RuleNode
    analysis: RuleAnalysis


async def inspected(
    fetch: Fetch,
    rules: Sequence[Rule],
    selected: frozenset[str],
    accuracy: Accuracy,
    *,
    terms: Terms,
    clock: Clock,
    personal: bool = True,
) -> list[Inspected]:
    """Each rule; counts of nodes and coverage where ``selected`` names them.

    ``personal``: whether the caller may be told how many customers have a value of a personal field.
    """
    trees = [drawn(rule, terms) for rule in rules]
    each = any(name.rpartition(".")[2] == "counts" for name in selected)
    whole = "analysis.coverage" in selected
    told = [tree for tree in trees if each or whole if personal or not personal_fields(tree.rule, terms)]
    asked = [node for tree in told for node in (all_nodes(tree) if each else (tree,))]
    if not asked:
        return [Inspected(tree, RuleAnalysis(tree.rule, terms)) for tree in trees]
    if len(asked) > MOST_NODES:
        en, zh = f"At most {MOST_NODES} nodes are counted at once.", f"一次最多统计 {MOST_NODES} 个节点。"
        raise refused(issue((), en, zh, ProblemCode.TOO_COMPLEX))
    windows = _windows(told, clock) if whole else {}
    rules = [node.rule for node in asked]
    (row,) = await fetch(counted(rules, accuracy, list(windows), terms=terms, clock=clock))
    found = {id(node): _counts(row, n) for n, node in enumerate(asked)}
    early = {id(node): window.source.name for n, (window, nodes) in enumerate(windows.items()) for node in nodes
             if row["early"][n]}  # fmt: skip
    return [_with_counts(tree, found, early, each) for tree in trees]


def _windows(trees: Sequence[RuleNode], clock: Clock) -> dict[Aggregate, list[RuleNode]]:
    """Windows that end before now, the same for all customers; and the nodes that ask of them."""
    made: dict[Aggregate, list[RuleNode]] = {}
    moment = Moment.of(clock)
    for node in (node for tree in trees for node in all_nodes(tree)):
        for asked in aggregates_of(node):
            if asked.clock is not ClockZone.CUSTOMER and end(asked.window, moment) is not None:
                window = Aggregate(asked.source, "exists", None, (), asked.window, asked.clock)
                made.setdefault(window, []).append(node)
    return made


def _with_counts(tree: RuleNode, found: dict[int, NodeCounts], early: dict[int, str], each: bool) -> Inspected:
    counts = {node.id: found[id(node)] for node in all_nodes(tree) if id(node) in found}
    share = _coverage(counts[tree.id]) if tree.id in counts else None
    before = {node.id: early[id(node)] for node in all_nodes(tree) if id(node) in early}
    return Inspected(
        drawn(tree.rule, tree.terms, counts) if each else tree,
        RuleAnalysis(tree.rule, tree.terms, share, before),
    )


def _counts(row: Any, n: int) -> NodeCounts:
    trues, falses, everybody = row["trues"][n], row["falses"][n], row["everybody"]
    return NodeCounts(trues, max(everybody - trues - falses, 0), falses, row["exact"])


def _coverage(whole: NodeCounts) -> Decimal | None:
    everybody = whole.matching + whole.unknown + whole.others
    return (Decimal(whole.matching + whole.others) / everybody).quantize(_SHARE) if everybody else None
