"""How many members a rule has: counted in either shape, or estimated with bounds that hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api import answering
from api.graph.choice import Either
from api.scopes import granted
from api.views import view
from domain.customers.conditions.attribute import AttributeIs
from domain.rules.grouped import Shape
from domain.rules.terms import Terms
from domain.rules.tests import TextTest, ValueTest
from domain.segments.estimate import Accuracy
from domain.segments.read import customer_count
from domain.time import Clock
from tenancy.control import Control
from tenancy.keys import ALL_SCOPES
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.tenants import NOW, Tenants

MANY, CITIES = 30_000, 40
# Ids that end in bytes as random as new ones, and the same in every run.
PEOPLE = text(
    "INSERT INTO customer (id, city, tags, attributes, registered_at, created_at, updated_at)"
    " SELECT ('01900000-0000-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3) || '-' || substr(h, 7, 12))::uuid,"
    " 'City ' || n % :cities, '{}', '{}', now() - interval '1 year', now(), now()"
    " FROM generate_series(1, :many) AS n, md5('customer' || n) AS h"
)
COUNT = "query($r: RuleInput!) { customerCount(where: $r) { value } customers(where: $r, first: 1) { totalCount } }"
PAGE = "query($r: RuleInput!) { customers(where: $r, first: 2) { nodes { id } } }"
BUYERS = {"not": {"orders": {"having": {"sum": {"field": "netTotal", "test": {"gt": "3"}}}}}}


def of_cities(numbers: range) -> AttributeIs:
    return AttributeIs("city", ValueTest(text=TextTest(in_=tuple(f"City {number}" for number in numbers))))


async def estimate(session: AsyncSession, cities: range) -> Any:
    clock = Clock(now=datetime.now(UTC) + timedelta(days=1))
    made = customer_count(of_cities(cities), Accuracy.ESTIMATE, terms=Terms(), clock=clock)
    return (await session.execute(made)).one()


async def test_the_bounds_of_an_estimate_hold(session: AsyncSession) -> None:
    await session.execute(PEOPLE, {"many": MANY, "cities": CITIES})
    held = 0
    truth = MANY // CITIES
    for number in range(CITIES):
        found = await estimate(session, range(number, number + 1))
        assert not found.exact
        assert 0 < found.low <= found.value <= found.high < 3 * truth
        held += found.low <= truth <= found.high
    assert held >= 0.85 * CITIES
    most = await estimate(session, range(CITIES - 1))
    assert most.low <= MANY - truth <= most.high < 1.15 * MANY


async def test_of_few_customers_all_are_counted(session: AsyncSession) -> None:
    await session.execute(PEOPLE, {"many": 1000, "cities": CITIES})
    found = await estimate(session, range(10))
    assert tuple(found) == (250, True, 250, 250)


async def test_nobody_is_estimated_with_bounds(session: AsyncSession) -> None:
    await session.execute(PEOPLE, {"many": MANY, "cities": CITIES})
    found = await estimate(session, range(0))
    assert (found.value, found.low, found.exact) == (0, 0, False)
    assert 0 < found.high < 150


class Counting:
    """A process that answers, and how many statements each answer took."""

    def __init__(self, scope: Scope, tenant: Tenant) -> None:
        self.tenant, self.now = tenant, NOW
        self.executor = answering.Answering(scope, Control(scope._engines.node().writes), b"k" * 32).executor

    async def ask(self, document: str, minutes: int = 0) -> tuple[int, bytes]:
        before = self.executor.reading.statements
        now = NOW + timedelta(minutes=minutes)
        answer = await self.executor.run(
            document, {"r": BUYERS}, now=now, tenant=self.tenant, scopes=granted(ALL_SCOPES)
        )
        assert not answer.codes, answer.body
        return self.executor.reading.statements - before, answer.body


@pytest.fixture
async def counting(tenants: Tenants, scope: Scope) -> Counting:
    (tenant,) = await tenants(1)
    async with scope.write(tenant) as session:
        await session.execute(PEOPLE, {"many": 50, "cities": CITIES})
    return Counting(scope, tenant)


def chosen(patch: pytest.MonkeyPatch, factor: float, little: float = 0) -> None:
    patch.setitem(view.inject, "shape", Either(Shape.EACH, Shape.ALL, factor, little, view.inject["shape"].settings))


@pytest.mark.parametrize("factor", [0, 1e9])
async def test_whichever_shape_is_chosen_the_count_is_the_same(
    counting: Counting, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    chosen(monkeypatch, factor)
    _, body = await counting.ask(COUNT)
    assert body == b'{"data":{"customerCount":{"value":50},"customers":{"totalCount":50}}}'


async def test_a_shape_is_asked_for_once_in_ten_minutes(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(monkeypatch, 2.0)
    await counting.ask(PAGE)  # reads the dictionary
    # One rule at two places: a count and the total of a connection are other statements.
    taken = [(await counting.ask(COUNT, minutes))[0] for minutes in (0, 0, 9, 11, 11)]
    assert taken == [5, 1, 1, 5, 1]


async def test_where_it_costs_little_the_other_shape_is_not_estimated(counting: Counting) -> None:
    await counting.ask(PAGE)
    assert [(await counting.ask(COUNT))[0] for _ in range(2)] == [3, 1]


async def test_a_page_asks_for_no_shape(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(monkeypatch, 0)
    assert [(await counting.ask(PAGE))[0] for _ in range(2)] == [2, 1]
