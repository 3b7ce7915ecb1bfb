"""Rows inside loaded values: a value names a row by its id; all rows so named are read by one further statement.

The projector leaves a slot where the row belongs.  The statement is planned with the operation, and runs in its
snapshot.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Uuid, func, select

from api.graph.request import Env
from api.graph.selection import Nodes


def rows(planner: Any, type_: Any, nodes: Nodes) -> Callable[[Any, Env], Any]:
    """(id, or an object that has one; env) → a slot of the row of that type, which is null if it cannot be seen."""
    slot = planner.slot("inner")
    outside, planner.rows = planner.rows, []  # a statement of its own sees no enclosing rows
    entered, planner.entered = planner.entered, []
    try:
        named = planner.bind(lambda env: env.memo[slot], ARRAY(Uuid()))
        given = func.unnest(named).table_valued("id", with_ordinality="n").render_derived()
        query, _ = planner.select_by_id(type_.name, given.c.id)
        with planner.inside(given):
            item = planner.one(query, type_, nodes)
        text, getters = planner.statement(select(item).select_from(given).order_by(given.c.n))
    finally:
        planner.rows, planner.entered = outside, entered

    async def fill(fetch: Any, keys: list[str], env: Env) -> list[Any]:
        env.memo[slot] = [UUID(key) for key in keys]
        found = await fetch.text(text, [getter(env) for getter in getters])
        return [record[0] and orjson.Fragment(record[0]) for record in found]

    planner.loads.append(fill)
    start = f"\0{len(planner.loads) - 1}:"
    return lambda value, env: None if value is None else f"{start}{getattr(value, 'id', value)}"
