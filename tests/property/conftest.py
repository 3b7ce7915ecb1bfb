"""A made-up shop, once for all: ``shop`` as rows, ``market`` the tenant that holds it, ``judge`` who compares."""

import os

import pytest

from domain.rules.terms import Terms
from domain.segments.terms import terms_of, terms_statement
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge
from tests.support.rules.lists import LISTS, OVER_LISTS, lines
from tests.support.rules.past import with_past
from tests.support.rules.segments import SEGMENTS
from tests.support.rules.shop import Maker, Shop
from tests.support.rules.stock import stock
from tests.support.tenants import Tenants

SEED = os.environ.get("REGULARS_RULES_SEED", "20260331")


def with_lists(shop: Shop) -> Shop:
    """The shop, its customers on lists."""
    shop.lines = lines(shop, SEED)
    return shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    return with_lists(with_past(Maker(SEED).shop(), SEED))


@pytest.fixture(scope="session")
async def market(shop: Shop, scope: Scope, tenants: Tenants) -> Tenant:
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    async with scope.write(tenant) as session:
        await stock(session, shop, SEGMENTS | OVER_LISTS, LISTS)
    return tenant


@pytest.fixture(scope="session")
async def terms(market: Tenant, scope: Scope) -> Terms:
    async with scope.write(market) as session:
        return terms_of(await session.scalar(terms_statement()), CONDITIONS)


@pytest.fixture(scope="session")
def judge(shop: Shop, terms: Terms) -> Judge:
    return Judge(shop, terms, SEED)
