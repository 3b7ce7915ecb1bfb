"""What the hand-written endpoints share: tenants by key, the pool, and the transaction that names the tenant.

The pool has the product's size and settings; isolation, role and path are the product's promises, so they are kept.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request


class Connection(asyncpg.Connection):
    """Not reset when it is returned: all that is set is SET LOCAL."""

    def get_reset_query(self) -> str:
        """Nothing."""
        return ""


def read_schemas() -> dict[str, str]:
    """The tenant's schema, by the value of the Authorization header."""
    found = json.loads(Path(os.environ["BENCH_MERCHANTS"]).read_text())
    return {f"Bearer {one['token']}": one["schema"] for one in (found["large"], *found["small"])}


def read_frames() -> dict[str, str]:
    """What begins a request, by the value of its Authorization header."""
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE {0}; SET LOCAL search_path TO {0}, pg_temp"
    return {header: begin.format(schema) for header, schema in read_schemas().items()}


async def _init(connection: Any) -> None:
    await connection.set_type_codec("json", schema="pg_catalog", encoder=_same, decoder=_same, format="binary")


def _same(value: Any) -> Any:
    return value


@asynccontextmanager
async def pooled(app: Starlette) -> AsyncIterator[None]:
    """The lifespan: ``app.state.pool``."""
    settings = {"timezone": "UTC", "jit": "off", "statement_timeout": "10s"}
    async with asyncpg.create_pool(
        os.environ["BENCH_DSN"],
        min_size=0,
        max_size=20,
        connection_class=Connection,
        init=_init,
        max_inactive_connection_lifetime=300,
        max_queries=200_000,
        server_settings=settings,
    ) as app.state.pool:
        yield


async def answered(request: Request, frame: str, statement: str, *values: Any) -> Any:
    """The one value that the statement yields."""
    async with request.app.state.pool.acquire() as connection:
        await connection.execute(frame)
        found = await connection.fetchval(statement, *values)
        await connection.execute("COMMIT")
        return found
