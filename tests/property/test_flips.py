"""When a customer comes or goes by the passing of time: as the oracle finds at every instant.

``REGULARS_FLIPS=3000`` tries more rules.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, true

from domain.customers.customer import Customer
from domain.rules.turns import NoInstants
from domain.segments.flip import next_flip, since_when
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.instants import BOUNDS, DAY, When
from tests.support.rules.judge import Judge, Question, asking
from tests.support.rules.oracle import Oracle
from tests.support.rules.past import person_then
from tests.support.rules.shop import Person

RULES = int(os.environ.get("REGULARS_FLIPS", "240"))
PORTION, PEOPLE, GRID = 40, 10, 50
LEAST = timedelta(microseconds=1)
WHO = Customer.__table__.alias("who")


def is_member(judge: Judge, rule: Any, person: Person, when: When, at: datetime) -> bool:
    """By the oracle."""
    oracle = Oracle(judge.shop, replace(when, now=at), judge.terms.rules)
    return oracle.known(person) and oracle.truth(rule, person) is True


def was_member(judge: Judge, rule: Any, place: int, when: When, at: datetime) -> bool:
    """By the oracle, in the shop as it was."""
    people = [*judge.shop.people]
    people[place] = person_then(people[place], at)
    return is_member(
        replace(judge, shop=replace(judge.shop, people=people, today=judge.shop)), rule, people[place], when, at
    )


def of_each(found: Any, people: list[Person]) -> Any:
    """A line of each customer."""
    ids = [person.row["id"] for person in people]
    return select(WHO.c.id, *found.c).select_from(WHO.join(found, true())).where(WHO.c.id.in_(ids))


def grid(chance: random.Random, start: datetime, end: datetime) -> Iterator[datetime]:
    """Instants between two, dense about the bounds of windows and about the end."""
    beside = (timedelta(), LEAST, -LEAST, timedelta(hours=1), DAY, timedelta(hours=chance.randint(1, 40)))
    within = [at for at in BOUNDS if start < at < end] or [start]
    yield end - LEAST
    for _ in range(GRID):
        yield chance.choice(within) + chance.choice(beside)
        yield start + (end - start) * chance.random()


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_a_membership_lasts_until_the_next_flip(judge: Judge, market: Tenant, scope: Scope, first: int) -> None:
    async with asking(scope, market) as session:
        told = 0
        for number in range(first, first + PORTION):
            question, chance = judge.question(number), random.Random(number)
            some = chance.sample(judge.shop.people, PEOPLE)
            clock = Clock(**asdict(question.when))
            try:
                statement = of_each(next_flip(question.rule, WHO, terms=judge.terms, clock=clock), some)
            except NoInstants:
                continue
            found = {row.id: row for row in await session.execute(statement)}
            told += 1
            for person in some:
                row = found[person.row["id"]]
                agree(judge, question, person, row, chance)
        assert told > PORTION / 3


def agree(judge: Judge, question: Question, person: Person, row: Any, chance: random.Random) -> None:
    """That the membership is what it is until the flip, and another then."""
    now, place = question.when.now, (question.number, person.row["id"], row)
    asked = lambda at: is_member(judge, question.rule, person, question.when, at)  # noqa: E731
    assert asked(now) == row.member, place
    if row.at is not None:
        assert row.at > now, place
        assert asked(row.at) != row.member, place
    for at in grid(chance, now, row.at or now + 900 * DAY):
        if now <= at < (row.at or at + DAY):
            assert asked(at) == row.member, (*place, at)


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_a_membership_has_lasted_since_the_flip_before(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question, chance = judge.question(number), random.Random(number)
            places = chance.sample(range(len(judge.shop.people)), PEOPLE)
            clock, some = Clock(**asdict(question.when)), [judge.shop.people[place] for place in places]
            try:
                found = since_when(question.rule, WHO, terms=judge.terms, clock=clock)
            except NoInstants:
                continue
            rows = {row.id: row for row in await session.execute(of_each(found, some))}
            for place, person in zip(places, some, strict=True):
                lasted(judge, question, place, rows[person.row["id"]], chance)


def lasted(judge: Judge, question: Question, place: int, row: Any, chance: random.Random) -> None:
    """That the membership was what it is since then, and another right before."""
    now, where = question.when.now, (question.number, row)
    asked = lambda at: was_member(judge, question.rule, place, question.when, at)  # noqa: E731
    assert asked(now) == row.member, where
    if row.at is not None:
        assert row.at <= now, where
        assert asked(row.at - LEAST) != row.member, where
    for at in grid(chance, row.at or now - 900 * DAY, now):
        if (row.at or at) <= at < now:
            assert asked(at) == row.member, (*where, at)
