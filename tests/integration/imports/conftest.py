"""A shop of its own for each test."""

import pytest

from tenancy.scope import Scope
from tests.support.imports import Shop
from tests.support.tenants import Tenants


@pytest.fixture
def currency() -> str:
    """The shop's base currency."""
    return "EUR"


@pytest.fixture
async def shop(scope: Scope, tenants: Tenants, currency: str) -> Shop:
    """A new tenant, empty."""
    (tenant,) = await tenants(1, timezone="Europe/Berlin", base_currency=currency)
    return Shop(scope, tenant)
