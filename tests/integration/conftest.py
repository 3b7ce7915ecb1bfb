"""The application on the suite's database, and clients with the keys of tenants."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.postgres import Server


@pytest.fixture(scope="session")
async def api(server: Server, owner: AsyncEngine) -> AsyncIterator[Api]:
    """The running application."""
    async with opened(server.app_dsn, owner) as made:
        yield made


@pytest.fixture(scope="session")
async def shop(api: Api, tenant: Tenant) -> "Api":
    """The application, asked with a key of ``tenant``."""
    return await api.of(tenant)
