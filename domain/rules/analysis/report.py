"""The analysis of a rule: how large it is, what it reads and costs, and warnings with their reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from domain.rules.analysis.faults import Fault, RuleWarningKind, faults
from domain.rules.analysis.nodes import RuleNode, all_nodes, drawn, id_of
from domain.rules.analysis.search import leaves_of, target_of
from domain.rules.facts import Aggregate, Asked, Composed, Fact, Own
from domain.rules.metrics import MetricKey, metric_of, whole_days
from domain.rules.personal import personal_fields
from domain.rules.protocol import Reference
from domain.rules.shape import camel
from domain.rules.terms import Terms
from domain.rules.text.printer import text_of
from domain.rules.tree import Connective, Never, Rule
from domain.rules.window import Period
from domain.time import Duration
from domain.words import Says, Words

LOW_COVERAGE = Decimal("0.5")  # of the customers; of fewer the rule is decided
_LONGEST = 80
_MESSAGES: Mapping[RuleWarningKind, Words] = {
    RuleWarningKind.NEVER_TRUE: Words("This can hold of nobody.", "任何客户都不可能符合此条件。"),
    RuleWarningKind.ALWAYS_TRUE: Words("This holds of every customer.", "所有客户都符合此条件。"),
    RuleWarningKind.CONTRADICTS: Words(
        "This and “{other}” cannot hold of the same customer.", "此条件与“{other}”不可能同时符合。"
    ),
    RuleWarningKind.REDUNDANT: Words("“{other}” says this already.", "“{other}”已包含此条件。"),
    RuleWarningKind.SHADOWED: Words(
        "Whoever this holds of, “{other}” holds of already.", "符合此条件的客户均已符合“{other}”。"
    ),
    RuleWarningKind.USES_SENSITIVE_DATA: Words("This reads personal data: {other}.", "此条件读取个人信息：{other}。"),
    RuleWarningKind.LOW_COVERAGE: Words(
        "Of {other} % of the customers this is neither true nor false: the data it needs is missing.",
        "{other}% 的客户因缺少所需数据而无法判断。",
    ),
    RuleWarningKind.WINDOW_BEFORE_FIRST_DATA: Words(
        "This window ends before the first of the {other} that there are.", "此时间窗早于最早的数据：{other}。"
    ),
}
_OF_SEVERAL = {
    RuleWarningKind.REDUNDANT: Words("The conditions beside it say this already.", "其余条件合起来已包含此条件。"),
    RuleWarningKind.SHADOWED: Words(
        "Whoever this holds of, one of the others holds of already.", "符合此条件的客户均已符合其余条件之一。"
    ),
}


@dataclass(frozen=True, slots=True)
class RuleWarning:
    """Something that may be wrong with a rule that can be used."""

    node_id: Annotated[str, Says(Words("node", "节点"), "Where.")]
    kind: Annotated[RuleWarningKind, Says(Words("kind", "种类"))]
    other_id: Annotated[str | None, Says(Words("the other node", "另一节点"), "Beside which it is so; null if none.")]
    said: Words

    def message(self, locale: str = "en") -> str:
        """The sentence for people."""
        return self.said.of(locale)


@dataclass(frozen=True)
class RuleAnalysis:
    """What can be said of a rule.  All but ``coverage``, and its warning, without asking any data."""

    rule: Rule
    terms: Terms
    coverage: Annotated[
        Decimal | None,
        Says(
            Words("share of customers of whom it is true or false", "可判断的客户占比"),
            "0 to 1; null without customers, and if the caller may not see what the rule reads.",
        ),
    ] = None

    early: Mapping[str, str] = field(default_factory=dict)  # node → the source whose first event its window precedes

    @cached_property
    def root(self) -> RuleNode:
        """The rule as nodes."""
        return drawn(self.rule, self.terms)

    @property
    def nodes(self) -> int:
        """How many connectives and conditions."""
        return sum(1 for _ in all_nodes(self.root))

    @property
    def depth(self) -> int:
        """How many levels."""
        return 1 + max(node.depth for node in all_nodes(self.root))

    @property
    def estimated_cost(self) -> int:
        """Of what is computed once for each customer, whatever it is needed for."""
        return 1 + round(sum(_cost(fact) for fact in self._facts))

    @property
    def uses_time(self) -> bool:
        """Whether somebody may come or go by the passing of time alone."""
        return any(_timely(condition, self.terms) for condition in self._leaves)

    @property
    def uses_population(self) -> bool:
        """Whether somebody may come or go because of other customers."""
        return any(getattr(condition, "compares", False) for condition in self._leaves)

    @cached_property
    def fields(self) -> list[str]:
        """What it reads, with the segments it refers to: fields of customers, and of events behind their source."""
        return sorted({name for fact in self._facts for name in _read(fact)})

    @cached_property
    def warnings(self) -> list[RuleWarning]:
        """What may be wrong, as the rule is read."""
        found = [_warning(fault, self.root, self.terms) for fault in faults(self.rule, self.terms)]
        found += _sensitive(self.root, self.terms)
        if self.coverage is not None and self.coverage < LOW_COVERAGE:
            missing = f"{100 * (1 - self.coverage):.0f}"
            found.append(_said(RuleWarningKind.LOW_COVERAGE, self.root.id, Words(missing, missing)))
        early = RuleWarningKind.WINDOW_BEFORE_FIRST_DATA
        found += (_said(early, node_id, Words(source, source)) for node_id, source in self.early.items())
        order = {node.id: n for n, node in enumerate(all_nodes(self.root))}
        return sorted(found, key=lambda warning: order[warning.node_id])

    @cached_property
    def _leaves(self) -> list[Any]:
        """All conditions, also of the segments that are referred to and of populations."""
        made: list[Any] = []
        waiting = list(leaves_of(self.rule, self.terms))
        while waiting:
            leaf = waiting.pop()
            made.append(leaf)
            inside = target_of(leaf, self.terms) if isinstance(leaf, Reference) else getattr(leaf, "population", None)
            waiting += leaves_of(inside, self.terms) if inside is not None else ()
        return made

    @cached_property
    def _facts(self) -> dict[Fact, None]:
        conditions = (leaf for leaf in self._leaves if not isinstance(leaf, Reference))
        facts = (fact for leaf in conditions for fact in leaf.facts(self.terms).values())
        return dict.fromkeys(part for fact in facts for part in _parts(fact))


def aggregates_of(node: RuleNode) -> Iterator[Aggregate]:
    """What the condition of a node asks of events, not the segments or populations it refers to."""
    if not isinstance(node.rule, Connective | Reference | Never):
        for fact in node.rule.facts(node.terms).values():
            yield from (part for part in _parts(fact) if isinstance(part, Aggregate))


def _parts(fact: Fact) -> Iterator[Fact]:
    if isinstance(fact, Composed):
        for _, part in fact.parts:
            yield from _parts(part)
    else:
        yield fact


def _cost(fact: Fact) -> float:
    return 0.0 if isinstance(fact, Own) else fact.cost


def _read(fact: Fact) -> Iterator[str]:
    if isinstance(fact, Own) and fact.called:
        yield fact.called
    if isinstance(fact, Aggregate):
        columns = (getattr(match, "column", None) for match in fact.where)
        yield fact.source.name
        yield from (f"{fact.source.name}.{camel(name)}" for name in (fact.field, *columns) if name)
    if isinstance(fact, Asked):
        yield from fact.reads


def _timely(value: Any, terms: Terms) -> bool:
    """Whether a condition, or a value in it, is about how long ago something is."""
    if isinstance(value, Duration | Period) or getattr(value, "timely", False):
        return True
    if isinstance(value, MetricKey):
        return metric_of(value, terms).value is whole_days
    if isinstance(value, tuple):
        return any(_timely(each, terms) for each in value)
    if isinstance(value, Connective | Reference | Never) or not is_dataclass(value):
        return False
    return any(_timely(getattr(value, each.name), terms) for each in fields(value))


def _sensitive(root: RuleNode, terms: Terms) -> Iterator[RuleWarning]:
    for node in all_nodes(root):
        if not isinstance(node.rule, Connective) and not node.children:
            names = ", ".join(sorted(personal_fields(node.rule, terms)))
            if names:
                yield _said(RuleWarningKind.USES_SENSITIVE_DATA, node.id, Words(names, names))


def _warning(fault: Fault, root: RuleNode, terms: Terms) -> RuleWarning:
    if fault.other is None:
        words = _OF_SEVERAL.get(fault.kind, _MESSAGES[fault.kind])
        return RuleWarning(id_of(fault.path), fault.kind, None, words)
    other = next(node for node in all_nodes(root) if node.id == id_of(fault.other or ()))
    en, zh = (_short(text_of(other.rule, terms, locale)) for locale in ("en", "zh"))
    return _said(fault.kind, id_of(fault.path), Words(en, zh), other.id)


def _said(kind: RuleWarningKind, node_id: str, of: Words, other_id: str | None = None) -> RuleWarning:
    en, zh = (_MESSAGES[kind][n].replace("{other}", of[n]) for n in (0, 1))
    return RuleWarning(node_id, kind, other_id, Words(en, zh))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
