"""Each protection is tried by an attack that fails with it and succeeds without it.

Where two protections stop the same attack, the other one is taken away first: what is left must suffice alone.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from tenancy.engine import NOWHERE, Engines, Sizes
from tenancy.tenant import Tenant
from tests.support import attacks
from tests.support.attacks import SECRET, Attack, Field, succeeds
from tests.support.postgres import Server, a_database
from tests.support.tenants import an_owner, maker

Naming = Callable[[Tenant, int], str]
INHERITING = "ALTER ROLE {login} INHERIT; GRANT {a}, {b} TO {login} {inherit}"
SET_CONFIG = "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC"
TEMPORARY = "GRANT TEMPORARY ON DATABASE {database} TO PUBLIC"
LANGUAGES = "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC"


def no_role(tenant: Tenant, timeout_ms: int | None = None) -> str:
    """The scope without SET LOCAL ROLE."""
    return f"SET LOCAL search_path TO {tenant.schema}, pg_temp"


def no_path(tenant: Tenant, timeout_ms: int | None = None) -> str:
    """The scope without search_path and role: who the login role is, it is."""
    return "SET LOCAL statement_timeout TO 10000"


def no_last_place(tenant: Tenant, timeout_ms: int | None = None) -> str:
    """The scope with a path that leaves temporary tables their usual, first place."""
    return f"SET LOCAL ROLE {tenant.schema}; SET LOCAL search_path TO {tenant.schema}"


@asynccontextmanager
async def battlefield(cluster: Server, *weakened: str) -> AsyncIterator[Field]:
    """A database of its own with two tenants, on which some protections are taken away."""
    async with a_database(cluster) as database, an_owner(database) as owner:
        a, b = await maker(owner, database.login)(2)
        admin = await asyncpg.connect(database.owner_dsn)
        names: dict[str, Any] = {"login": database.login, "a": a.schema, "b": b.schema}
        names["inherit"] = "WITH INHERIT TRUE" if admin.get_server_version().major >= 16 else ""
        names["database"] = await admin.fetchval("SELECT current_database()")
        await admin.execute(f"UPDATE {b.schema}.event_counter SET last = {SECRET}")
        for statement in filter(None, weakened):
            await admin.execute(statement.format(**names))
        try:
            async with Engines(database.app_dsn, sizes=Sizes(reads=1, writes=1)) as engines:
                yield Field(engines, a, b)
        finally:
            await admin.execute(f"ALTER ROLE {database.login} NOINHERIT")
            await admin.close()


@pytest.mark.parametrize(
    ("attack", "gone_before", "gone_now", "naming"),
    [
        pytest.param(attacks.by_full_name, INHERITING, "", no_role, id="role"),
        pytest.param(attacks.by_full_name, "", INHERITING, no_role, id="login role that inherits nothing"),
        pytest.param(attacks.by_a_path_left_behind, INHERITING, "", no_path, id="search_path"),
        pytest.param(attacks.by_a_temporary_table, TEMPORARY, "", no_last_place, id="pg_temp last"),
        pytest.param(attacks.by_a_temporary_table, "", TEMPORARY, no_last_place, id="no temporary tables"),
        pytest.param(attacks.by_set_config, "", SET_CONFIG, None, id="no set_config"),
        pytest.param(attacks.by_a_block, SET_CONFIG, LANGUAGES, None, id="no blocks"),
    ],
)
async def test_an_attack_fails_until_its_protection_is_removed(
    cluster: Server,
    monkeypatch: pytest.MonkeyPatch,
    attack: Attack,
    gone_before: str,
    gone_now: str,
    naming: Naming | None,
) -> None:
    def weaken() -> None:
        if naming is not None:
            monkeypatch.setattr("tenancy.scope.naming", naming)

    if gone_now and naming:  # the scope's own naming is the other protection here
        weaken()
    async with battlefield(cluster, gone_before) as field:
        assert not await succeeds(attack, field)
    weaken()
    async with battlefield(cluster, gone_before, gone_now) as field:
        assert await succeeds(attack, field)


ALL = (
    attacks.by_full_name,
    attacks.by_a_path_left_behind,
    attacks.by_a_temporary_table,
    attacks.by_set_config,
    attacks.by_a_block,
)


@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.__name__)
async def test_no_attack_succeeds_on_a_database_as_it_is_prepared(cluster: Server, attack: Attack) -> None:
    async with battlefield(cluster) as field:
        assert not await succeeds(attack, field)


async def test_the_login_role_starts_in_a_schema_that_does_not_exist(server: Server) -> None:
    connection = await asyncpg.connect(server.app_dsn)
    try:
        assert await connection.fetchval("SHOW search_path") == NOWHERE
        assert await connection.fetchval("SELECT to_regnamespace($1) IS NULL", NOWHERE)
        assert await connection.fetchval("SELECT current_schemas(false) = '{}'")
    finally:
        await connection.close()
