"""Rules looked at: drawn, analysed, and as far as that is asked for counted, all of them in one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from domain.refusal import ProblemCode
from domain.rules.analysis.nodes import NodeCounts, RuleNode, all_nodes, drawn
from domain.rules.analysis.report import RuleAnalysis
from domain.rules.check import MOST_NODES
from domain.rules.issues import issue, refused
from domain.rules.personal import personal_fields
from domain.rules.terms import Terms
from domain.rules.tree import Rule
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
    (row,) = await fetch(counted([node.rule for node in asked], accuracy, terms=terms, clock=clock))
    found = {id(node): _counts(row, n) for n, node in enumerate(asked)}
    return [_with_counts(tree, found, terms, each) for tree in trees]


def _with_counts(tree: RuleNode, found: dict[int, NodeCounts], terms: Terms, each: bool) -> Inspected:
    counts = {node.id: found[id(node)] for node in all_nodes(tree) if id(node) in found}
    share = _coverage(counts[tree.id]) if tree.id in counts else None
    return Inspected(
        drawn(tree.rule, terms, counts) if each else tree,
        RuleAnalysis(tree.rule, terms, share),
    )


def _counts(row: Any, n: int) -> NodeCounts:
    trues, falses, everybody = row["trues"][n], row["falses"][n], row["everybody"]
    return NodeCounts(trues, max(everybody - trues - falses, 0), falses, row["exact"])


def _coverage(whole: NodeCounts) -> Decimal | None:
    everybody = whole.matching + whole.unknown + whole.others
    return (Decimal(whole.matching + whole.others) / everybody).quantize(_SHARE) if everybody else None
