"""Coerced arguments become domain values: ids lose their prefix, input objects become the domain's dataclasses."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, get_args, get_origin
from uuid import UUID

from api.graph.field import NO_DEFAULT, Field, Identity, Rows, bare, camel, items_of, pascal, without_none
from api.graph.request import NOBODY, Env, parse_id
from api.graph.view import Input, Views


def holds_input(views: Views, hint: Any) -> bool:
    """Whether an argument of this type is an input object or a list of them."""
    rest, _ = without_none(hint)
    item = items_of(rest)
    return rest in views.inputs or (item is not None and holds_input(views, item))


def kind_named(views: Views, name: str, ids: Mapping[str, str], own: str | None) -> str:
    """The type an id argument names: declared, by its name (``segment_id``), or the field's row (``id``)."""
    if name in ids:
        return ids[name]
    stem = name.removesuffix("_ids").removesuffix("_id")
    if (kind := pascal(stem)) in views.prefix:
        return kind
    if name in ("id", "ids") and own in views.prefix:
        return str(own)
    raise TypeError(f"whose id is {name!r}?  Say it: ids={{{name!r}: 'Type'}}")


def own_kind(views: Views, field: Field) -> str | None:
    """The GraphQL type of the row that a field answers with."""
    if field.write:
        return field.write.names[0]
    if get_origin(field.hint) is Rows:
        return views.of_class.get(get_args(field.hint)[0])
    return None


class Converter:
    """Makes domain values of coerced ones, for one field's arguments."""

    def __init__(self, views: Views, ids: Mapping[str, str], own: str | None) -> None:
        self.views, self.ids, self.own = views, ids, own

    def value(self, name: str, hint: Any, given: Any, env: Env) -> Any:
        """``given`` (as graphql-core coerced it) as the domain's ``hint``.  Lists stay lists, tuples become tuples."""
        rest, _ = without_none(hint)
        if given is None:
            return None
        if rest in self.views.inputs:
            return self._input(self.views.inputs[rest], given, env)
        item = items_of(rest)
        if item is not None:
            made = [self.value(name, item, each, env) for each in given]
            return tuple(made) if get_origin(rest) is tuple else made
        if rest is UUID:
            prefix = self.views.prefix[kind_named(self.views, name, self.ids, self.own)]
            return parse_id(given, prefix) or NOBODY
        return given

    def _input(self, declared: Input, given: dict[str, Any], env: Env) -> Any:
        inner = Converter(self.views, {**self.ids, **declared.ids}, self.own)
        values = {
            name: inner.value(name, argument.hint, given[camel(name)], env)
            for name, argument in declared.fields.items()
            if camel(name) in given
        }
        if declared.convert:
            return declared.convert(values, env)
        for name, argument in declared.fields.items():
            if argument.default is NO_DEFAULT:
                values.setdefault(name, None)  # nullable: coercion has asked for the others
        return declared.of(**values)


def is_choice(hint: Any) -> bool:
    """Whether the domain function gets the value itself, because it may choose SQL: enums and Booleans."""
    rest, _ = without_none(bare(hint))
    return rest is bool or (isinstance(rest, type) and issubclass(rest, Enum))


def is_identity(hint: Any) -> bool:
    """Whether it is an id or a list of ids."""
    rest, _ = without_none(hint)
    return rest in (UUID, Identity) or items_of(rest) in (UUID, Identity)
