"""How tenant A could reach tenant B: attacks that work when one protection is gone.

Each returns what it learnt: B's number, when it succeeds.  They run what a hostile statement in A's scope could run.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tenancy.engine import Engines
from tenancy.scope import Scope
from tenancy.tenant import Tenant

SECRET = 424_242  # B's number
REFUSALS = (asyncpg.PostgresError, DBAPIError)


@dataclass(frozen=True, slots=True)
class Field:
    """Two tenants of one database."""

    engines: Engines
    a: Tenant
    b: Tenant

    @property
    def scope(self) -> Scope:
        """The door."""
        return Scope(self.engines)


async def by_full_name(field: Field) -> object:
    """Name B's schema."""
    async with field.scope.read(field.a) as connection:
        return await connection.fetchval(f"SELECT last FROM {field.b.schema}.event_counter")


async def by_a_path_left_behind(field: Field) -> object:
    """Ask for the table by its plain name, on a connection on which somebody once wrote a plain SET."""
    async with field.engines.node().reads.acquire() as connection:
        await connection.execute(f"SET search_path TO {field.b.schema}")
    async with field.scope.read(field.a) as connection:
        return await connection.fetchval("SELECT last FROM event_counter")


async def by_a_temporary_table(field: Field) -> object:
    """Leave a temporary table of a common name on the connection, and find B's rows in it later."""
    async with field.scope.write(field.a) as session:
        await session.execute(text("CREATE TEMPORARY TABLE event_counter (id int, last bigint)"))
        await session.execute(text(f"GRANT ALL ON pg_temp.event_counter TO {field.b.schema}"))
    async with field.scope.write(field.b) as session:
        await session.execute(text("INSERT INTO event_counter (id, last) VALUES (2, :n)"), {"n": SECRET})
    async with field.scope.write(field.a) as session:
        return await session.scalar(text("SELECT last FROM pg_temp.event_counter"))


async def by_set_config(field: Field) -> object:
    """Become B inside one SELECT, by a function that sets and a function that runs SQL from a text."""
    sql = (
        f"WITH become AS MATERIALIZED (SELECT set_config('role', '{field.b.schema}', true) AS role)"
        " SELECT (SELECT word FROM ts_stat("
        f"'SELECT to_tsvector(''simple'', last::text) FROM {field.b.schema}.event_counter'))::int"
        " FROM become WHERE role <> ''"
    )
    async with field.scope.read(field.a) as connection:
        return await connection.fetchval(sql)


async def by_a_block(field: Field) -> object:
    """Become B inside one DO block, which leaves the number where A finds it."""
    block = f"""DO $$ BEGIN
        SET LOCAL ROLE {field.b.schema};
        PERFORM set_config('application_name', (SELECT last::text FROM {field.b.schema}.event_counter), true);
    END $$"""
    async with field.scope.write(field.a) as session:
        await session.execute(text(block))
        return int(await session.scalar(text("SELECT current_setting('application_name')")))


Attack = Callable[[Field], Awaitable[object]]


async def succeeds(attack: Attack, field: Field) -> bool:
    """Whether it learns B's number."""
    with suppress(*REFUSALS):
        return bool(await attack(field) == SECRET)
    return False
