"""The members of random rules as of past instants are those the oracle finds in the shop as it was.

``REGULARS_RULES=10000`` tries more of them, ``REGULARS_RULES_SEED=7`` others.
"""

import os
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import ARRAY, Uuid, cast, func, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import Stored
from domain.past import PAST, AsOf
from domain.rules.grouped import Shape
from domain.rules.moment import INSTANT
from domain.segments.members import member_ids
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.instants import NOWS
from tests.support.rules.judge import Judge, Question, asking
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


@pytest.fixture(scope="session")
def judges(judge: Judge) -> dict[Any, Judge]:
    """Who judges questions as of each instant."""
    return {now: Judge(then(judge.shop, now), judge.terms, judge.seed) for now in NOWS}


async def as_of(session: AsyncSession, judge: Judge, question: Question, shape: Shape) -> set[Any]:
    clock = Clock(**asdict(question.when))
    found = member_ids(question.rule, terms=judge.terms, clock=clock, shape=shape).subquery()
    none = cast(literal_column("'{}'"), ARRAY(Uuid()))
    ids = select(func.coalesce(func.array_agg(found.c.id), none, type_=ARRAY(Uuid()))).scalar_subquery()
    return set(await session.scalar(select(AsOf(ids, literal(question.when.now, INSTANT)))))


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_the_members_as_of_an_instant_are_those_the_oracle_finds_in_the_shop_as_it_was(
    judges: dict[Any, Judge], judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question = judge.question(number)
            wanted = judges[question.when.now].members(question)
            for shape in Shape:
                assert await as_of(session, judge, question, shape) == wanted, (question.number, shape)


def test_the_past_differs_from_today(judges: dict[Any, Judge], judge: Judge) -> None:
    questions = [judge.question(number) for number in range(200)]
    differing = [q for q in questions if judges[q.when.now].members(q) != judge.members(q)]
    assert len(differing) > 50


async def test_an_instant_before_all_data_knows_nobody(judge: Judge, market: Tenant, scope: Scope) -> None:
    question = replace(judge.question(0), rule=None)
    long_ago = replace(question.when, now=question.when.now.replace(year=1999))
    async with asking(scope, market) as session:
        assert await as_of(session, judge, replace(question, when=long_ago), Shape.EACH) == set()


def test_every_table_says_how_it_looked_or_is_of_today() -> None:
    dated = {name for name, table in Stored.metadata.tables.items() if PAST in table.info}
    assert dated.isdisjoint(OF_TODAY)
    assert dated | OF_TODAY == set(Stored.metadata.tables)
