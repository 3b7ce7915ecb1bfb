"""Rules in words: of segments that are stored, and of texts and trees that are not saved yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from sqlalchemy import select

from domain.refusal import Refused
from domain.rules.analysis.nodes import RuleNode, all_nodes
from domain.rules.analysis.report import RuleAnalysis
from domain.rules.check import check
from domain.rules.codec import encode, read
from domain.rules.issues import issue, refused
from domain.rules.terms import Terms
from domain.rules.text.parser import parse
from domain.rules.text.printer import description_of, text_of
from domain.rules.tree import Never, Rule
from domain.segments.conditions.listed import OnList
from domain.segments.estimate import Accuracy
from domain.segments.inspect import Fetch, Inspected, inspected
from domain.segments.read import customer_count
from domain.segments.segment import Segment, SegmentKind
from domain.segments.version import SegmentVersion
from domain.time import Clock
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and how sure that is."""

    value: int
    exact: bool
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class ParsedRule:
    """A rule that can be used, in all its forms."""

    rule_input: Annotated[dict[str, Any], Says(Words("tree", "规则树"), "As RuleInput JSON: post it as it is.")]
    count: Annotated[
        Count | None,
        Says(Words("members now", "当前成员数"), "Null if it reads personal data that the caller may not see."),
    ]
    tree: Rule
    terms: Terms
    found: Inspected
    locale: str | None = None

    def text(self, locale: str = "en") -> str:
        """The canonical text."""
        return text_of(self.tree, self.terms, locale)

    @property
    def rule(self) -> RuleNode:
        """The rule as a tree of nodes."""
        return self.found.root

    @property
    def nodes(self) -> list[RuleNode]:
        """All nodes, as they are read."""
        return list(all_nodes(self.found.root))

    @property
    def analysis(self) -> RuleAnalysis:
        """What can be said of it."""
        return self.found.analysis

    def description(self, locale: str = "en") -> str:
        """A sentence for people."""
        return description_of(self.tree, self.terms, locale)


def checked(text: str | None, rule: Rule | None, terms: Terms) -> Rule:
    """The rule of a text or a tree.  Refuses with ``RuleInvalid``."""
    if text is not None and rule is None:
        return parse(text, terms)
    if rule is not None and text is None:
        return check(rule, terms)
    raise refused(issue((), "Give a text or a rule.", "请提供文本或规则（二选一）。"))


async def parsed(
    fetch: Fetch,
    rule: Rule,
    locale: str | None,
    accuracy: Accuracy,
    selected: frozenset[str],
    *,
    terms: Terms,
    clock: Clock,
) -> ParsedRule:
    """All forms of a checked rule; of what takes a look at the data what is ``selected``."""
    (found,) = await inspected(fetch, [rule], selected, accuracy, terms=terms, clock=clock)
    count = None
    if "count" in selected:
        whole = found.root.counts
        if whole is not None and whole.exact:
            count = Count(whole.matching, True, whole.matching, whole.matching)
        else:
            (row,) = await fetch(customer_count(rule, accuracy, terms=terms, clock=clock))
            count = Count(row["value"], row["exact"], row["low"], row["high"])
    return ParsedRule(encode(rule), count, rule, terms, found, locale)


async def segment_analyses(
    fetch: Fetch, ids: list[UUID], *, terms: Terms, clock: Clock, selected: frozenset[str]
) -> list[RuleAnalysis | None]:
    """What can be said of the rule; null when it can no longer be read."""
    below = frozenset(f"analysis.{name}" for name in selected)
    made = [found and found.analysis for found in await _inspected(fetch, ids, below, terms, clock)]
    for found in made if "warnings" in selected else ():
        if found is not None:
            _ = found.warnings  # one by one, so that others are answered in between
            await asyncio.sleep(0)
    return made


