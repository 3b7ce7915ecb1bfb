"""The sample behind an Executor: pools, frames that name the shop, and a way to ask."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from api.graph.execute import Answer, Doors, Executor, json_as_bytes
from api.graph.limits import Limits
from api.graph.planning import Plan
from api.graph.request import Env
from tests.support.graph_sample import rules
from tests.support.graph_sample.seed import NOW
from tests.support.graph_sample.subjects import core_schema, view

SECRET = b"k" * 32
WIDE = Limits(fields=5000, aliases=500, directives=500, tokens=20_000, depth=30)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A shop: its schema and time zone."""

    name: str = "shop_one"
    zone: str = "Asia/Shanghai"


async def read_kept(connection: Any) -> rules.Kept:
    """The dictionary, as it is in the connection's snapshot."""
    version = await connection.fetchval("SELECT version FROM dictionary")
    regions = await connection.fetch("SELECT name, countries FROM region")
    found = await connection.fetch("SELECT id, rule::text FROM segment")
    return rules.Kept(
        version,
        {r[0]: tuple(r[1]) for r in regions},
        {r[0]: rules.from_json(json.loads(r[1])) for r in found if r[1] != "null"},
    )


class Shop:
    """An executor on a pool of its own, counting what it opens."""

    def __init__(self, pool: Any, engine: AsyncEngine, **options: Any) -> None:
        self.pool, self.engine = pool, engine
        self.opened: list[str] = []
        doors = Doors(self.read, self.write, read_kept, lambda tenant: tenant.name)
        self.executor = Executor(core_schema, view, doors, SECRET, **{"limits": WIDE, **options})

    @property
    def counted(self) -> tuple[int, int]:
        """(plans made, statements sent) so far."""
        return self.executor.reading.planned, self.executor.reading.statements

    @asynccontextmanager
    async def read(self, env: Env) -> AsyncIterator[Any]:
        """A snapshot of the shop."""
        self.opened.append("read")
        async with self.pool.acquire() as connection:
            await connection.execute(
                f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path TO {env.tenant.name}"
            )
            try:
                yield connection
            finally:
                await connection.execute("ROLLBACK")

    @asynccontextmanager
    async def write(self, env: Env) -> AsyncIterator[AsyncSession]:
        """A transaction of the shop; committed on a clean exit."""
        self.opened.append("write")
        session = AsyncSession(self.engine, expire_on_commit=False)

        @event.listens_for(session.sync_session, "after_begin")
        def enter(_session: Any, _transaction: Any, connection: Any) -> None:
            connection.exec_driver_sql(f"SET LOCAL search_path TO {env.tenant.name}")

        async with session, session.begin():
            yield session

    async def answer(self, text: str, variables: Any = None, **more: Any) -> Answer:
        """The executor's answer."""
        more = {"now": NOW, "tenant": Tenant(), **more}
        return await self.executor.run(text, variables, **more)

    async def ask(self, text: str, variables: Any = None, **more: Any) -> Any:
        """The answer's JSON."""
        return orjson.loads((await self.answer(text, variables, **more)).body)


@asynccontextmanager
async def opened(dsn: str, size: int = 3, **options: Any) -> AsyncIterator[Shop]:
    """A shop on a database."""
    settings = {"timezone": "UTC", "search_path": "nowhere"}
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=json_as_bytes,
        statement_cache_size=500,
        max_cacheable_statement_size=0,
        server_settings=settings,
    )
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://"), connect_args={"server_settings": settings}
    )
    try:
        yield Shop(pool, engine, **options)
    finally:
        await engine.dispose()
        await asyncio.wait_for(pool.close(), 10)  # a connection that was not given back is a failure, not a hang


def only_plan(shop: Shop, text: str) -> Plan:
    """The plan of a document that was asked in one way only."""
    document = shop.executor.documents.recent.get(text)
    assert document
    node = document.plans.trees[None]
    while node.plan is None:
        (node,) = node.branches.values()
    return node.plan
