"""What the analysis says of random rules is so: held to the oracle, and to PostgreSQL.

``REGULARS_RULES=10000`` tries more of them, ``REGULARS_RULES_SEED=7`` others.
"""

import os
from collections import Counter
from dataclasses import replace
from typing import Any

from domain.rules.analysis.faults import Fault, RuleWarningKind, faults
from domain.rules.terms import Terms
from domain.rules.tree import All, Connective, Not, parts
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.property.conftest import SEED
from tests.support.rules.draw_alike import DrawAlike
from tests.support.rules.judge import Judge, Question, asking

RULES = int(os.environ.get("REGULARS_RULES", "300"))
USELESS = (RuleWarningKind.REDUNDANT, RuleWarningKind.SHADOWED)
LEAST = {RuleWarningKind.NEVER_TRUE: 60, RuleWarningKind.ALWAYS_TRUE: 30, RuleWarningKind.REDUNDANT: 15,
         RuleWarningKind.SHADOWED: 15, RuleWarningKind.CONTRADICTS: 3}  # fmt: skip


def drawn(judge: Judge, number: int) -> Question:
    """A rule whose conditions are about the same few things, asked as the judge's question of that number."""
    rule = DrawAlike(f"{SEED}:alike:{number}", sorted(judge.terms.segments)).rule(1 + number % 3)
    return replace(judge.question(number), number=f"{SEED}:alike:{number}", rule=rule)


def at(rule: Any, path: tuple[str, ...]) -> Any:
    """The part at a place."""
    for place, part in parts(rule):
        if path[: len(place)] == place:
            return at(part, path[len(place) :])
    assert not path
    return rule


def without(rule: Any, paths: set[tuple[str, ...]], here: tuple[str, ...] = ()) -> Any:
    """The rule without some members of its lists."""
    kept = [without(part, paths, (*here, *place)) for place, part in parts(rule) if (*here, *place) not in paths]
    if not isinstance(rule, Connective):
        return replace(rule, population=kept[0]) if kept else rule
    return Not(kept[0]) if isinstance(rule, Not) else replace(rule, of=tuple(kept))


def so(judge: Judge, question: Question, fault: Fault) -> bool:
    """Whether a fault is one by the oracle."""
    oracle = judge.oracle(question)
    everybody = oracle.members(None)
    part = at(question.rule, fault.path)
    match fault.kind:
        case RuleWarningKind.NEVER_TRUE:
            return not oracle.members(part)
        case RuleWarningKind.ALWAYS_TRUE:
            return oracle.members(part) == everybody
        case RuleWarningKind.CONTRADICTS:
            return not oracle.members(All((part, at(question.rule, fault.other or ()))))
    return oracle.members(without(question.rule, {fault.path})) == oracle.members(question.rule)


def test_what_is_said_of_random_rules_is_so(judge: Judge, terms: Terms) -> None:
    seen: Counter[RuleWarningKind] = Counter()
    for number in range(5 * RULES):
        question = drawn(judge, number)
        found = faults(question.rule, terms)
        for fault in found:
            seen[fault.kind] += 1
            assert so(judge, question, fault), f"{question.number}: {fault}\n{question.rule}"
        useless = {fault.path for fault in found if fault.kind in USELESS}
        if useless:
            less = replace(question, rule=without(question.rule, useless))
            assert judge.members(less) == judge.members(question), question
    assert all(seen[kind] >= least for kind, least in LEAST.items()), seen


def test_what_is_said_of_rules_of_every_kind_is_so(judge: Judge, terms: Terms) -> None:
    for number in range(RULES):
        question = judge.question(number)
        for fault in faults(question.rule, terms):
            assert so(judge, question, fault), f"{question.number}: {fault}\n{question.rule}"


async def test_postgresql_finds_the_same_members_without_what_is_of_no_use(
    judge: Judge, terms: Terms, market: Tenant, scope: Scope
) -> None:
    async with asking(scope, market) as session:
        for number in range(60):
            question = drawn(judge, number)
            useless = {fault.path for fault in faults(question.rule, terms) if fault.kind in USELESS}
            less = replace(question, rule=without(question.rule, useless))
            judge.expected[less] = judge.members(question)
            assert await judge.ids_agree(session, less), question
