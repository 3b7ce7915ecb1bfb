"""A customer's scores are those that rules find, of one population for a whole list of customers."""

from collections.abc import AsyncIterator, Sequence
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.catalogue.rfm import TEN
from domain.customers.customer import Customer
from domain.orders.rfm.read import rfm_of
from domain.rules.scoring import SCORES, equal_parts, given
from domain.rules.terms import RfmTerms, Terms
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.configs import CONFIGS
from tests.support.rules.instants import NOW, NOWS, When
from tests.support.rules.oracle import Oracle
from tests.support.rules.shop import Maker, Shop, id_of
from tests.support.rules.standings import label, scored
from tests.support.rules.stock import stock
from tests.support.tenants import Tenants, rolled_back

TENTHS = id_of(12, 9)
ALL = {**CONFIGS, TENTHS: RfmTerms("tenths", equal_parts(10))}
TERMS = Terms(vocabulary=CONDITIONS, rfm=ALL)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Maker("rfm").shop()


@pytest.fixture(scope="module")
async def market(shop: Shop, tenants: Tenants, scope: Scope) -> Tenant:
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    async with scope.write(tenant) as session:
        await stock(session, shop, {})
    return tenant


@pytest.fixture
async def session(market: Tenant, scope: Scope) -> AsyncIterator[AsyncSession]:
    async with rolled_back(scope, market) as opened:
        yield opened


def asked(config: str | None, now: Any) -> Any:
    """Every customer beside the scores."""
    person = aliased(Customer)
    found = rfm_of(person, config, terms=TERMS, clock=Clock(now, "Europe/Berlin")).lateral("found")
    return select(person.id, *found.c).join(found, text("true"))


def expected(shop: Shop, config: str | None, now: Any) -> dict[Any, tuple[Any, ...]]:
    """Scores and label of each, in plain Python."""
    oracle = Oracle(shop, When(now, "Europe/Berlin"), {})
    id_ = TERMS.rfm_id(config)
    scoring = equal_parts(5) if id_ is None else ALL[id_].scoring
    lists = oracle.listed(scoring, None, ("DAYS_SINCE_ORDER", "ORDER_COUNT", "NET_SPEND"))
    lists[0] = {key: -value for key, value in lists[0].items()}
    made = {}
    for key in lists[0]:
        scales = zip(lists, scoring.scales, (-1, 1, 1), strict=True)
        scores = [scored(values, key, scale, sign) for values, scale, sign in scales]
        named = [each for each in scoring.labels or () if label(scoring, scores, (each.key,))]
        made[key] = (*scores, (named[0].en or named[0].zh) if named else None, lists[1][key], lists[2][key])
    return made


@pytest.mark.parametrize("config", [None, "fixed", "mixed", "tenths"])
async def test_scores_and_labels_are_those_of_plain_python(
    session: AsyncSession, shop: Shop, config: str | None
) -> None:
    for now in NOWS:
        known = {p.row["id"] for p in shop.people if Oracle(shop, When(now), {}).known(p)}
        rows = [row for row in await session.execute(asked(config, now)) if row.id in known]
        found = {row.id: (*row[1:4], row.label_en, row.orders, row.spend) for row in rows}
        assert found == expected(shop, config, now)
        assert all(row.code == ("-" if config in ("mixed", "tenths") else "").join(map(str, row[1:4])) for row in rows)


@pytest.mark.parametrize("config", [None, "mixed"])
async def test_a_list_of_customers_is_scored_by_one_pass_over_the_population(
    session: AsyncSession, config: str | None
) -> None:
    statement = asked(config, NOW).compile(session.bind, compile_kwargs={"literal_binds": False})
    raw = await (await session.connection()).get_raw_connection()
    values: Sequence[Any] = [statement.params[name] for name in statement.positiontup]
    plan = await raw.driver_connection.fetch(f"EXPLAIN ANALYZE {statement}", *values)
    lines = [row[0] for row in plan]
    windows = [line for line in lines if "WindowAgg" in line]
    assert windows
    assert all("loops=1)" in line for line in windows), "\n".join(lines)
    cuts = [line for line in lines if "InitPlan" in line]
    assert cuts


def test_each_combination_of_quintiles_has_one_of_the_ten_labels() -> None:
    named = set()
    for scores in product(range(1, 6), repeat=3):
        fitting = [
            one.key
            for one in TEN
            for pattern in one.scores
            if all(scores[place] in wanted for place, wanted in given(pattern))
        ]
        assert fitting, dict(zip(SCORES, scores, strict=True))
        named.add(fitting[0])
    assert named == {one.key for one in TEN}
