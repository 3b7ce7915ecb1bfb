"""Arguments that become parameters of the statement: their values decide over nothing but what it finds."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid

from api.graph.field import Field, camel, items_of, without_none
from api.graph.inputs import Converter, is_choice, is_identity, kind_named, own_kind
from api.graph.planning import Planning
from api.graph.request import NOBODY, Env, Getter, parse_id
from api.graph.scalars import array
from api.graph.view import Input, Views


def read_in_sql(views: Views, hint: Any) -> Input | None:
    """The input of this type, if the domain reads its members in SQL only: its class says ``in_sql``."""
    rest, _ = without_none(hint)
    found = views.inputs.get(rest)
    return found if found and getattr(found.of, "in_sql", False) else None


def parameter(planner: Planning, converter: Converter, name: str, hint: Any, getter: Getter) -> Any:
    """The parameter of a scalar, an id, or a list of scalars, ids or enums."""
    return planner.bind(*_bound(planner.views, converter, name, hint, getter))


def members(planner: Planning, converter: Converter, declared: Input, getter: Getter) -> Any:
    """An input whose members are parameters.  Which of them are given is a look; what they are is not."""
    given = planner.look(lambda env: _given(getter(env)))
    if given is None:
        return None
    inner = Converter(planner.views, {**converter.ids, **declared.ids}, converter.own)
    made = dict.fromkeys(declared.fields)
    for name, argument in declared.fields.items():
        if camel(name) in given:
            member = _member(getter, camel(name))
            deeper = planner.views.inputs.get(without_none(argument.hint)[0])
            made[name] = (
                members(planner, inner, deeper, member)
                if deeper
                else parameter(planner, inner, name, argument.hint, member)
            )
    return declared.of(**made)


def converter_of(planner: Planning, field: Field) -> Converter:
    """For one field's arguments."""
    return Converter(planner.views, field.ids, own_kind(planner.views, field))


def _given(value: dict[str, Any] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(name for name, inner in value.items() if inner is not None)


def _member(getter: Getter, name: str) -> Getter:
    return lambda env: getter(env)[name]


def _bound(views: Views, converter: Converter, name: str, hint: Any, getter: Getter) -> tuple[Getter, Any]:
    """(getter of the driver's value, SQL type)."""
    rest, _ = without_none(hint)
    item = items_of(rest)
    if is_identity(rest):
        if item is None and rest is UUID:
            prefix = views.prefix[kind_named(views, name, converter.ids, converter.own)]
            return (lambda env: parse_id(getter(env), prefix) or NOBODY), Uuid()

        def identities(env: Env) -> Any:
            return converter.value(name, rest, getter(env), env)

        return identities, ARRAY(Uuid()) if item else Uuid()
    if item is None:
        scalar = views.scalar(rest)
        return (lambda env: scalar.bound(getter(env))), scalar.sql
    if is_choice(item) and item is not bool:
        return (lambda env: [member.name for member in getter(env)]), ARRAY(Text())
    of = views.scalar(item)
    return (lambda env: [of.bound(each) for each in getter(env)]), array(of)
