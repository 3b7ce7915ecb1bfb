"""Rules asked at once: no more of them than one line of PostgreSQL can hold."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.refusal import ProblemCode, Refused
from domain.rules.terms import SegmentTerms
from domain.rules.text.parser import parse
from domain.segments.overlap import overlap
from domain.time import Clock
from tests.support.rules.texts import TERMS

CLOCK = Clock(now=datetime(2026, 1, 1, tzinfo=UTC))


def compared(rules: list[str]) -> str:
    known = {UUID(int=99 + n): SegmentTerms(f"s{n}", parse(rule, TERMS)) for n, rule in enumerate(rules)}
    return str(overlap(list(known), terms=replace(TERMS, segments=known), clock=CLOCK))


def test_segments_with_too_many_conditions_together_are_not_compared() -> None:
    with pytest.raises(Refused) as refusal:
        compared([" or ".join(f"employees > {n * 1000 + m}" for m in range(190)) for n in range(12)])
    assert refusal.value.problem.issues[0].code is ProblemCode.TOO_COMPLEX  # type: ignore[attr-defined]


def test_what_segments_ask_alike_is_asked_once() -> None:
    rule = " or ".join(f"orders.count > {m}" for m in range(190))
    assert compared([f"{rule} or city = 'C{n}'".replace("'", '"') for n in range(12)]).count("FROM orders") == 1
