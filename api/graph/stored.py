"""Fields whose SQL depends on what a row stores (a segment's rule): one branch per stored value the row may hold.

What is stored is read by the product beforehand (``env.stored``); the statement also answers its version, so an
answer can never come from an outdated value.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Uuid, case, func

from api.graph import sql
from api.graph.call import RefusedHere, Stored
from api.graph.request import Env, Getter

MOST_BRANCHES = 50


def branches(one: Any, compute: Callable[[Stored], Any]) -> Any:
    """The field for a row known by id: its value; for any row: a CASE over all ids that hold a value."""
    planner, field, row = one.planner, one.declared, one.row
    ((name, read),) = field.stored.items()

    def values(env: Env) -> Mapping[Any, Any]:
        found: Mapping[Any, Any] = read(env.stored)
        return found

    known = planner.known.get(id(row))
    if known is not None:
        there = planner.look(lambda env: known(env) in values(env))
        return _branch(compute, Stored(name, known, lambda env: values(env)[known(env)])) if there else sql.NULL

    def ids(env: Env) -> list[Any]:
        return env.once(("stored", read), lambda: sorted(values(env)))  # type: ignore[no-any-return]

    count = planner.look(lambda env: min(len(ids(env)), MOST_BRANCHES + 1))
    if count > MOST_BRANCHES:
        return sql.mark("TOO_MANY_STORED")
    made, costs = [], None
    for place in range(count):
        key = _at(ids, place)
        item = _branch(compute, Stored(name, key, _value(values, key)))
        costs = costs or dict(planner.costs)
        planner.costs = dict(costs)  # one branch runs, so one is charged
        made.append((row.id == planner.bind(key, Uuid()), func.to_json(item)))
    return case(*made, else_=sql.NULL) if made else sql.NULL


def _at(ids: Callable[[Env], list[Any]], place: int) -> Getter:
    return lambda env: ids(env)[place]


def _value(values: Callable[[Env], Mapping[Any, Any]], key: Getter) -> Getter:
    return lambda env: values(env)[key(env)]


def _branch(compute: Callable[[Stored], Any], stored: Stored) -> Any:
    try:
        return compute(stored)
    except RefusedHere as refused:
        return refused.mark
