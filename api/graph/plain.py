"""What a plain dataclass shows as output and takes as input, read from its fields."""

from dataclasses import MISSING, fields
from enum import Enum
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from api.graph.field import NO_DEFAULT, Argument, Field, bare, items_of, said_of, without_none

LOCALE = Argument(str | None, None, "BCP 47; the caller's when not given.")


def arguments_of(of: Any) -> dict[str, Argument]:
    """The fields of a dataclass as arguments."""
    hints = get_type_hints(of, include_extras=True)
    return {f.name: Argument(bare(hints[f.name]), _default(f), said_of(hints[f.name])) for f in fields(of)}


def _default(field: Any) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return NO_DEFAULT if field.default is MISSING else field.default


def fields_of(of: Any) -> dict[str, Field]:
    """The fields of a dataclass as output; texts in two languages are spoken by ``message`` alone."""
    hints = get_type_hints(of, include_extras=True)
    made = {}
    for f in fields(of):
        hint = bare(hints[f.name])
        plain = items_of(without_none(hint)[0]) or without_none(hint)[0]
        if hasattr(plain, "of") and not issubclass(plain, Enum):
            continue
        ids = {f.name: f.metadata["ids"]} if "ids" in f.metadata else {}
        made[f.name] = Field("part", hint=hint, ids=ids, doc=said_of(hints[f.name]) or f.metadata.get("doc"))
    if hasattr(of, "message"):
        made["message"] = Field("part", hint=str, args={"locale": LOCALE}, doc="The sentence for people.")
    return made


def problem_fields(of: Any) -> dict[str, Field]:
    """The fields of the interface Problem: the base class's own, and its code."""
    code = get_args(get_type_hints(of)["code"])[0]
    assert get_origin(get_type_hints(of)["code"]) is ClassVar
    return {"code": Field("part", hint=code, doc="For programs; never changes."), **fields_of(of)}


def doc_of(of: Any) -> str | None:
    """The docstring, if it has one of its own kind."""
    return of.__doc__ if isinstance(getattr(of, "__doc__", None), str) else None
