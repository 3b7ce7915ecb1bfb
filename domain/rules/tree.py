"""The rule as it was written: connectives over conditions.

Logic is three-valued (Kleene): a condition is UNKNOWN where the data it needs is missing.  Members are those for
whom the rule is TRUE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    """The rules right below, each with its place in the JSON."""
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
            return ()
    return tuple(((*place, str(n)), part) for n, part in enumerate(of))


def conditions(rule: Rule) -> Iterator[Condition | Reference]:
    """The leaves, from left to right."""
    if isinstance(rule, Connective):
        for _, part in parts(rule):
            yield from conditions(part)
    elif not isinstance(rule, Never):
        yield rule
