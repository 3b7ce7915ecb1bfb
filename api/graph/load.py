"""Loaded fields: what SQL cannot say, asked once for all keys of the answer and spliced into the bytes."""

from typing import Any
from uuid import UUID

from api.graph import sql
from api.graph.field import Field
from api.graph.inject import injected, uses_stored
from api.graph.inputs import Converter
from api.graph.planning import Planning
from api.graph.project import project
from api.graph.request import Arguments, Env
from api.graph.selection import Nodes


def load(planner: Planning, field: Field, gfield: Any, arguments: Arguments, nodes: Nodes, row: Any) -> Any:
    """A slot with the row's key.  The batch runs once per field and arguments, in the statement's snapshot."""
    getters = {name: arguments.find(name, planner.env)[0] for name in field.args}
    write = project(planner, gfield.type, nodes)
    converter = Converter(planner.views, field.ids, None)
    function = field.call
    assert function

    if uses_stored(planner.views, field):
        _ = planner.env.stored  # so that the statement tells its version

    async def fill(fetch: Any, keys: list[str], env: Env) -> list[Any]:
        values = {n: converter.value(n, field.args[n].hint, getter(env), env) for n, getter in getters.items()}
        values |= injected(planner.views, field, env)
        found = await function(fetch, [UUID(key) for key in keys], **values)
        return [write(each, env) for each in found]

    planner.loads.append(fill)
    return sql.slot(len(planner.loads) - 1, getattr(row, field.key))
