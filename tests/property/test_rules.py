"""The members of random rules are those the oracle finds, whichever way they are asked for.

``REGULARS_RULES=10000`` tries more of them, ``REGULARS_RULES_SEED=7`` others.
"""

import os
from dataclasses import asdict, replace
from uuid import UUID

import pytest

from domain.rules.terms import SegmentTerms
from domain.segments.diff import compared, entering, leaving
from domain.segments.members import member_count, members
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.instants import NOWS, ZONES, When
from tests.support.rules.judge import Judge, asking
from tests.support.rules.oracle import Oracle

RULES = int(os.environ.get("REGULARS_RULES", "300"))
PORTION = 60
SAVED = UUID(int=2)


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_the_members_of_a_rule_are_those_the_oracle_finds(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question = judge.question(number)
            if not await judge.all_agree(session, question):
                least = await judge.smallest(session, question)
                pytest.fail(
                    f"{question.number}: SQL and oracle differ, also of\n{least}\nOracle: {judge.members(least)}"
                )


async def test_without_a_rule_everybody_known_by_then_is_a_member(judge: Judge, market: Tenant, scope: Scope) -> None:
    async with asking(scope, market) as session:
        for now in NOWS:
            clock = Clock(now=now, zone=ZONES[0])
            oracle = Oracle(judge.shop, When(now, ZONES[0]), {})
            known = {p.row["id"] for p in judge.shop.people if oracle.known(p)}
            assert {one.id for one in await session.scalars(members(None, terms=judge.terms, clock=clock))} == known
            assert await session.scalar(member_count(None, terms=judge.terms, clock=clock)) == len(known)


def test_the_questions_tell_rules_apart(judge: Judge) -> None:
    shares = [judge.share(judge.question(number)) for number in range(300)]
    assert sum(0.05 <= share <= 0.95 for share in shares) > 120


@pytest.mark.parametrize("first", range(0, RULES // 5, PORTION // 3))
async def test_who_enters_leaves_and_stays_between_two_rules_is_whom_the_oracle_finds(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION // 3):
            before = judge.question(number)
            after = replace(judge.question(number + 1), when=before.when)
            old, new = judge.members(before), judge.members(after)
            clock = Clock(**asdict(before.when))
            asked = {"terms": judge.terms, "clock": clock, "shape": before.shape}
            counts = (await session.execute(compared(before.rule, after.rule, **asked))).one()
            assert tuple(counts) == (len(new - old), len(old - new), len(new & old)), before.number
            stored = replace(judge.terms, segments={**judge.terms.segments, SAVED: SegmentTerms("saved", before.rule)})
            for way, wanted in ((entering, new - old), (leaving, old - new)):
                found = await session.scalars(way(SAVED, after.rule, **(asked | {"terms": stored})))
                assert {customer.id for customer in found} == wanted, (before.number, way)
