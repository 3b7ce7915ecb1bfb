"""Memberships explained: the outcome of every part of random rules is the oracle's, and what is said to decide does.

``REGULARS_EXPLAINED=3000`` tries more rules.
"""

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pytest

from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.rules.analysis.nodes import RuleNode, all_nodes, drawn
from domain.rules.explaining.logic import (
    FALSE,
    TRUE,
    Known,
    Outcome,
    conditions,
    decisive,
    is_leaf,
    lacking,
    leaves,
    outcomes_of,
)
from domain.rules.explaining.looked import MOST_EVIDENCE, Looked, Looking, Wanted
from domain.rules.seen import Unit
from domain.rules.tree import NoneOf, Not
from domain.segments.conditions.segment import InSegment
from domain.segments.membership import lines_of, looking
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge, asking
from tests.support.rules.oracle import Oracle

RULES = int(os.environ.get("REGULARS_EXPLAINED", "120"))
PORTION = 20
WANTED = (Wanted(), Wanted(seen=True, times=True, evidence=True))


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_every_part_of_a_rule_says_what_the_oracle_says(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    """Many rules at once, as segments are asked."""
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION, 4):
            when = judge.question(number).when
            roots = [drawn(judge.question(number + n).rule, judge.terms, written_out=True) for n in range(4)]
            clock = Clock(**asdict(when))
            look = looking(roots, WANTED[number // 4 % 2], terms=judge.terms, clock=clock)
            ids = [person.row["id"] for person in judge.shop.people]
            lines = (await session.execute(lines_of(look, ids, clock))).mappings()
            rows = {row["id"]: look.read(row) for row in lines}
            found = {id_: {leaf: seen.outcome for leaf, seen in row.items()} for id_, row in rows.items()}
            oracle = Oracle(judge.shop, when, judge.terms.rules)
            people = [person for person in judge.shop.people if oracle.known(person)]
            assert found.keys() == {person.row["id"] for person in people}
            for condition, counted in look.counted.items():
                if counted is not None and counted.function in ("exists", "count") and look.want.evidence:
                    agree(look, condition, rows)
            for root in roots:
                for person in people:
                    said = outcomes_of(root, found[person.row["id"]])
                    for node in all_nodes(root):
                        told = Outcome.of(oracle.truth(node.rule, person))
                        assert said[node.id] is told, (number, node.id, person.row["id"], node.rule)


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_what_decides_fixes_the_outcome_and_nothing_of_it_can_be_left_out(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    needed = 0
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question, chance = judge.question(number), random.Random(number)
            root = drawn(question.rule, judge.terms, written_out=True)
            asked, clock = conditions([root]), Clock(**asdict(question.when))
            ids = [person.row["id"] for person in judge.shop.people]
            made = lines_of(looking([root], Wanted(), terms=judge.terms, clock=clock), ids, clock)
            signs = dict(signed(root, True))
            for outcomes in {tuple(row.outcomes) for row in await session.execute(made)}:
                known = dict(zip(asked, map(Outcome.of, outcomes), strict=True))
                said = outcomes_of(root, known)
                kept = decisive(root, known, said)
                there = {**known, **{node.rule: TRUE if goal.upwards else FALSE for node, goal in lacking(root, said)}}
                whole = len(list(leaves(root))) == len(signs)
                assert not whole or outcomes_of(root, there)[root.id] is TRUE, number
                assert (said[root.id] is TRUE) == (there == known), number
                assert ends(root, known, kept, signs, chance) == {said[root.id]}, number
                # Of a condition in several places it may be that no outcome of its own changes anything.
                if whole:
                    for leaf in kept:
                        assert len(ends(root, known, kept - {leaf}, signs, chance)) > 1, (number, leaf)
                        needed += 1
    assert needed > PORTION


def agree(look: Looking, condition: Any, rows: Mapping[Any, Mapping[Any, Looked]]) -> None:
    """That as many events are shown as were counted, five at most; they are what makes that there are some."""
    seen = look.seen[condition]
    for row in rows.values():
        looked, shown = row[condition], len(row[condition].evidence)
        if seen is not None and seen.unit is Unit.COUNT and isinstance(condition, Orders | Interactions | Items):
            assert shown > 0 if looked.value is None else shown == min(looked.value, MOST_EVIDENCE), condition
        if looked.expires is not None and shown and looked.clears is not None:
            assert looked.expires <= looked.clears, condition


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
