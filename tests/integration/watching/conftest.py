"""``shop``: a new tenant with one product, whose segments can be watched, for each test."""

import pytest

from tenancy.scope import Scope
from tests.support.tenants import Tenants
from tests.support.watching import Watched


@pytest.fixture
async def shop(scope: Scope, tenants: Tenants) -> Watched:
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    return await Watched(scope, tenant).prepare()
