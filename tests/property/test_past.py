"""The members of random rules as of past instants are those the oracle finds in the shop as it was.

``REGULARS_RULES=10000`` tries more of them, ``REGULARS_RULES_SEED=7`` others.
"""

import os
from dataclasses import replace

import pytest

from domain.base import Stored
from domain.past import PAST
from domain.rules.grouped import Shape
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.instants import NOWS
from tests.support.rules.judge import Judge, asking
from tests.support.rules.past import then

RULES = int(os.environ.get("REGULARS_RULES", "300"))
PORTION = 60
# What is of no instant: identities, names, settings, rules, what was planned, what was done in the database itself; the
# histories that the others are made of; and what members of the shop's staff did.
OF_TODAY = {
    *("customer_external_ref", "attribute_definition", "customer_merge", "erasure", "product", "order_revision"),
    *("exchange_rate", "segment", "segment_version", "installed_template", "rfm_config", "dictionary", "strategy"),
    *("strategy_action", "event", "event_counter", "idempotency_record", "import_row", "member"),
    *("segment_watch", "watched_customer"),
}


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_the_members_as_of_an_instant_are_those_the_oracle_finds_in_the_shop_as_it_was(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            for shape in Shape:
                question = replace(judge.question(number), shape=shape)
                assert await judge.past_agrees(session, question), question


def test_the_past_differs_from_today(judge: Judge) -> None:
    earlier = {now: Judge(then(judge.shop, now), judge.terms, judge.seed) for now in NOWS}
    questions = [judge.question(number) for number in range(200)]
    assert sum(earlier[each.when.now].members(each) != judge.members(each) for each in questions) > 30


async def test_an_instant_before_all_data_knows_nobody(judge: Judge, market: Tenant, scope: Scope) -> None:
    question = replace(judge.question(0), rule=None)
    long_ago = replace(question.when, now=question.when.now.replace(year=1999))
    async with asking(scope, market) as session:
        assert await judge.ids_as_of(session, replace(question, when=long_ago)) == set()


def test_every_table_says_how_it_looked_or_is_of_today() -> None:
    dated = {name for name, table in Stored.metadata.tables.items() if PAST in table.info}
    assert dated.isdisjoint(OF_TODAY)
    assert dated | OF_TODAY == set(Stored.metadata.tables)
