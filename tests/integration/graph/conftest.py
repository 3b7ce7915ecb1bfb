"""The sample shop on the suite's database, and a judge that compares answers."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import pytest

from tests.integration.graph.documents import DATA, named
from tests.support.graph_sample.oracle import World
from tests.support.graph_sample.seed import plant
from tests.support.graph_sample.shop import Shop, opened
from tests.support.postgres import Server, a_bare_database


@pytest.fixture(scope="session")
async def graph_dsn(cluster: Server) -> AsyncIterator[str]:
    """A database of the compiler's own tests: they know no tenant and no role."""
    async with a_bare_database(cluster) as database:
        yield database.owner_dsn


@pytest.fixture(scope="session")
async def planted(graph_dsn: str) -> str:
    """A database that holds the shop."""
    connection = await asyncpg.connect(graph_dsn)
    await plant(connection, "shop_one", DATA)
    await plant(connection, "shop_two", {**DATA, "region": [], "segment": []})
    await connection.close()
    return graph_dsn


@pytest.fixture(scope="session")
async def shop(planted: str) -> AsyncIterator[Shop]:
    """The shop, open."""
    async with opened(planted) as made:
        yield made


@pytest.fixture(scope="session")
def world() -> World:
    """The same shop as lists."""
    return World(DATA)


@pytest.fixture(scope="session")
def same(shop: Shop, world: World) -> Any:
    """Asks both and compares: data byte for byte (key order too), errors by message and path."""

    async def compare(text: str, variables: Any = None) -> Any:
        text = named(text)
        got = await shop.ask(text, variables)
        data, errors = world.run(text, variables)
        assert orjson.dumps(got.get("data")) == orjson.dumps(data), text
        mine = sorted((str(e["path"]), e["message"]) for e in got.get("errors", ()))
        judged = sorted((str(e["path"]), e["message"]) for e in errors)
        assert mine == judged if len(judged) <= 5 else set(mine) <= set(judged) and len(mine) == 5, text
        return got

    return compare
