"""The counts of all parts of random rules, found in one statement, are those of the oracle."""

from dataclasses import asdict

from domain.rules.analysis.nodes import all_nodes, drawn
from domain.segments.parts import counted
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge, asking

RULES = 60


async def test_each_part_of_a_rule_is_true_and_false_of_as_many_as_the_oracle_finds(
    judge: Judge, market: Tenant, scope: Scope
) -> None:
    async with asking(scope, market) as session:
        for number in range(RULES):
            question = judge.question(number)
            oracle = judge.oracle(question)
            known = [person for person in judge.shop.people if oracle.known(person)]
            nodes = [node.rule for node in all_nodes(drawn(question.rule, judge.terms))]
            made = counted(nodes, terms=judge.terms, clock=Clock(**asdict(question.when)))
            row = (await session.execute(made)).one()
            assert (row.everybody, row.exact) == (len(known), True)
            for rule, trues, falses in zip(nodes, row.trues, row.falses, strict=True):
                truths = [oracle.truth(rule, person) for person in known]
                assert (trues, falses) == (truths.count(True), truths.count(False)), (question.number, rule)
