"""The whole schema: importing this module has declared every subject."""

from types import ModuleType

from graphql import GraphQLSchema

from api import (
    comparing,
    completing,
    consents,
    customers,
    events,
    feedback,
    interactions,
    keys,
    limits,
    members,
    memberships,
    orders,
    profiles,
    qualities,
    rfm,
    rule_text,
    segment_diffs,
    segments,
    strategies,
    templates,
    tenant,
    watching,
)
from api.graph.schema import build, core
from api.views import view

SUBJECTS: tuple[ModuleType, ...] = (
    customers,
    consents,
    orders,
    interactions,
    segments,
    profiles,
    qualities,
    segment_diffs,
    watching,
    memberships,
    comparing,
    completing,
    rule_text,
    rfm,
    templates,
    strategies,
    feedback,
    limits,
    members,
    keys,
    tenant,
    events,
)
schema = build(view)


def core_schema() -> GraphQLSchema:
    """graphql-core's schema, for the executor."""
    return core(schema)


def printed_schema() -> str:
    """The SDL, as ``schema.graphql`` keeps it."""
    return schema.as_str() + "\n"
