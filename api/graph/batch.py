"""The payload of a mutation of many items: each with what it left behind, read after the commit, or why it was refused.

BatchResult { items: [BatchItem!]! }    BatchItem { index: Int! node: Node problem: Problem }
"""

from collections.abc import Callable
from typing import Any

import orjson
from graphql import get_named_type
from sqlalchemy import ARRAY, Integer, Text, Uuid, cast, column, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from api.graph import sql
from api.graph.project import project
from api.graph.request import Env, Getter
from api.graph.selection import Nodes


def items(planner: Any, kind: str, gfield: Any, nodes: Nodes) -> Any:
    """The items.  ``kind`` is the GraphQL type of their nodes, empty if they have none.

    ``env.written`` is a list of objects with ``id`` and ``problem``.
    """
    item = get_named_type(gfield.type)
    wanted: dict[str, Nodes] = planner.collect(item, nodes)
    problems = {
        key: _problems(project(planner, item.fields["problem"].type, inner))
        for key, inner in wanted.items()
        if inner[0].name.value == "problem"
    }
    binds = [planner.bind(lambda env: [one.id for one in env.written], ARRAY(Uuid()))]
    binds += [planner.bind(getter, ARRAY(Text())) for getter in problems.values()]
    names = [f"p{number}" for number in range(len(problems))]
    columns: list[Any] = [column("id", Uuid()), *(column(name, Text()) for name in names)]
    given = func.unnest(*binds).table_valued(*columns, with_ordinality="n").render_derived()
    outside = planner.factors
    planner.factors = (*outside, lambda env: len(env.written))
    made = {}
    with planner.inside(given):
        for key, inner in wanted.items():
            match inner[0].name.value:
                case "__typename":
                    made[key] = sql.text(item.name)
                case "index":
                    made[key] = cast(given.c.n, Integer) - literal_column("1")
                case "problem":
                    made[key] = cast(given.c[names[list(problems).index(key)]], JSON())
                case "node":
                    made[key] = _node(planner, kind, inner, given.c)
    planner.factors = outside
    listed = func.json_agg(aggregate_order_by(sql.Object(made), given.c.n))
    return select(func.coalesce(listed, sql.EMPTY_LIST, type_=JSON())).select_from(given).scalar_subquery()


def _node(planner: Any, kind: str, nodes: Nodes, row: Any) -> Any:
    if not kind:
        return sql.NULL
    query, _ = planner.select_by_id(kind, row.id)
    return planner.one(query, planner.schema.get_type(kind), nodes)


def _problems(write: Callable[[Any, Env], Any]) -> Getter:
    """The selection of each item's problem as JSON text, null where there is none."""

    def getter(env: Env) -> list[str | None]:
        problems = [one.problem for one in env.written]
        return [None if one is None else orjson.dumps(write(one, env)).decode() for one in problems]

    return getter
