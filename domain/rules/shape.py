"""The shape of the language's dataclasses, read off their annotations once: what JSON and GraphQL derive from."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class IdOf:
    """Rides in ``Annotated[...]`` of ids: which GraphQL type they name, and the prefix of its ids."""

    type: str
    prefix: str


class Column:
    """Rides in ``Annotated[...]`` of a text that names a field: ``net_total`` here, ``netTotal`` in JSON."""


class Member(NamedTuple):
    """One field: its name in Python and in JSON, its type without None, its default, whose id or name it holds."""

    name: str
    json: str
    hint: Any
    default: Any
    of: IdOf | type[Column] | None

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING


def members(of: Any) -> tuple[Member, ...]:
    """The fields of a dataclass, in order."""
    return _members(of)


@cache
def _members(of: Any) -> tuple[Member, ...]:
    hints = get_type_hints(of, include_extras=True)
    return tuple(_member(f.name, hints[f.name], f.default) for f in fields(of))


def camel(name: str) -> str:
    """The JSON name of a Python name; a trailing underscore only avoided a keyword."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """The Python name of a JSON name."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def item_of(hint: Any) -> Any | None:
    """The item's type of a list of any length, else null."""
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def is_one_of(of: type) -> bool:
    """Whether exactly one field is given."""
    return bool(getattr(of, "one_of", False))


def only(one_of: Any) -> tuple[str, Any]:
    """The one field that is given, by its Python name."""
    return next((f.name, value) for f in fields(one_of) if (value := getattr(one_of, f.name)) is not None)


def _member(name: str, hint: Any, default: Any) -> Member:
    of = None
    if get_origin(hint) is Annotated:
        hint, *said = get_args(hint)
        of = next((each for each in said if isinstance(each, IdOf) or each is Column), None)
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        rest = tuple(each for each in get_args(hint) if each is not NoneType)
        hint = Union[rest]  # noqa: UP007  a union made from a tuple
    return Member(name, camel(name), hint, default, of)
