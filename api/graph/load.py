"""Loaded fields: what SQL cannot say, asked once for all keys of the answer and spliced into the bytes.

At the root there is no row: the batch has one key that means nothing.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from graphql import get_named_type, is_abstract_type, is_object_type
from sqlalchemy import Uuid, literal

from api.graph import sql
from api.graph.field import FIELD, Field
from api.graph.inject import injected, uses_stored
from api.graph.inputs import Converter
from api.graph.planning import Planning
from api.graph.project import project
from api.graph.request import NOBODY, Arguments, Env
from api.graph.selection import Nodes


def load(planner: Planning, field: Field, gfield: Any, arguments: Arguments, nodes: Nodes, row: Any) -> Any:
    """A slot with the row's key.  The batch runs once per field and arguments, in the statement's snapshot.

    A refusal of the domain is the value, where the type is a union that has it, else an error at each place.
    """
    args = field.args | field.inherited
    getters = {name: planner.argument(field, name, arguments, row)[0] for name in args}
    write = project(planner, gfield.type, nodes)
    converter = Converter(planner.views, field.ids, None)
    function = field.call
    assert function
    selected = _selected(planner, get_named_type(gfield.type), nodes)
    members = {type_.name for type_ in _possible(planner, get_named_type(gfield.type))}
    if uses_stored(planner.views, field):
        _ = planner.env.stored  # so that the statement tells its version
    slot, refusal = planner.slot("refused"), len(planner.refusals)
    planner.refusals.append(lambda env: env.memo[slot])

    async def fill(fetch: Any, keys: list[str], env: Env) -> list[Any]:
        try:
            values = {n: converter.value(n, args[n].hint, getter(env), env) for n, getter in getters.items()}
            values |= injected(planner.views, field, env)
            if "selected" in values:
                values["selected"] = selected
            found = await function(fetch, [UUID(key) for key in keys], **values)
        except planner.views.refused as refused:
            if planner.views.of_class.get(type(refused.problem)) not in members:
                env.memo[slot] = refused.problem
                return [f"\0!#{refusal}"] * len(keys)
            found = [refused.problem] * len(keys)
        return [write(each, env) for each in found]

    planner.loads.append(fill)
    return sql.slot(len(planner.loads) - 1, literal(NOBODY, Uuid()) if row is None else getattr(row, field.key))


def _possible(planner: Planning, type_: Any) -> list[Any]:
    if is_abstract_type(type_):
        return list(planner.schema.get_possible_types(type_))
    return [type_] if is_object_type(type_) else []


def _selected(planner: Planning, type_: Any, nodes: Nodes) -> frozenset[str]:
    """The Python names of the fields that are selected of the value, each charged at its cost; those below by dots."""
    found: dict[str, int] = {}
    for name, cost in _below(planner, type_, nodes, ""):
        found[name] = cost if "." not in name else cost - 1
    planner.charge(sum(found.values()))
    return frozenset(found)


def _below(planner: Planning, type_: Any, nodes: Nodes, above: str) -> Iterator[tuple[str, int]]:
    for each in _possible(planner, type_):
        for inner in planner.collect(each, nodes).values():
            gfield = each.fields.get(inner[0].name.value)
            if gfield is not None:
                backing = gfield.extensions["strawberry-definition"]
                name = f"{above}{backing.python_name}"
                yield name, backing.metadata[FIELD].cost
                yield from _below(planner, get_named_type(gfield.type), inner, f"{name}.")
