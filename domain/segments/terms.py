"""Reading what rules refer to by name: one statement for all of it, and its answer as terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, ColumnElement, Select, Text, and_, func, literal, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from domain.customers.attribute import AttributeDefinition
from domain.dictionary import Dictionary
from domain.orders.rfm.config import RfmConfig
from domain.refusal import Refused
from domain.rules.check import check
from domain.rules.codec import Vocabulary, read, read_as
from domain.rules.references import DEEPEST_REFERENCE, MOST_INLINED, Measured
from domain.rules.scoring import Scoring
from domain.rules.terms import AttributeTerms, RfmTerms, SegmentTerms, Terms
from domain.rules.tree import Never, Rule
from domain.segments.conditions.listed import OnList
from domain.segments.segment import Segment, SegmentKind, SegmentStatus
from domain.words import Words

DYNAMIC = SegmentKind.DYNAMIC.value
_REFERENCE: ColumnElement[Any] = literal_column("CAST('$.**.segment ? (@.id == $id)' AS jsonpath)")


def _active(segment: Any) -> ColumnElement[bool]:
    return type_coerce(segment.status, Text()) == literal_column(f"'{SegmentStatus.ACTIVE}'", Text())


def terms_statement() -> Select[Any]:
    """One row with one JSON value: version, attributes, ways to score, and the segments that are not archived."""
    attribute = AttributeDefinition
    attributes = select(
        func.json_agg(
            func.json_build_array(
                attribute.key,
                attribute.type,
                attribute.options,
                attribute.pii,
                attribute.label_en,
                attribute.label_zh,
            ),
        )
    ).select_from(attribute)
    segment = func.json_build_array(Segment.id, Segment.key, Segment.rule, Segment.kind)
    rfm = func.json_build_array(RfmConfig.id, RfmConfig.key, RfmConfig.scoring)
    segments = select(func.json_agg(segment)).where(_active(Segment))
    return select(
        type_coerce(
            func.json_build_object(
                literal_column("'version'"),
                select(Dictionary.version).scalar_subquery(),
                literal_column("'attributes'"),
                attributes.scalar_subquery(),
                literal_column("'segments'"),
                segments.scalar_subquery(),
                literal_column("'rfm'"),
                select(func.json_agg(rfm)).scalar_subquery(),
            ),
            JSON(),
        ).label("terms")
    )


def referring(id: UUID) -> Select[str]:
    """Keys of the other segments that are not archived and refer to one themselves, in order."""
    wanted = literal({"id": f"seg_{id.hex}"}, JSONB())
    return select(Segment.key).where(refers(Segment, wanted), Segment.id != id).order_by(Segment.key)


def refers(segment: Any, wanted: Any) -> ColumnElement[bool]:
    """Whether a segment is in use and its rule names the one whose typed id is ``id`` of the JSON ``wanted``."""
    return and_(_active(segment), func.jsonb_path_exists(segment.rule, _REFERENCE, wanted))


def terms_of(row: Any, vocabulary: Vocabulary) -> Terms:
    """The terms of that JSON, as text or read already.  A stored rule that cannot be used any more is ``Never``."""
    given: Mapping[str, Any] = orjson.loads(row) if isinstance(row, str | bytes) else row
    attributes = {
        key: AttributeTerms(type_, tuple(options), pii, Words(en or zh, zh or en))
        for key, type_, options, pii, en, zh in given["attributes"] or ()
    }
    segments = {
        UUID(id_): SegmentTerms(key, _read(rule, vocabulary) if kind == DYNAMIC else OnList(UUID(id_)))
        for id_, key, rule, kind in given["segments"] or ()
    }
    rfm = {UUID(id_): RfmTerms(key, scoring) for id_, key, said in given["rfm"] or () if (scoring := _scoring(said))}
    return _usable(Terms(given["version"], attributes, segments, tuple(vocabulary), rfm))


def _read(rule: Any, vocabulary: Vocabulary) -> Rule:
    try:
        return read(rule, vocabulary)
    except Refused:
        return Never()


def _scoring(said: Any) -> Scoring | None:
    """A stored way to score; null of one that cannot be read any more."""
    try:
        return read_as(Scoring, said)
    except Refused:
        return None


def _usable(terms: Terms) -> Terms:
    """The same, with nobody in segments whose rules fail: written wrongly, in a circle, or too large."""
    measured = Measured(terms.rules, terms)
    kept = {}
    for id_, segment in terms.segments.items():
        size = measured.of(id_)
        small = size is not None and size[0] <= MOST_INLINED and size[1] <= DEEPEST_REFERENCE
        kept[id_] = segment if small and fits(segment.rule, terms) else replace(segment, rule=Never())
    return replace(terms, segments=kept)


def fits(rule: Rule, terms: Terms) -> bool:
    """Whether a rule can be used with these terms."""
    try:
        check(rule, terms)
    except Refused:
        return False
    return True
