"""A document for each field of Query, with all that hangs below it down to some depth; read from the schema."""

import json
from typing import Any

from graphql import (
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from api.schema import core_schema
from tests.support.planted import ALL

PAGE = 5
# Different in every answer, or of the caller and not of the rows.
PASSING = frozenset(("cursor", "startCursor", "endCursor", "apiKeys", "viewer", "tenant", "apiLimits"))
_MADE_UP: dict[str, Any] = {"Int": 1, "Boolean": True, "Decimal": "1", "Duration": "P1D", "JSON": {}}
_MADE_UP |= {"Date": "2025-01-01", "DateTime": "2025-01-01T00:00:00Z", "String": "city"}
_NAMED = {"to": "2025-07-01T00:00:00Z"}  # after ``from``


def documents(ids: dict[str, list[str]], depth: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Field of Query → a document and its variables.  ``ids``: those of rows, by type."""
    root: Any = core_schema().query_type
    made = {}
    for name, field in sorted(root.fields.items()):
        if name in PASSING | {"node", "nodes"}:
            continue
        wanted = {key: argument.type for key, argument in field.args.items() if is_required_argument(argument)}
        selected = _selection(get_named_type(field.type), depth, ids)
        heads, passed = (
            ", ".join(f"${key}: {type_}" for key, type_ in wanted.items()),
            _passed(field, {key: f"${key}" for key in wanted}),
        )
        text = f"query{f'({heads})' if heads else ''} {{ {name}{passed}{selected} }}"
        made[name] = (text, {key: example(type_, key, ids) for key, type_ in wanted.items()})
    return made


def below_ids(ids: dict[str, list[str]], depth: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Type → a document that asks all rows of it by their ids."""
    types = core_schema().type_map
    asked = "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {}{} }} }}"
    return {
        name: (asked.format(name, _selection(types[name], depth, ids)), {"ids": found}) for name, found in ids.items()
    }


def example(type_: Any, key: str, ids: dict[str, list[str]]) -> Any:
    """A value of an input type; an id is that of a row, by the name of its place."""
    if is_non_null_type(type_):
        return example(type_.of_type, key, ids)
    if is_list_type(type_):
        of = get_named_type(type_)
        return _ids(key, ids)[:PAGE] if of.name == "ID" else [example(type_.of_type, key, ids)]
    if is_enum_type(type_):
        return next(iter(type_.values))
    if is_input_object_type(type_):
        if type_.name == "RuleInput":
            return ALL
        if type_.extensions["strawberry-definition"].is_one_of:
            inner, chosen = next(one for one in reversed(type_.fields.items()) if not _holds(one[1].type, type_))
            return {inner: example(chosen.type, inner, ids)}
        return {n: example(f.type, n, ids) for n, f in type_.fields.items() if is_required_argument(f)}
    if type_.name == "ID":
        return _ids(key, ids)[-1]
    return _NAMED.get(key) or _MADE_UP[type_.name]


def _ids(key: str, ids: dict[str, list[str]]) -> list[str]:
    return ids[next((name for name in ids if key.lower().startswith(name.lower())), "Segment")]


def _holds(given: Any, type_: Any) -> bool:
    """Whether an input is of a type, or has a field that is."""
    named = get_named_type(given)
    members = named.fields.values() if is_input_object_type(named) else ()
    return named is type_ or any(get_named_type(member.type) is type_ for member in members)


def _selection(type_: Any, depth: int, ids: dict[str, list[str]]) -> str:
    if is_leaf_type(type_):
        return ""
    if is_abstract_type(type_):
        return " { __typename }"
    if depth == 0 and "id" in type_.fields:
        return " { id }"  # the rest is asked by the ids of its type
    parts = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        wanted = {key: argument.type for key, argument in field.args.items() if is_required_argument(argument)}
        if name in PASSING or not all(is_leaf_type(get_named_type(each)) for each in wanted.values()):
            continue
        given = {key: json.dumps(example(each, key, ids)) for key, each in wanted.items()}
        if is_leaf_type(inner):
            parts.append(name)
        elif type_.name.endswith(("Connection", "Edge")):  # a page is no step down
            parts.append(f"{name}{_selection(inner, depth, ids)}")
        elif depth > 0:
            parts.append(f"{name}{_passed(field, given)}{_selection(inner, depth - 1, ids)}")
    return f" {{ {' '.join(parts) or '__typename'} }}"


def _passed(field: Any, values: dict[str, str]) -> str:
    given = [f"{key}: {value}" for key, value in values.items()]
    if "first" in field.args and "first" not in values:
        given.append(f"first: {PAGE}")
    return f"({', '.join(given)})" if given else ""
