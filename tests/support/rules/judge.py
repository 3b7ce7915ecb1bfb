"""Asks PostgreSQL and the oracle the same questions, and reduces a rule on which they differ."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.customers.customer import Customer
from domain.past import AsOf
from domain.rules.grouped import Shape
from domain.rules.moment import INSTANT
from domain.rules.terms import Terms
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not
from domain.segments.members import is_member, member_count, member_ids, members
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.draw import Draw
from tests.support.rules.instants import NOWS, ZONES, When
from tests.support.rules.oracle import Oracle
from tests.support.rules.past import then
from tests.support.rules.shop import Shop
from tests.support.tenants import rolled_back

# As the GraphQL compiler asks: with values that are not known when the SQL is made.
BOUND = Clock(
    now=bindparam("asked_now", type_=DateTime(timezone=True)),
    zone=bindparam("asked_zone", type_=Text()),
    week_start=bindparam("asked_week_start", type_=Integer()),
    fiscal_year_start=bindparam("asked_fiscal_year_start", type_=Integer()),
)

_IDS = ARRAY(Uuid())
_NOBODY: Any = cast(literal_column("'{}'"), _IDS)


@asynccontextmanager
async def asking(scope: Scope, tenant: Tenant) -> AsyncIterator[AsyncSession]:
    """A session whose zone has summer time, so that days of the session's calendar are not 24 hours."""
    async with rolled_back(scope, tenant) as session:
        await session.execute(text("SET LOCAL TimeZone TO 'Europe/Berlin'"))
        yield session


@dataclass(frozen=True, slots=True)
class Question:
    """A rule asked at an instant, on a calendar, in a shape first.  ``number`` draws the same again."""

    number: str
    rule: Any
    when: When
    shape: Shape


@dataclass(slots=True)
class Judge:
    """Compares answers of one shop.  ``seed`` decides all questions."""

    shop: Shop
    terms: Terms
    seed: str
    expected: dict[Question, set[UUID]] = field(default_factory=dict)
    drawn: dict[int, Question] = field(default_factory=dict)
    earlier: dict[datetime, "Judge"] = field(default_factory=dict)  # those of the shop as it was

    def question(self, number: int) -> Question:
        """One of the endless questions."""
        if number not in self.drawn:
            draw = Draw(f"{self.seed}:{number}", sorted(self.terms.segments))
            zone = "Europe/Berlin" if draw.likely(0.7) else draw.pick(*ZONES)
            # A fault in one condition may be hidden by others: some rules are a single one.
            rule = draw.rule(number % 4)
            when = When(draw.pick(*NOWS), zone, draw.pick(1, 1, 6, 7), draw.pick(1, 4, 4, 10, 12))
            shape = Shape.ALL if number // 4 % 2 else Shape.EACH
            self.drawn[number] = Question(f"{self.seed}:{number}", rule, when, shape)
        return self.drawn[number]

    def oracle(self, question: Question) -> Oracle:
        """Who judges a question."""
        return Oracle(self.shop, question.when, self.terms.rules)

    def members(self, question: Question) -> set[UUID]:
        """The members by the oracle."""
        if question not in self.expected:
            self.expected[question] = self.oracle(question).members(question.rule)
        return self.expected[question]

    def share(self, question: Question) -> float:
        """How many of the customers known by then are members."""
        oracle = self.oracle(question)
        return len(self.members(question)) / sum(map(oracle.known, self.shop.people))

    async def ids_agree(self, session: AsyncSession, question: Question) -> bool:
        """Whether the ids are those of the oracle."""
        statement = member_ids(question.rule, terms=self.terms, clock=BOUND, shape=question.shape)
        binds = {f"asked_{name}": value for name, value in asdict(question.when).items()}
        found = list(await session.scalars(statement, binds))
        return len(found) == len(set(found)) and set(found) == self.members(question)

    async def past_agrees(self, session: AsyncSession, question: Question) -> bool:
        """Whether the ids as of the question's instant are those of the oracle in the shop as it was then."""
        at = question.when.now
        if at not in self.earlier:
            self.earlier[at] = Judge(then(self.shop, at), self.terms, self.seed)
        return await self.ids_as_of(session, question) == self.earlier[at].members(question)

    async def ids_as_of(self, session: AsyncSession, question: Question) -> set[UUID]:
        """The ids of the members as of the question's instant."""
        clock = Clock(**asdict(question.when))
        found = member_ids(question.rule, terms=self.terms, clock=clock, shape=question.shape).subquery()
        ids = select(func.coalesce(func.array_agg(found.c.id), _NOBODY, type_=_IDS)).scalar_subquery()
        listed = await session.scalar(select(AsOf(ids, literal(question.when.now, INSTANT))))
        assert len(listed) == len(set(listed))
        return set(listed)

    async def all_agree(self, session: AsyncSession, question: Question) -> bool:
        """Whether ids, count in both shapes, customers, and the answers for each are those of the oracle."""
        if not await self.ids_agree(session, question):
            return False
        clock = Clock(**asdict(question.when))
        counts = {
            await session.scalar(member_count(question.rule, terms=self.terms, clock=clock, shape=shape))
            for shape in Shape
        }
        customers = list(await session.scalars(members(question.rule, terms=self.terms, clock=clock)))
        one = aliased(Customer)
        asked_one_by_one = select(one.id).where(is_member(one.id, question.rule, terms=self.terms, clock=clock))
        wanted = self.members(question)
        return counts == {len(wanted)} == {len(customers)} and {customer.id for customer in customers} == wanted == set(
            await session.scalars(asked_one_by_one)
        )

    async def smallest(self, session: AsyncSession, question: Question) -> Question:
        """The least part of a rule on which they still differ."""
        for part in smaller(question.rule):
            tried = replace(question, rule=part)
            if not await self.all_agree(session, tried):
                return await self.smallest(session, tried)
        return question


def smaller(rule: Any) -> Iterator[Any]:
    """Rules a little smaller."""
    match rule:
        case Not(inner):
            yield inner
        case All(of) | AnyOf(of) | NoneOf(of) | AtLeast(_, of):
            yield from of
            for left_out in range(len(of)) if len(of) > 1 else ():
                kept = of[:left_out] + of[left_out + 1 :]
                less = {"k": min(rule.k, len(kept))} if isinstance(rule, AtLeast) else {}
                yield replace(rule, of=kept, **less)
            for place, part in enumerate(of):
                yield from (replace(rule, of=(*of[:place], less, *of[place + 1 :])) for less in smaller(part))
