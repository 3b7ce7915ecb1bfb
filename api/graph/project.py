"""Python values as JSON of a selection: problems, loaded values, further fields of a mutation's success."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import get_named_type, is_abstract_type, is_list_type, is_non_null_type, is_object_type

from api.graph import inner
from api.graph.field import FIELD, camel
from api.graph.planning import Planning
from api.graph.request import Arguments, Env, typed_id
from api.graph.scalars import write_datetime
from api.graph.selection import Nodes

Projector = Callable[[Any, Env], Any]


def project(planner: Planning, type_: Any, nodes: Nodes) -> Projector:
    """(value, env) → JSON-ready value of the selection."""
    if is_non_null_type(type_):
        return project(planner, type_.of_type, nodes)
    if is_list_type(type_):
        item = project(planner, type_.of_type, nodes)
        return lambda value, env: None if value is None else [item(each, env) for each in value]
    if is_abstract_type(type_):
        names = {t.name: project(planner, t, nodes) for t in planner.schema.get_possible_types(type_)}
        shown = planner.views.of_class
        return lambda value, env: None if value is None else names[shown[type(value)]](value, env)
    if not is_object_type(type_):
        return lambda value, env: None if value is None else type_.serialize(value)
    if type_.name in planner.views.prefix:
        return inner.rows(planner, type_, nodes)
    made = {key: _field(planner, type_, below) for key, below in planner.collect(type_, nodes).items()}
    return lambda value, env: None if value is None else {key: write(value, env) for key, write in made.items()}


def _field(planner: Planning, type_: Any, nodes: Nodes) -> Projector:
    name = nodes[0].name.value
    if name == "__typename":
        return lambda value, env: type_.name
    gfield = type_.fields[name]
    backing = gfield.extensions["strawberry-definition"]
    attribute, declared = backing.python_name, backing.metadata[FIELD]
    if declared.requires and not planner.look(lambda env: declared.requires in env.scopes):
        return lambda value, env: "\0!FORBIDDEN"
    write = project(planner, gfield.type, nodes)
    if "locale" in declared.args:
        getter, _ = Arguments(gfield, nodes[0], planner.slot("args")).find("locale", planner.env)

        def say(value: Any, env: Env) -> Any:
            """In the language asked for here, that of the whole value, or the caller's."""
            return write(getattr(value, attribute)(getter(env) or getattr(value, "locale", None) or env.locale), env)

        return say
    kind = declared.ids.get(attribute) if get_named_type(gfield.type).name == "ID" else None
    if kind:
        prefix = planner.views.prefix[kind]
        return lambda value, env: _typed(prefix, getattr(value, attribute))
    return lambda value, env: write(getattr(value, attribute), env)


def _typed(prefix: str, keys: Any) -> Any:
    """One id, a list of them, or null."""
    if keys is None:
        return None
    return [typed_id(prefix, key) for key in keys] if isinstance(keys, (list, tuple)) else typed_id(prefix, keys)


def plain(value: Any, locale: str) -> Any:
    """A problem as JSON for ``extensions``: its fields by their GraphQL names, texts in the caller's language."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if isinstance(value, datetime):
        return write_datetime(value)
    if isinstance(value, (Decimal, date, UUID)):
        return str(value)
    if is_dataclass(value):
        shown = [f.name for f in fields(value) if not _spoken(value, f.name)]
        made = {camel(name): plain(getattr(value, name), locale) for name in shown}
        if hasattr(value, "message"):
            made["message"] = value.message(locale)
        return made
    if isinstance(value, (list, tuple)):
        return [plain(each, locale) for each in value]
    return str(value)


def _spoken(value: Any, name: str) -> bool:
    """A text in two languages: ``message`` says it."""
    return callable(getattr(getattr(value, name), "of", None))
