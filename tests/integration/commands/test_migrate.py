"""``regulars migrate`` and ``regulars doctor``: a database is prepared, brought up to date, and judged."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tenancy.baseline import Blueprint
from tenancy.migrate import migrate_platform
from tests.integration.commands.conftest import Regulars, error_of
from tests.support.postgres import Server, a_bare_database, a_database
from tests.support.revisions import ADD_NICKNAME, with_revisions
from tests.support.tenants import BLUEPRINT, an_owner, maker

Told = Callable[..., Any]
HEAD = BLUEPRINT.revisions.head
NOBODY = "t_00000000000000000000000000000000"


@pytest.fixture
async def database(cluster: Server, server: Server) -> AsyncIterator[Server]:
    """A database to spoil; what belongs to the whole server is mended."""
    async with a_database(cluster) as made:
        yield made
    await migrate_platform(server.owner_dsn, server.login, server.password)
    connection = await asyncpg.connect(server.owner_dsn)
    await connection.execute(f"DROP ROLE IF EXISTS {NOBODY}")
    await connection.close()


@pytest.fixture
async def bare(cluster: Server) -> AsyncIterator[Server]:
    """A database that nobody has prepared."""
    async with a_bare_database(cluster) as made:
        yield made


@pytest.fixture
async def shops(database: Server) -> list[str]:
    """Slugs of three merchants, in order."""
    async with an_owner(database) as owner:
        return sorted(one.slug for one in await maker(owner, database.login)(3))


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of a release with one migration more."""
    revisions = with_revisions(tmp_path / "tenant", ADD_NICKNAME)
    release = Blueprint(BLUEPRINT.metadata, BLUEPRINT.first_rows, revisions)
    monkeypatch.setattr("api.commands.frame.blueprint", lambda: release)


def owner_says(database: Server, statement: str) -> None:
    """Run it as the owner; {schema} is that of the first merchant by slug, {login} the login role."""

    async def run() -> None:
        connection = await asyncpg.connect(database.owner_dsn)
        try:
            id_ = await connection.fetchval("SELECT id FROM platform.tenant ORDER BY slug LIMIT 1")
            schema = f"t_{id_.hex}" if id_ else ""
            await connection.execute(statement.format(schema=schema, login=database.login))
        finally:
            await connection.close()

    asyncio.run(run())


def test_an_empty_database_is_prepared_and_again_nothing_changes(
    bare: Server, regulars: Regulars, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATABASE_URL", bare.app_dsn)
    monkeypatch.setenv("REGULARS_OWNER_DATABASE_URL", bare.owner_dsn)
    for command, status, said in (
        ("tenant list", 5, "the database is not prepared; run: regulars migrate"),
        ("doctor", 6, "run: regulars migrate"),
        ("migrate", 0, "isolation: full"),
        ("migrate", 0, "0 migrated, 0 failed"),
        ("doctor", 0, "Nothing is wrong."),
    ):
        done = regulars(*command.split())
        assert (done.exit_code, said in done.output) == (status, True), done.output


def test_every_merchant_behind_is_migrated(
    regulars: Regulars, told: Told, shops: list[str], next_release: None
) -> None:
    assert f"is at revision {HEAD}" in regulars("doctor").stdout
    report = told("migrate", "--workers", "2")
    assert (report["revision"], report["isolation"]) == ("next1", "full")
    assert (report["migrated"], report["failed"]) == (shops, {})
    assert {one["revision"] for one in told("tenant", "list")} == {"next1"}
    assert told("migrate")["migrated"] == []
    assert told("doctor") == []


def test_one_failing_merchant_stops_no_other_and_makes_the_status_6(
    database: Server, regulars: Regulars, told: Told, shops: list[str], next_release: None
) -> None:
    owner_says(database, "ALTER TABLE {schema}.customer ADD COLUMN nickname int")
    done = regulars("migrate")
    assert done.exit_code == 6
    assert "2 migrated, 1 failed" in done.stdout
    assert f"{shops[0]}: 42701" in done.stdout
    assert [one["revision"] for one in told("tenant", "list")] == [HEAD, "next1", "next1"]
    owner_says(database, "ALTER TABLE {schema}.customer DROP COLUMN nickname")
    assert told("migrate")["migrated"] == [shops[0]]


SPOILT = {
    "UPDATE platform.alembic_version SET version_num = '0000'": "the control plane is at revision 0000",
    "GRANT EXECUTE ON FUNCTION pg_catalog.set_config TO PUBLIC": "isolation: without set_config hardening",
    "ALTER ROLE {login} CREATEROLE": "is allowed to create roles",
    "ALTER ROLE {login} SET search_path TO public": "the login role's search_path is public",
    "ALTER ROLE {login} NOLOGIN": "the login role cannot connect",
    "UPDATE platform.tenant SET status = 'PROVISIONING'": "was never completed",
    "UPDATE platform.tenant SET status = 'DELETING'": "was not dropped completely",
    "UPDATE platform.tenant SET revision = 'future'": "is at revision future of another release",
    "ALTER SCHEMA {schema} RENAME TO elsewhere": "has no schema",
    f"CREATE SCHEMA {NOBODY}": f"schema {NOBODY} belongs to no tenant",
    f"CREATE ROLE {NOBODY}": f"role {NOBODY} belongs to no tenant",
    "ALTER TABLE {schema}.customer OWNER TO {login}": "owns tables of tenants",
    "GRANT CREATE ON SCHEMA {schema} TO {schema}": "may create objects in its schema",
}


@pytest.mark.parametrize("statement", SPOILT)
def test_the_doctor_names_what_is_wrong_and_what_to_do_and_exits_with_6(
    database: Server, regulars: Regulars, shops: list[str], statement: str
) -> None:
    owner_says(database, statement)
    done, plain = regulars("doctor", "--json"), regulars("doctor")
    assert (done.exit_code, plain.exit_code) == (6, 6)
    found = json.loads(done.stdout)
    (one,) = [one for one in found if SPOILT[statement] in one["what"] and one["tenant"] in (None, shops[0])]
    assert one["remedy"]
    assert one["what"] in plain.stdout
    assert one["remedy"] in plain.stdout


def test_the_doctor_looks_at_the_server_and_at_the_settings(
    database: Server, regulars: Regulars, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_WORKERS", "60")
    said = regulars("doctor").stdout
    assert "open up to 1620 connections" in said
    assert "REGULARS_SECRET is not set" in said
    monkeypatch.setenv("REGULARS_SECRET", "s" * 32)
    monkeypatch.setenv("REGULARS_PGBOUNCER", "1")
    assert "Nothing is wrong." in regulars("doctor").stdout


def test_the_doctor_notices_an_owner_that_is_none(
    database: Server, regulars: Regulars, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_OWNER_DATABASE_URL", database.app_dsn)
    done = regulars("doctor")
    assert done.exit_code == 6
    assert "the owner, may not create roles" in done.stdout


def test_a_database_of_a_newer_release_is_left_alone(database: Server, regulars: Regulars) -> None:
    owner_says(database, "UPDATE platform.alembic_version SET version_num = 'future'")
    done = regulars("migrate", "--json")
    assert done.exit_code == 3
    assert "newer release" in error_of(done)["message"]
