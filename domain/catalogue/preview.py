"""What a template would find of the merchant's own customers, before it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import orjson
from sqlalchemy import Integer, exists, func, literal_column, select

from domain.catalogue.made import as_if_installed
from domain.catalogue.missing import asked_for
from domain.catalogue.template import SegmentTemplate, Values
from domain.rules.grouped import Shape
from domain.rules.personal import personal_fields
from domain.rules.terms import Terms
from domain.rules.text.printer import description_of, text_of
from domain.rules.tree import Rule
from domain.segments.estimate import Accuracy
from domain.segments.inspect import Fetch
from domain.segments.members import member_ids
from domain.segments.read import customer_count
from domain.segments.texts import Count
from domain.time import Clock
from domain.words import Says, Words

_ONE = literal_column("1", Integer())


class TemplateWarningCode(StrEnum):
    """Why a template may find nobody."""

    NO_DATA = "NO_DATA"


@dataclass(frozen=True, slots=True)
class TemplateWarning:
    """The merchant has nothing yet of what a template asks for."""

    code: Annotated[TemplateWarningCode, Says(Words("why", "原因"))]
    words: Words

    def message(self, locale: str = "en") -> str:
        """The sentence for people."""
        return self.words.of(locale)


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """A template with values, as it would be now."""

    count: Annotated[
        Count | None,
        Says(Words("members now", "当前成员数"), "Null if it reads personal data that the caller may not see."),
    ]
    warnings: Annotated[tuple[TemplateWarning, ...], Says(Words("what is missing", "缺少的数据"))]
    rule: Rule
    terms: Terms
    names: Words

    def name(self, locale: str = "en") -> str:
        """What its segment will be called."""
        return self.names.of(locale)

    def text(self, locale: str = "en") -> str:
        """The rule as its canonical text."""
        return text_of(self.rule, self.terms, locale)

    def description(self, locale: str = "en") -> str:
        """The rule as a sentence for people."""
        return description_of(self.rule, self.terms, locale)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and what is wanted of each preview."""

    clock: Clock
    sees_personal: bool
    wanted: frozenset[str]
    accuracy: Accuracy


async def previews(
    fetch: Fetch, chosen: Sequence[tuple[SegmentTemplate, Values]], terms: Terms, asking: Asking
) -> list[TemplatePreview]:
    """One for each, all asked in one statement."""
    made = [as_if_installed(template, values, terms) for template, values in chosen]
    seen = [pair for pair in made if asking.sees_personal or not personal_fields(*pair)]
    columns: dict[Any, Any] = {}
    if "count" in asking.wanted:
        columns |= {("count", rule): _count(rule, known, asking) for rule, known in seen}
    if "warnings" in asking.wanted:
        probes = {probe: known for rule, known in seen for probe in _probes(rule, known)}
        columns |= {probe: _anybody(probe, known, asking) for probe, known in probes.items()}
    found: dict[Any, Any] = {}
    if columns:
        (row,) = await fetch(select(*(column.label(f"c{n}") for n, column in enumerate(columns.values()))))
        found = dict(zip(columns, row.values(), strict=True))
    return [
        TemplatePreview(
            Count(**orjson.loads(counted)) if (counted := found.get(("count", rule))) else None,
            tuple(_warning(probe, known) for probe in _probes(rule, known) if found.get(probe) is False),
            rule,
            known,
            template.named(values),
        )
        for (template, values), (rule, known) in zip(chosen, made, strict=True)
    ]


def _probes(rule: Rule, terms: Terms) -> tuple[Rule, ...]:
    return tuple(dict.fromkeys(asked_for(rule, terms)))


def _count(rule: Rule, terms: Terms, asking: Asking) -> Any:
    counted = customer_count(rule, asking.accuracy, terms=terms, clock=asking.clock, shape=Shape.ALL).subquery()
    return select(func.row_to_json(counted.table_valued())).scalar_subquery()


def _anybody(rule: Rule, terms: Terms, asking: Asking) -> Any:
    return exists(member_ids(rule, terms=terms, clock=asking.clock))


def _warning(probe: Rule, terms: Terms) -> TemplateWarning:
    en, zh = (description_of(probe, terms, locale) for locale in ("en", "zh"))
    return TemplateWarning(
        TemplateWarningCode.NO_DATA, Words(f"There is nobody yet of whom this is known: {en}.", f"尚无此类数据：{zh}。")
    )
