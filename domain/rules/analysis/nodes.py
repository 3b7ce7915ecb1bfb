"""The parts of a rule, to be drawn: each with an id that tells where it stands, as the places of issues do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from domain.rules.analysis.shown import Shown, shown
from domain.rules.protocol import Reference
from domain.rules.terms import Terms
from domain.rules.text.printer import description_of, text_of, window_of
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule, parts
from domain.words import Says, Words

Path = tuple[str, ...]
ROOT = "rule"
_KINDS: dict[type[Any], str] = {All: "all", AnyOf: "any", NoneOf: "none", Not: "not", AtLeast: "atLeast"}
_LABELS: dict[type[Any], Words] = {
    All: Words("All of these hold", "以下全部成立"),
    AnyOf: Words("One of these holds", "以下任一成立"),
    NoneOf: Words("None of these holds", "以下均不成立"),
    Not: Words("This does not hold", "以下不成立"),
}


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """Of how many customers a part of a rule is true, false, and neither."""

    matching: Annotated[int, Says(Words("true", "符合"), "Of whom it holds.")]
    unknown: Annotated[int, Says(Words("unknown", "未知"), "Whose data it needs is missing.")]
    others: Annotated[int, Says(Words("false", "不符合"), "Of whom it does not hold.")]
    exact: Annotated[bool, Says(Words("whether all were counted", "是否精确"), "False: estimated by a sample.")]


_UNCOUNTED: Mapping[str, NodeCounts] = {}


@dataclass(frozen=True, slots=True)
class RuleNode:
    """A part of a rule: a connective over others, or a condition."""

    id: Annotated[str, Says(Words("place", "位置"), "Its place in RuleInput, joined by dots; issues begin with it.")]
    parent_id: Annotated[str | None, Says(Words("node above", "上级节点"), "Null of the whole.")]
    kind: Annotated[str, Says(Words("kind", "种类"), "The member of RuleInput: all, any, attribute, orders …")]
    depth: Annotated[int, Says(Words("levels above it", "层级"), "0 of the whole.")]
    rule: Rule
    terms: Terms
    children: Annotated[list[RuleNode], Says(Words("nodes right below", "下级节点"))] = field(default_factory=list)
    counts: Annotated[
        NodeCounts | None,
        Says(Words("customers", "客户数"), "Null if the rule reads personal data that the caller may not see."),
    ] = None

    @property
    def field(self) -> str | None:
        """What is tested."""
        return self._shown.field

    @property
    def aggregate(self) -> str | None:
        """How events are aggregated."""
        return self._shown.aggregate

    @property
    def operator(self) -> str | None:
        """How it is tested."""
        return self._shown.operator

    @property
    def values(self) -> list[str]:
        """What it is compared with."""
        return list(self._shown.values)

    @property
    def segment_id(self) -> UUID | None:
        """The segment that is referred to."""
        return self.rule.target(self.terms) if isinstance(self.rule, Reference) else None

    def label(self, locale: str = "en") -> str:
        """For people: of a connective how its parts are joined, of a condition the sentence."""
        if isinstance(self.rule, AtLeast):
            k = self.rule.k
            return Words(f"At least {k} of these hold", f"以下至少 {k} 项成立").of(locale)
        said = _LABELS.get(type(self.rule))
        return said.of(locale) if said else description_of(self.rule, self.terms, locale)

    def text(self, locale: str = "en") -> str:
        """The canonical text of it alone."""
        return text_of(self.rule, self.terms, locale)

    def window(self, locale: str = "en") -> str | None:
        """Which events count, as texts say it."""
        window = getattr(self.rule, "window", None)
        return None if window is None else window_of(window, self.terms, locale) or None

    @property
    def _shown(self) -> Shown:
        return shown(self.rule)


def drawn(
    rule: Rule, terms: Terms, counts: Mapping[str, NodeCounts] = _UNCOUNTED, *, written_out: bool = False
) -> RuleNode:
    """The whole rule as nodes; ``counts`` are theirs by id.  ``written_out``: below references of now their rules."""
    return _drawn(rule, terms, counts, (), None, written_out)


def all_nodes(node: RuleNode) -> Iterator[RuleNode]:
    """A node and all below it, as they are read."""
    yield node
    for below in node.children:
        yield from all_nodes(below)


def id_of(path: Path) -> str:
    """The id of the node at a place."""
    return ".".join(path) or ROOT


def _drawn(
    rule: Rule,
    terms: Terms,
    counts: Mapping[str, NodeCounts],
    path: Path,
    above: RuleNode | None,
    written_out: bool,
) -> RuleNode:
    kind = _KINDS.get(type(rule)) or str(getattr(rule, "keyword", "never"))
    id_, depth = id_of(path), above.depth + 1 if above else 0
    made = RuleNode(id_, above.id if above else None, kind, depth, rule, terms, counts=counts.get(id_))
    below = parts(rule)
    if written_out and isinstance(rule, Reference) and not rule.past:
        target = rule.target(terms)
        below = (((rule.keyword,), terms.rules.get(target, Never()) if target else Never()),)
    made.children.extend(_drawn(part, terms, counts, (*path, *place), made, written_out) for place, part in below)
    return made
