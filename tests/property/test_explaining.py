"""Memberships explained: the outcome of every part of random rules is the oracle's, and what is said to decide does.

``REGULARS_EXPLAINED=3000`` tries more rules.
"""

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pytest

from domain.rules.analysis.nodes import RuleNode, all_nodes, drawn
from domain.rules.explaining.logic import Known, Outcome, conditions, decisive, is_leaf, leaves, outcomes_of
from domain.rules.tree import NoneOf, Not
from domain.segments.conditions.segment import InSegment
from domain.segments.membership import membership_lines
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge, asking
from tests.support.rules.oracle import Oracle

RULES = int(os.environ.get("REGULARS_EXPLAINED", "120"))
PORTION = 20


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_every_part_of_a_rule_says_what_the_oracle_says(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    """Many rules at once, as segments are asked."""
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION, 4):
            when = judge.question(number).when
            roots = [drawn(judge.question(number + n).rule, judge.terms, written_out=True) for n in range(4)]
            asked = conditions(roots)
            ids = [person.row["id"] for person in judge.shop.people]
            made = membership_lines(asked, ids, terms=judge.terms, clock=Clock(**asdict(when)))
            found = {row.id: dict(zip(asked, map(Outcome.of, row.outcomes), strict=True))
                     for row in await session.execute(made)}  # fmt: skip
            oracle = Oracle(judge.shop, when, judge.terms.rules)
            people = [person for person in judge.shop.people if oracle.known(person)]
            assert found.keys() == {person.row["id"] for person in people}
            for root in roots:
                for person in people:
                    said = outcomes_of(root, found[person.row["id"]])
                    for node in all_nodes(root):
                        told = Outcome.of(oracle.truth(node.rule, person))
                        assert said[node.id] is told, (number, node.id, person.row["id"])


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_what_decides_fixes_the_outcome_and_nothing_of_it_can_be_left_out(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    needed = 0
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question, chance = judge.question(number), random.Random(number)
            root = drawn(question.rule, judge.terms, written_out=True)
            asked = conditions([root])
            ids = [person.row["id"] for person in judge.shop.people]
            made = membership_lines(asked, ids, terms=judge.terms, clock=Clock(**asdict(question.when)))
            signs = dict(signed(root, True))
            for outcomes in {tuple(row.outcomes) for row in await session.execute(made)}:
                known = dict(zip(asked, map(Outcome.of, outcomes), strict=True))
                said = outcomes_of(root, known)
                kept = decisive(root, known, said)
                assert ends(root, known, kept, signs, chance) == {said[root.id]}, number
                # Of a condition in several places it may be that no outcome of its own changes anything.
                if len(list(leaves(root))) == len(signs):
                    for leaf in kept:
                        assert len(ends(root, known, kept - {leaf}, signs, chance)) > 1, (number, leaf)
                        needed += 1
    assert needed > PORTION


def ends(root: RuleNode, known: Known, kept: Any, signs: Mapping[Any, bool], chance: random.Random) -> set[Outcome]:
    """What comes out if the conditions that are not kept say what they like: the extremes, and others by chance."""
    found = set()
    for number in range(30):
        free = {leaf: chance.choice(list(Outcome)) for leaf in signs}
        if number < 2:
            free = {leaf: Outcome.of(sign is bool(number)) for leaf, sign in signs.items()}
        loose = {leaf: outcome for leaf, outcome in free.items() if leaf not in kept}
        found.add(outcomes_of(root, {**known, **loose})[root.id])
    return found


def signed(node: RuleNode, positive: bool) -> Iterator[tuple[Any, bool]]:
    """Each condition, and whether its truth makes the whole truer."""
    if is_leaf(node):
        yield node.rule, positive
        return
    turns = isinstance(node.rule, Not | NoneOf) or (isinstance(node.rule, InSegment) and node.rule.outside)
    for part in node.children:
        yield from signed(part, positive is not turns)
