"""Every table of the metadata, attacked from a tenant's scope and from outside: PostgreSQL says no."""

import asyncpg
import pytest
from sqlalchemy import Table, text
from sqlalchemy.exc import ProgrammingError

from domain.models import metadata
from tenancy.engine import Engines
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.tenants import Tenants

TABLES = [table.name for table in metadata.sorted_tables]
PLATFORM = ["tenant", "node", "api_key", "audit", "change", "alembic_version"]
UNDEFINED, FORBIDDEN = asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError


def statements(relation: str, table: Table) -> list[str]:
    """Everything one can do to a table."""
    column = next(iter(table.columns)).name
    return [
        f"SELECT count(*) FROM {relation}",
        f"SELECT {column} FROM {relation} LIMIT 1",
        f"INSERT INTO {relation} DEFAULT VALUES",
        f"INSERT INTO {relation} SELECT * FROM {relation}",
        f"UPDATE {relation} SET {column} = {column}",
        f"DELETE FROM {relation}",
        f"TRUNCATE {relation}",
        f"LOCK TABLE {relation} IN ACCESS SHARE MODE",
        f"COPY {relation} TO STDOUT",
    ]


@pytest.fixture(scope="module")
async def pair(tenants: Tenants) -> list[Tenant]:
    """Two tenants."""
    return await tenants(2)


def test_the_tables_are_those_of_the_product() -> None:
    assert {"customer", "orders", "feedback", "event", "import_row"} <= set(TABLES)


async def test_the_suite_runs_as_the_login_role_and_each_scope_as_its_tenant(
    scope: Scope, engines: Engines, pair: list[Tenant]
) -> None:
    async with engines.node().reads.acquire() as connection:
        assert (await connection.fetchval("SELECT session_user")).startswith("regulars_app")
        assert await connection.fetchval("SELECT current_setting('is_superuser')") == "off"
    for one in pair:
        async with scope.read(one) as connection:
            assert await connection.fetchval("SELECT current_user") == one.schema
        async with scope.write(one) as session:
            assert await session.scalar(text("SELECT current_user")) == one.schema


@pytest.mark.parametrize("table", TABLES)
async def test_outside_a_scope_there_is_no_table(engines: Engines, pair: list[Tenant], table: str) -> None:
    one = pair[0]
    async with engines.node().reads.acquire() as connection:
        for relation, refusal in ((table, UNDEFINED), (f"{one.schema}.{table}", FORBIDDEN)):
            for sql in statements(relation, metadata.tables[table]):
                with pytest.raises(refusal):
                    async with connection.transaction():
                        await connection.execute(sql)
    async with engines.node().writes.connect() as writing:
        with pytest.raises(ProgrammingError, match="does not exist"):
            await writing.execute(text(f"SELECT count(*) FROM {table}"))


@pytest.mark.parametrize("table", TABLES)
async def test_a_reader_of_one_tenant_reaches_no_row_of_another(scope: Scope, pair: list[Tenant], table: str) -> None:
    one, two = pair
    for sql in statements(f"{two.schema}.{table}", metadata.tables[table]):
        with pytest.raises((FORBIDDEN, asyncpg.ReadOnlySQLTransactionError)) as refused:
            async with scope.read(one) as connection:
                await connection.execute(sql)
        assert "SELECT" not in sql.split()[0] or refused.type is FORBIDDEN
    async with scope.read(one) as connection:
        own = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = $1::text::regclass"
        assert await connection.fetchval(own, table) == one.schema


@pytest.mark.parametrize("table", TABLES)
async def test_a_writer_of_one_tenant_reaches_no_row_of_another(scope: Scope, pair: list[Tenant], table: str) -> None:
    one, two = pair
    for sql in statements(f"{two.schema}.{table}", metadata.tables[table])[:-1]:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with scope.write(one) as session:
                await session.execute(text(sql))


@pytest.mark.parametrize("table", PLATFORM)
async def test_a_scope_sees_nothing_of_the_control_plane(scope: Scope, pair: list[Tenant], table: str) -> None:
    for sql in (f"SELECT count(*) FROM platform.{table}", f"LOCK TABLE platform.{table} IN ACCESS SHARE MODE"):
        with pytest.raises(FORBIDDEN):
            async with scope.read(pair[0]) as connection:
                await connection.execute(sql)


async def test_the_catalogue_knows_no_privilege_of_a_tenant_outside_its_schema(
    scope: Scope, pair: list[Tenant]
) -> None:
    privileges = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
    query = """
        SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname NOT IN ('pg_catalog', 'information_schema', current_user) AND relkind IN ('r', 'v', 'm', 'p', 'f')
          AND nspname !~ '^pg_(toast|temp)' AND has_table_privilege(current_user, pg_class.oid, $1)"""
    schemas = """
        SELECT nspname FROM pg_namespace WHERE has_schema_privilege(current_user, oid, 'CREATE')
           OR nspname ~ '^t_' AND nspname <> current_user AND has_schema_privilege(current_user, oid, 'USAGE')"""
    async with scope.read(pair[0]) as connection:
        assert await connection.fetch(query, privileges) == []
        assert await connection.fetch(schemas) == []
        assert not await connection.fetchval("SELECT has_database_privilege(current_database(), 'CREATE, TEMPORARY')")


async def test_a_tenant_can_change_rows_but_nothing_else(scope: Scope, pair: list[Tenant]) -> None:
    forbidden = [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DO 'BEGIN NULL; END'",
        "ALTER TABLE customer ADD COLUMN mine int",
        "DROP TABLE customer",
        "TRUNCATE customer",
        "UPDATE alembic_version SET version_num = 'x'",
        "SELECT set_config('role', 'none', true)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
    ]
    for sql in forbidden:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            async with scope.write(pair[0]) as session:
                await session.execute(text(sql))
