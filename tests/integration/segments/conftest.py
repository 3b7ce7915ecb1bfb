"""``club``: a new tenant with five customers, for each test."""

import pytest

from tenancy.scope import Scope
from tests.support.club import Club
from tests.support.tenants import Tenants


@pytest.fixture
async def club(scope: Scope, tenants: Tenants) -> Club:
    (tenant,) = await tenants()
    return await Club(scope, tenant).open()