async def segment_nodes(
    fetch: Fetch, ids: list[UUID], *, terms: Terms, clock: Clock, selected: frozenset[str], sees_personal: bool
) -> list[list[RuleNode] | None]:
    """The parts of the rule, as they are read; null when it can no longer be read.

    Of a rule that reads personal data there are counts only for those who may see it.
    """
    below = frozenset(f"nodes.{name}" for name in selected)
    made = await _inspected(fetch, ids, below, terms, clock, sees_personal)
    return [None if found is None else list(all_nodes(found.root)) for found in made]


async def _inspected(
    fetch: Fetch, ids: list[UUID], selected: frozenset[str], terms: Terms, clock: Clock, sees_personal: bool = True
) -> list[Inspected | None]:
    rules = await _rules(fetch, ids, terms)
    readable = [rule for rule in rules if not isinstance(rule, Never)]
    found = await inspected(fetch, readable, selected, Accuracy.EXACT, terms=terms, clock=clock, personal=sees_personal)
    made = iter(found)
    return [None if isinstance(rule, Never) else next(made) for rule in rules]


async def segment_texts(
    fetch: Fetch, ids: list[UUID], locale: str | None = None, *, terms: Terms, spoken: str
) -> list[str | None]:
    """The rule as its canonical text in one of the languages; null when it can no longer be read."""
    return [said(text_of, rule, terms, locale or spoken) for rule in await _rules(fetch, ids, terms)]


async def segment_descriptions(
    fetch: Fetch, ids: list[UUID], locale: str | None = None, *, terms: Terms, spoken: str
) -> list[str | None]:
    """The rule as a sentence for people; null when it can no longer be read."""
    return [said(description_of, rule, terms, locale or spoken) for rule in await _rules(fetch, ids, terms)]


async def version_texts(
    fetch: Fetch, ids: list[UUID], locale: str | None = None, *, terms: Terms, spoken: str
) -> list[str | None]:
    """The rule as its canonical text in one of the languages; null when it can no longer be read."""
    rules = await version_rules(fetch, ids, terms)
    return [said(text_of, rules[id_], terms, locale or spoken) for id_ in ids]


async def version_descriptions(
    fetch: Fetch, ids: list[UUID], locale: str | None = None, *, terms: Terms, spoken: str
) -> list[str | None]:
    """The rule as a sentence for people; null when it can no longer be read."""
    rules = await version_rules(fetch, ids, terms)
    return [said(description_of, rules[id_], terms, locale or spoken) for id_ in ids]


async def version_rules(fetch: Fetch, ids: list[UUID], terms: Terms) -> dict[UUID, Rule]:
    """The rules of versions by their ids."""
    rows = await fetch(select(SegmentVersion.id, SegmentVersion.rule).where(SegmentVersion.id.in_(ids)))
    return {row["id"]: stored_rule(row["rule"], terms) for row in rows}


async def _rules(fetch: Fetch, ids: list[UUID], terms: Terms) -> list[Rule]:
    """The rules of segments; those of archived ones are not among the terms."""
    missing = [id_ for id_ in ids if id_ not in terms.rules]
    found = dict(terms.rules)
    if missing:
        for row in await fetch(select(Segment.id, Segment.rule, Segment.kind).where(Segment.id.in_(missing))):
            listed = row["kind"] != SegmentKind.DYNAMIC
            found[row["id"]] = OnList(row["id"]) if listed else stored_rule(row["rule"], terms)
    return [found.get(id_, Never()) for id_ in ids]


def stored_rule(stored: Any, terms: Terms) -> Rule:
    """A rule as it is stored; nobody when it can no longer be read."""
    try:
        return check(read(orjson.loads(stored) if isinstance(stored, str | bytes) else stored, terms.vocabulary), terms)
    except Refused:
        return Never()


def said(say: Callable[[Rule, Terms, str], str], rule: Rule, terms: Terms, locale: str) -> str | None:
    """A rule in words; null when it can no longer be read."""
    return None if isinstance(rule, Never) else say(rule, terms, locale)
