"""Claims: what a condition says of one value, for whoever reasons about rules without asking anybody's data.

A condition is TRUE where all its claims are, FALSE where one is; a condition that declares none is a riddle of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from domain.rules.moment import ClockZone
from domain.rules.terms import Terms


class Empty(Enum):
    """What a claim is where there is no value, unless ``isNull`` asks for that: ``NEVER`` says there always is one."""

    UNKNOWN = "UNKNOWN"
    TRUE = "TRUE"
    FALSE = "FALSE"
    ZERO = "ZERO"  # what the test says of 0
    NEVER = "NEVER"


@dataclass(frozen=True, slots=True)
class Claim:
    """A test of a subject.  Equal subjects are the same value of the same customer; facts are subjects.

    ``test``: one of domain.rules.tests or a DurationTest; null for a claim about which nothing is known but that equal
    ones agree.  ``whole``: the value is a whole number.  ``least`` and ``below``: no value is less, or as great.
    """

    subject: Any
    test: Any
    empty: Empty = Empty.UNKNOWN
    whole: bool = False
    least: Decimal | None = None
    below: Decimal | None = None
    clock: ClockZone = ClockZone.TENANT


def claims_of(condition: Any, terms: Terms) -> tuple[Claim, ...]:
    """Those that a condition declares, else one about which nothing is known."""
    declared = getattr(condition, "claims", None)
    made: Iterable[Claim] = declared(terms) if declared else ()
    return tuple(made) or (Claim(condition, None, Empty.NEVER if condition.certain else Empty.UNKNOWN),)
