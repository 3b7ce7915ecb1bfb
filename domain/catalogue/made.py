"""What becomes of a template with values: a checked rule, and the segments that must be there for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.catalogue.rfm import RFM_TEMPLATES, RfmTemplate
from domain.catalogue.segments import SEGMENT_TEMPLATES
from domain.catalogue.template import SegmentTemplate, Values
from domain.rules.terms import SegmentTerms, Terms
from domain.rules.text.parser import parse
from domain.rules.tree import Rule

BY_KEY: Mapping[str, SegmentTemplate] = {each.key: each for each in SEGMENT_TEMPLATES}
RFM_BY_KEY: Mapping[str, RfmTemplate] = {each.key: each for each in RFM_TEMPLATES}


def template_id(key: str) -> UUID:
    """An id for a template: the same in every process."""
    return uuid5(NAMESPACE_OID, f"regulars template {key}")


def needed(template: SegmentTemplate, values: Values) -> Iterator[tuple[SegmentTemplate, Values]]:
    """The templates whose segments its rule names, with their values."""
    for key, names in template.needs.items():
        other = BY_KEY[key]
        yield other, {**other.defaults, **{name: values[name] for name in names}}


def rule_of(template: SegmentTemplate, values: Values, segments: Mapping[str, str], terms: Terms) -> Rule:
    """The rule, naming segments by these keys."""
    return parse(template.rule, terms, template.filling(values, segments))


def as_if_installed(template: SegmentTemplate, values: Values, terms: Terms) -> tuple[Rule, Terms]:
    """The rule, and terms in which the segments it needs are known, whether they are stored or not."""
    for other, theirs in needed(template, values):
        rule, terms = as_if_installed(other, theirs, terms)
        known = {template_id(other.key): SegmentTerms(other.key, rule)}
        kept = {id_: each for id_, each in terms.segments.items() if each.key != other.key}
        terms = replace(terms, segments=kept | known)
    return rule_of(template, values, {key: key for key in template.needs}, terms), terms
