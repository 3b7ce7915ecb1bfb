"""A made-up shop, once for all: ``shop`` as rows, ``market`` the tenant that holds it."""

import pytest

from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.shop import Maker, Shop
from tests.support.rules.stock import stock
from tests.support.tenants import Tenants

SEED = 20260331


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Maker(SEED).shop()


@pytest.fixture(scope="session")
async def market(shop: Shop, scope: Scope, tenants: Tenants) -> Tenant:
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    async with scope.write(tenant) as session:
        await stock(session, shop)
    return tenant
