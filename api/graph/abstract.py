"""Interfaces and unions in SQL: one branch per type that a row's ``kind`` may name.

``node`` plans the type behind the id only, ``nodes`` the types among the ids; any other SELECT that yields
``kind`` (a GraphQL type's name) and ``id`` has a branch per possible type.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, Integer, Text, Uuid, case, func, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from api.graph import sql
from api.graph.request import Arguments, Getter, parse_id
from api.graph.selection import Nodes

MOST_IDS = 250


def kind_of(planner: Any, given: Any) -> str | None:
    """The GraphQL type behind an id's prefix; null for garbage."""
    return planner.views.kind_of_prefix.get(given.partition("_")[0]) if isinstance(given, str) else None


def node(planner: Any, arguments: Arguments, nodes: Nodes) -> Any:
    """Anything by its id, or null."""
    getter, _ = arguments.find("id", planner.env)
    kind = planner.look(lambda env: kind_of(planner, getter(env)))
    if kind is None:
        return sql.NULL
    prefix = planner.views.prefix[kind]
    return planner.by_id(planner.schema.get_type(kind), nodes, lambda env: parse_id(getter(env), prefix))


def nodes(planner: Any, arguments: Arguments, nodes: Nodes) -> Any:
    """Many by their ids, in their order, null where there is none."""
    getter, _ = arguments.find("ids", planner.env)

    def kinds(env: Any) -> tuple[str, ...]:
        return tuple(sorted({kind for each in getter(env) if (kind := kind_of(planner, each))}))

    if planner.look(lambda env: len(getter(env)) > MOST_IDS):
        return sql.mark("TOO_MANY_IDS")
    found = planner.look(kinds)
    of_kind = planner.bind(lambda env: [kind_of(planner, each) or "" for each in getter(env)], ARRAY(Text()))
    keys = planner.bind(lambda env: [parse_id(each) for each in getter(env)], ARRAY(Uuid()))
    unnested = func.unnest(of_kind, keys).table_valued("kind", "id", with_ordinality="n")
    given = unnested.render_derived()
    outside = planner.factors

    def count(kind: str) -> Getter:
        return lambda env: sum(kind_of(planner, each) == kind for each in getter(env))

    with planner.inside(given):
        item = by_kind(planner, list(found), nodes, given.c, count)
    planner.factors = outside
    listed = func.json_agg(aggregate_order_by(item, given.c.n.cast(Integer)))
    chosen = select(func.coalesce(listed, sql.EMPTY_LIST, type_=JSON())).select_from(given)
    return chosen.correlate(*planner.rows).scalar_subquery()


def by_kind(
    planner: Any, kinds: list[str], nodes: Nodes, row: Any, count: Callable[[str], Getter] | None = None
) -> Any:
    """The object of the type that ``row.kind`` names, found by ``row.id``; null for any other.

    ``count`` says how many there are of a kind, where that is known: each is charged.
    """
    branches, outside = [], planner.factors
    for kind in kinds:
        if count is not None:
            planner.factors = (*outside, count(kind))
        query, _ = planner.select_by_id(kind, row.id)
        branches.append((row.kind == sql.text(kind), planner.one(query, planner.schema.get_type(kind), nodes)))
    return case(*branches, else_=sql.NULL) if branches else sql.NULL
