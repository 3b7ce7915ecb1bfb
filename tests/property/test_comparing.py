"""Random segments compared: what they have in common and what is made of them is what Python's sets say."""

import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.rules.grouped import Shape
from domain.rules.terms import SegmentTerms, Terms
from domain.segments.algebra import set_count, set_members
from domain.segments.expression import Combined, Except, Given, Saved, SetExpression
from domain.segments.overlap import cells_of, only_in, overlap
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.property.conftest import SEED
from tests.support.rules.judge import Judge, asking

ROUNDS, SEGMENTS = 25, 4


class Round:
    """Some random segments at one instant, and who is in each by the oracle."""

    def __init__(self, judge: Judge, number: int) -> None:
        questions = [judge.question(number * SEGMENTS + n) for n in range(SEGMENTS)]
        self.chance = random.Random(f"{SEED}:{number}")
        self.ids = [UUID(int=1000 + n) for n in range(SEGMENTS)]
        own = {id_: SegmentTerms(f"s{n}", questions[n].rule) for n, id_ in enumerate(self.ids)}
        self.terms: Terms = replace(judge.terms, segments={**judge.terms.segments, **own})
        self.clock = Clock(**asdict(questions[0].when))
        self.shape = list(Shape)[number % 2]
        oracle = judge.oracle(questions[0])
        self.sets = {id_: oracle.members(segment.rule) for id_, segment in own.items()}
        self.everybody = oracle.members(None)

    def expression(self, depth: int = 2) -> tuple[SetExpression, set[UUID]]:
        """A random expression, and who is in it."""
        how = self.chance.choice(("saved", "given", "union", "intersect", "except", "symmetric", "symmetric"))
        if depth == 0 or how in ("saved", "given"):
            id_ = self.chance.choice(self.ids)
            made: SetExpression = Saved(id_) if how != "given" else Given(self.terms.rules[id_])
            return made, self.sets[id_]
        below = [self.expression(depth - 1) for _ in range(self.chance.randint(1, 3))]
        parts, sets = tuple(each for each, _ in below), [found for _, found in below]
        if how == "except":
            start, found = self.expression(depth - 1)
            return Except(start, parts), found.difference(*sets)
        if how == "symmetric":
            odd = {id_ for id_ in self.everybody if sum(id_ in found for found in sets) % 2}
            return Combined(how, parts), odd
        return Combined(how, parts), set.union(*sets) if how == "union" else set.intersection(*sets)


@pytest.fixture
def rounds(judge: Judge) -> Sequence[Round]:
    return [Round(judge, number) for number in range(ROUNDS)]


def share(part: int, whole: int) -> Decimal | None:
    return round(Decimal(part) / whole, 6) if whole else None


async def rows(session: AsyncSession, query: Any) -> list[Any]:
    return list((await session.execute(query)).mappings())


async def below(session: AsyncSession, matrix: Any, ask: Any) -> list[Any]:
    """The rows of a query of the row, as GraphQL asks it: inside."""
    inner = ask(matrix.c).correlate(matrix).lateral("inner")
    return await rows(session, select(inner).select_from(matrix.join(inner, true())))


async def test_what_segments_have_in_common_is_what_their_members_have(
    rounds: Sequence[Round], market: Tenant, scope: Scope
) -> None:
    async with asking(scope, market) as session:
        for each in rounds:
            made = overlap(each.ids, terms=each.terms, clock=each.clock, shape=each.shape)
            matrix = made.subquery("matrix")
            (whole,) = await rows(session, made)
            assert whole["population"] == len(each.everybody)
            assert list(whole["sizes"]) == [len(each.sets[id_]) for id_ in each.ids]
            cells = await below(session, matrix, cells_of)
            assert [(cell["a_id"], cell["b_id"]) for cell in cells] == list(combinations(each.ids, 2))
            for cell in cells:
                agrees(cell, each.sets[cell["a_id"]], each.sets[cell["b_id"]], len(each.everybody))
            for row in await below(session, matrix, only_in):
                others = [found for id_, found in each.sets.items() if id_ != row["segment_id"]]
                alone = each.sets[row["segment_id"]].difference(*others)
                assert (row["size"], row["count"]) == (len(each.sets[row["segment_id"]]), len(alone))


def agrees(cell: Any, a: set[UUID], b: set[UUID], everybody: int) -> None:
    """Whether a cell says of two sets what is so."""
    both = len(a & b)
    assert cell["both"] == both
    assert cell["jaccard"] == share(both, len(a | b))
    assert (cell["share_of_a"], cell["share_of_b"]) == (share(both, len(a)), share(both, len(b)))
    assert cell["lift"] == share(both * everybody, len(a) * len(b))
    lie = {
        "DISJOINT": not both,
        "EQUAL": bool(both) and a == b,
        "A_IN_B": bool(both) and a < b,
        "B_IN_A": bool(both) and b < a,
    }
    assert cell["contains"] == next((name for name, so in lie.items() if so), "OVERLAPS")


async def test_a_set_made_of_others_is_what_sets_are(rounds: Sequence[Round], market: Tenant, scope: Scope) -> None:
    sizes = set()
    async with asking(scope, market) as session:
        for each in rounds:
            for _ in range(4):
                expression, wanted = each.expression()
                asked: dict[str, Any] = {"terms": each.terms, "clock": each.clock}
                found = {row.id for row in await session.scalars(set_members(expression, **asked))}
                assert found == wanted, expression
                (count,) = await rows(session, set_count(expression, **asked, shape=each.shape))
                assert count["value"] == len(wanted)
                sizes.add(len(wanted))
    assert len(sizes) > 20
