"""Fields asked as of an instant: the clock of all that hangs below, and the tables as they were then.

How a table looked is the product's to say (``Views.past`` and ``Views.hiding``).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import DateTime

from api.graph import sql
from api.graph.call import RefusedHere
from api.graph.planning import Load, Planning
from api.graph.request import Arguments, Env, Getter


def as_of(planner: Planning, arguments: Arguments, compute: Callable[[], Any]) -> Any:
    """What ``compute`` plans, as of the field's argument, if it is given.

    RefusedHere where that is in the future, or after the instant that a field above is asked as of.
    """
    getter, _ = arguments.find("as_of", planner.env)
    if planner.look(lambda env: getter(env) is None):
        return compute()
    latest = planner.past or (lambda env: env.now)
    if planner.look(lambda env: getter(env) > latest(env)):
        raise RefusedHere(sql.mark("AS_OF"))
    now, cursors, past, loads = planner.now, planner.as_of, planner.past, len(planner.loads)
    at = planner.bind(getter, DateTime(timezone=True))
    planner.now, planner.as_of, planner.past = at, lambda env: getter(env).isoformat(), getter
    try:
        made = compute()
    finally:
        planner.now, planner.as_of, planner.past = now, cursors, past
    planner.loads[loads:] = [_loaded(load, getter) for load in planner.loads[loads:]]
    assert planner.views.past, "Views(past=…) says how tables looked"
    return planner.views.past(made, at)


def _loaded(load: Load, getter: Getter) -> Load:
    """What is loaded is asked as of that instant too."""

    async def fill(fetch: Any, keys: list[str], env: Env) -> list[Any]:
        at = getter(env)
        return await load(fetch.as_of(at), keys, replace(env, now=at))

    return fill
