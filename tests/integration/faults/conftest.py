"""``victim``: a PostgreSQL to be killed, prepared; ``shop``: the application on it, asked for a merchant of its own."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from api.app import create_app
from api.settings import Settings
from tenancy.migrate import migrate_platform
from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.tenants import an_owner, maker
from tests.support.victim import Victim, a_victim


@dataclass(frozen=True, slots=True)
class Shop:
    """The application on the victim, and two merchants: all that is done is done in the first."""

    victim: Victim
    api: Api
    tenant: Tenant
    other: Tenant

    async def count(self, table: str, tenant: Tenant | None = None) -> int:
        """Rows of a table."""
        schema = (tenant or self.tenant).schema
        return int((await self.victim.run(f"SELECT count(*) FROM {schema}.{table}"))[0][0])


@pytest.fixture(scope="package")
def victim() -> Iterator[Victim]:
    with a_victim() as made:
        yield made


@pytest.fixture(scope="package")
async def merchants(victim: Victim) -> AsyncIterator[list[Tenant]]:
    server = victim.server
    await migrate_platform(server.owner_dsn, server.login, server.password)
    async with an_owner(server) as owner:
        yield await maker(owner, server.login)(2)


@pytest.fixture
async def shop(victim: Victim, merchants: list[Tenant]) -> AsyncIterator[Shop]:
    """An application of its own for each test, with few connections, for which nobody waits long."""
    one, other = merchants
    dsn = victim.server.app_dsn
    settings = Settings(database_url=dsn, read_connections=2, write_connections=2, pool_wait_s=1)
    async with an_owner(victim.server) as owner, opened(dsn, owner, app=create_app(settings)) as api:
        yield Shop(victim, await api.of(one), one, other)
