"""The suite's database: ``server`` (with a control plane), ``owner`` (its owner's engine), ``engines`` and ``scope`` as
the product uses them, as regulars_app; ``await tenants(2, base_currency="CNY")``: a list of new, empty tenants;
``session``: a write session in ``tenant``, shared by all; rolled back.  All but it live as long as the session.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tenancy.engine import Engines
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.postgres import Server, a_database, a_server
from tests.support.tenants import Tenants, an_owner, maker, rolled_back

pytest_plugins = ["tests.support.compiled"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture(scope="session")
async def server(cluster: Server) -> AsyncIterator[Server]:
    async with a_database(cluster) as database:
        yield database


@pytest.fixture(scope="session")
async def owner(server: Server) -> AsyncIterator[AsyncEngine]:
    async with an_owner(server) as engine:
        yield engine


@pytest.fixture(scope="session")
async def engines(server: Server) -> AsyncIterator[Engines]:
    async with Engines(server.app_dsn) as opened:
        yield opened


@pytest.fixture(scope="session")
def scope(engines: Engines) -> Scope:
    return Scope(engines)


@pytest.fixture(scope="session")
def tenants(owner: AsyncEngine, server: Server) -> Tenants:
    return maker(owner, server.login)


@pytest.fixture(scope="session")
async def tenant(tenants: Tenants) -> Tenant:
    return (await tenants())[0]


@pytest.fixture
async def session(scope: Scope, tenant: Tenant) -> AsyncIterator[AsyncSession]:
    async with rolled_back(scope, tenant) as opened:
        yield opened
