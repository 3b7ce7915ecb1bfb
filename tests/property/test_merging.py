"""Merged customers satisfy the rules that one would who had done all of it; separated ones, their own again."""

import copy
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import WRITABLE
from domain.customers.merge import customer_merge
from domain.customers.unmerge import customer_unmerge
from domain.segments.terms import terms_of, terms_statement
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.property.conftest import SEED
from tests.support.rules.instants import NOWS
from tests.support.rules.judge import Judge, asking
from tests.support.rules.segments import SEGMENTS
from tests.support.rules.shop import Person, Shop
from tests.support.rules.stock import stock
from tests.support.tenants import Tenants, digests

QUESTIONS = 120
# After all that is asked: what the winner learns by it is a change from then on.
MERGED_AT = max(NOWS) + timedelta(days=400)
PLACE = ("country", "region", "city", "latitude", "longitude")
SINGLE = ("display_name", "email", "birth_date", "industry", "employees", "receivable", "intimacy", "purchase_intent",
          "timezone")  # fmt: skip
EVENTS = ("orders", "items", "returns", "interactions", "feedback", "consents", "revisions", "dropped")
FORWARD = {"customer", "event", "event_counter"}


@dataclass
class United:
    """A tenant in which customers were merged, the shop as if they had always been one, and who into whom."""

    tenant: Tenant
    judge: Judge
    apart: Judge
    pairs: list[tuple[UUID, list[UUID]]]
    before: dict[str, str]


def unite(winner: Person, loser: Person) -> None:
    """All of the loser's is the winner's, in memory."""
    mine, other, before = winner.row, loser.row, copy.deepcopy(winner.row)
    nowhere = all(mine.get(name) is None for name in PLACE)
    for name in (*SINGLE, *(PLACE if nowhere else ())):
        if mine.get(name) is None:
            mine[name] = other.get(name)
    mine["tags"] = mine["tags"] + [tag for tag in other["tags"] if tag not in mine["tags"]]
    mine["attributes"] = other["attributes"] | mine["attributes"]
    mine["registered_at"] = min(mine["registered_at"], other["registered_at"])
    learn = [(name, before.get(name)) for name in WRITABLE if mine.get(name) != before.get(name)]
    learn += [(key, None) for key in mine["attributes"].keys() - before["attributes"].keys()]
    for field, value in learn:
        after = MERGED_AT + len(winner.changes) * timedelta(microseconds=1)
        winner.changes.append({"field": field, "before": value, "valid_from": MERGED_AT, "recorded_at": after})
    for name in EVENTS:
        getattr(winner, name).extend(getattr(loser, name))
        getattr(loser, name).clear()
    other["merged_into"] = mine["id"]


def groups(shop: Shop, chance: random.Random) -> list[tuple[Person, list[Person]]]:
    """Whom to merge into whom; the last merges a winner of before into another."""
    there = [p for p in shop.people if not (p.row["merged_into"] or p.row["erased_at"] or p.row["deleted_at"])]
    chosen = chance.sample(there, 36)
    made = [(chosen[n], chosen[n + 1 : n + chance.choice((2, 3, 4))]) for n in range(0, 32, 4)]
    return [*made, (chosen[35], [made[0][0], chosen[34]])]


async def terms_in(session: AsyncSession) -> Any:
    """The terms of the tenant."""
    return terms_of(await session.scalar(terms_statement()), CONDITIONS)


@pytest.fixture(scope="module")
async def united(shop: Shop, scope: Scope, tenants: Tenants) -> United:
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    mine = copy.deepcopy(shop)
    async with scope.write(tenant) as session:
        await stock(session, mine, SEGMENTS)
        terms = await terms_in(session)
    before = await digests(scope, tenant)
    apart = Judge(copy.deepcopy(shop), terms, SEED)
    pairs = []
    async with scope.write(tenant) as session:
        for winner, losers in groups(mine, random.Random(SEED)):
            ids = [one.row["id"] for one in losers]
            await customer_merge(session, winner.row["id"], ids, now=MERGED_AT, actor="key:test")
            pairs.append((winner.row["id"], ids))
            for loser in losers:
                unite(winner, loser)
    mine.turns.clear()  # were those of the shop that this one is a copy of
    return United(tenant, Judge(mine, terms, f"{SEED}:united"), apart, pairs, before)


async def disagreeing(judge: Judge, scope: Scope, tenant: Tenant) -> list[str]:
    """The questions on which SQL and oracle differ."""
    async with asking(scope, tenant) as session:
        return [
            question.number
            for number in range(QUESTIONS)
            if not await judge.ids_agree(session, question := judge.question(number))
        ]


async def test_who_is_merged_is_one_customer_in_every_rule(united: United, scope: Scope) -> None:
    assert await disagreeing(united.judge, scope, united.tenant) == []
    # The merges matter: of the shop as it was, other members are expected.
    other = Judge(united.apart.shop, united.judge.terms, united.judge.seed)
    asked = [united.judge.question(number) for number in range(QUESTIONS)]
    assert sum(united.judge.members(one) != other.members(one) for one in asked) > QUESTIONS / 4


async def test_who_is_separated_again_is_what_each_was(united: United, scope: Scope) -> None:
    async with scope.write(united.tenant) as session:
        for _, losers in reversed(united.pairs):
            for loser in losers:
                await customer_unmerge(session, loser, now=MERGED_AT)
    after = await digests(scope, united.tenant)
    assert {t: after[t] for t in after if t not in FORWARD} == {t: united.before[t] for t in after if t not in FORWARD}
    assert await disagreeing(united.apart, scope, united.tenant) == []
