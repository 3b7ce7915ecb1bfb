"""What the product brings along, as a merchant sees it: templates, what can be chosen, what is installed already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from domain.catalogue.installed import InstalledTemplate, installed
from domain.catalogue.made import BY_KEY, RFM_BY_KEY, template_id
from domain.catalogue.parameter import Parameter, ParameterType, chosen, plain
from domain.catalogue.preview import Asking, TemplatePreview, previews
from domain.catalogue.rfm import RfmTemplate
from domain.catalogue.template import SegmentTemplate, Values
from domain.orders.rfm.config import RfmConfig
from domain.refusal import Problem, Refused
from domain.rules.terms import Terms
from domain.segments.estimate import Accuracy
from domain.segments.inspect import Fetch
from domain.segments.read import HowSure
from domain.segments.segment import Segment
from domain.time import Clock
from domain.words import Says, Words


class TemplateKind(StrEnum):
    """What a template makes."""

    SEGMENT = "SEGMENT"
    RFM_CONFIG = "RFM_CONFIG"


SEGMENTS: Mapping[UUID, SegmentTemplate] = {template_id(key): each for key, each in BY_KEY.items()}
RFM: Mapping[UUID, RfmTemplate] = {template_id(f"rfm {key}"): each for key, each in RFM_BY_KEY.items()}
BY_ID: Mapping[UUID, SegmentTemplate | RfmTemplate] = {**SEGMENTS, **RFM}
_LISTED = func.unnest(
    literal(list(BY_ID), ARRAY(Uuid())),
    *(
        literal(values, ARRAY(Text()))
        for values in (
            [each.key for each in BY_ID.values()],
            [(TemplateKind.RFM_CONFIG if id_ in RFM else TemplateKind.SEGMENT).value for id_ in BY_ID],
            [each.source for each in BY_ID.values()],
            [each.passage for each in BY_ID.values()],
        )
    ),
)
_TEMPLATES = _LISTED.table_valued(
    column("id", Uuid()),
    *(column(name, Text()) for name in ("key", "kind", "source", "passage")),
    with_ordinality="position",
    name="template",
).render_derived()


@dataclass(frozen=True)
class Template:
    """Something that the product brings along, to be installed with values of one's own."""

    key: Annotated[str, Says(Words("key", "键"))]
    kind: Annotated[TemplateKind, Says(Words("what it makes", "种类"))]
    source: Annotated[str, Says(Words("number of the article it is from", "来源文章编号"))]
    passage: Annotated[str, Says(Words("where in the article", "原文出处"), "In its language, Chinese.")]


@dataclass(frozen=True, slots=True)
class TemplateParameter:
    """What can be chosen of a template."""

    key: Annotated[str, Says(Words("key", "键"))]
    type: Annotated[ParameterType, Says(Words("type", "类型"))]
    default: Annotated[Any, Says(Words("default", "默认值"), "As JSON; null when it must be given.")]
    minimum: Annotated[str | None, Says(Words("least", "最小值"), "Of a number.")]
    maximum: Annotated[str | None, Says(Words("most", "最大值"), "Of a number.")]
    unit: Annotated[str, Says(Words("unit", "单位"), "days, hours, money, % or empty.")]
    from_source: Annotated[
        bool, Says(Words("whether the article gives the default", "默认值是否出自原文"), "Otherwise it is ours.")
    ]
    words: Words

    def label(self, locale: str = "en") -> str:
        """What people call it."""
        return self.words.of(locale)


def templates(
    kind: TemplateKind | None = None,
    source: Annotated[str | None, Says(Words("article", "文章"), "Only those of one, by its number: 003.")] = None,
) -> Select[Template]:
    """What can be installed."""
    query = _all()
    if kind is not None:
        query = query.where(_TEMPLATES.c.kind == literal_column(f"'{kind.value}'", Text()))
    return query if source is None else query.where(_TEMPLATES.c.source == source)


def template(key: Annotated[str, Says(Words("key", "键"))]) -> Select[Template]:
    """The template of a key, or null."""
    return _all().where(_TEMPLATES.c.key == key)


def template_of(segment: type[Segment]) -> Select[Template]:
    """The template it was installed from; null of one of the merchant's own."""
    made = InstalledTemplate
    return _all().join(made, made.template == _TEMPLATES.c.key).where(made.segment_id == segment.id)


def params_of(segment: type[Segment]) -> ColumnElement[dict[str, Any]]:
    """The values it was installed with; null of one of the merchant's own."""
    made = InstalledTemplate
    return select(made.params).where(made.segment_id == segment.id).scalar_subquery()


def segments_of(template: type[Template]) -> Select[Segment]:
    """The segments that were made from it and are in use, the first one first."""
    row: Any = template
    return installed(row.key)


def is_installed(template: type[Template]) -> ColumnElement[bool]:
    """Whether something was made from it that is in use."""
    row: Any = template
    scored = exists(select(RfmConfig).where(RfmConfig.template == row.key))
    return or_(exists(installed(row.key).order_by(None)), scored)


async def names_of(fetch: Fetch, ids: list[UUID], locale: str | None = None, *, spoken: str) -> list[str]:
    """What it is called, with its defaults."""
    del fetch
    return [BY_ID[id_].named(BY_ID[id_].defaults).of(locale or spoken) for id_ in ids]


async def descriptions_of(fetch: Fetch, ids: list[UUID], locale: str | None = None, *, spoken: str) -> list[str]:
    """What it is for, with its defaults."""
    del fetch
    return [BY_ID[id_].described(BY_ID[id_].defaults).of(locale or spoken) for id_ in ids]


async def parameters_of(fetch: Fetch, ids: list[UUID]) -> list[list[TemplateParameter]]:
    """What can be chosen of it."""
    del fetch
    return [[_shown(each) for each in BY_ID[id_].parameters] for id_ in ids]


async def previews_of(
    fetch: Fetch,
    ids: list[UUID],
    params: Annotated[dict[str, Any] | None, Says(Words("values", "参数值"), "By key; defaults when left out.")] = None,
    accuracy: HowSure = Accuracy.EXACT,
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    selected: frozenset[str],
) -> list[TemplatePreview | Problem | None]:
    """What it would find now; or what is wrong with the values, which may be that some must be given.

    Null of what makes no segment.
    """
    usable: dict[UUID, tuple[SegmentTemplate, Values]] = {}
    found: dict[UUID, TemplatePreview | Problem] = {}
    for id_ in (id_ for id_ in ids if id_ in SEGMENTS):
        try:
            usable[id_] = SEGMENTS[id_], chosen(SEGMENTS[id_].parameters, params)
        except Refused as refused:
            found[id_] = refused.problem
    made = await previews(fetch, list(usable.values()), terms, Asking(clock, sees_personal, selected, accuracy))
    found |= zip(usable, made, strict=True)
    return [found.get(id_) for id_ in ids]


def _all() -> Select[Any]:
    return select(_TEMPLATES).order_by(_TEMPLATES.c.position)


def _shown(of: Parameter) -> TemplateParameter:
    default = None if of.default is None else plain({"of": of.default})["of"]
    low, high = (None, None) if of.type is ParameterType.TEXTS else (f"{of.least:f}", f"{of.most:f}")
    return TemplateParameter(of.key, of.type, default, low, high, of.unit, of.from_source, of.label)
