"""The rule as it was written: connectives over conditions.

Logic is three-valued (Kleene): a condition is UNKNOWN where the data it needs is missing.  Members are those for
whom the rule is TRUE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.rules.protocol import Condition, Reference


@dataclass(frozen=True, slots=True)
class All:
    """Every one holds."""

    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds."""

    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not one of them holds."""

    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least ``k`` of them hold."""

    k: int
    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Never:
    """Nobody.  What a stored rule becomes that can no longer be read; it cannot be written."""


Connective = All | AnyOf | NoneOf | Not | AtLeast
Rule = All | AnyOf | NoneOf | Not | AtLeast | Never | Condition | Reference


def parts(rule: Rule) -> tuple[tuple[tuple[str, ...], Rule], ...]:
    """The rules right below, each with its place in the JSON: of a condition, its population."""
    match rule:
        case Not(inner):
            return ((("not",), inner),)
        case All(of):
            place: tuple[str, ...] = ("all",)
        case AnyOf(of):
            place = ("any",)
        case NoneOf(of):
            place = ("none",)
        case AtLeast(_, of):
            place = ("atLeast", "of")
        case _:
            among = population(rule)
            return () if among is None else (((getattr(rule, "keyword", ""), "population"), among),)
    return tuple(((*place, str(n)), part) for n, part in enumerate(of))


def population(rule: Any) -> Rule | None:
    """The rule inside a condition, which says among whom it asks."""
    found: Rule | None = getattr(rule, "population", None)
    return found


def conditions(rule: Rule) -> Iterator[Condition | Reference]:
    """The conditions, from left to right, those of populations too."""
    if not isinstance(rule, Connective | Never):
        yield rule
    for _, part in parts(rule):
        yield from conditions(part)
