"""Whether the application may start: what its role is, and what PUBLIC still may."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tenancy.engine import Engines
from tenancy.migrate import migrate_platform
from tenancy.roles import HARDENING, Hardening, UnfitRole, login_faults, read_hardening
from tenancy.scope import Scope
from tests.support.postgres import Server, a_database
from tests.support.tenants import an_owner, maker


@pytest.fixture(scope="module")
async def database(cluster: Server) -> AsyncIterator[Server]:
    """A database to spoil, with a tenant."""
    async with a_database(cluster) as made:
        async with an_owner(made) as owner:
            await maker(owner, made.login)()
        yield made


async def faults(database: Server, *made: str) -> list[str]:
    """What is wrong with a role made like this."""
    parts = urlsplit(database.app_dsn)
    admin = await asyncpg.connect(database.owner_dsn)
    schema = await admin.fetchval("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_'")
    try:
        await admin.execute("CREATE ROLE suspect LOGIN NOINHERIT PASSWORD 'suspect'")
        for statement in made:
            await admin.execute(statement.format(schema=schema))
        host = f"suspect:suspect@{parts.netloc.rpartition('@')[2]}"
        suspect = await asyncpg.connect(urlunsplit(parts._replace(netloc=host)))
        found = await login_faults(suspect)
        await suspect.close()
        return found
    finally:
        await admin.execute("REASSIGN OWNED BY suspect TO CURRENT_USER; DROP OWNED BY suspect; DROP ROLE suspect")
        await admin.close()


async def test_the_prepared_login_role_may_start(database: Server) -> None:
    connection = await asyncpg.connect(database.app_dsn)
    assert await login_faults(connection) == []
    await connection.close()


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        ("ALTER ROLE suspect SUPERUSER", "suspect is a superuser"),
        ("ALTER ROLE suspect BYPASSRLS", "suspect is allowed to bypass row security"),
        ("ALTER ROLE suspect CREATEROLE", "suspect is allowed to create roles"),
        ("ALTER TABLE {schema}.customer OWNER TO suspect", "suspect owns tables of tenants"),
        ("ALTER ROLE suspect INHERIT; GRANT {schema} TO suspect", "suspect inherits the roles of tenants"),
    ],
)
async def test_a_role_that_could_reach_every_tenant_may_not(database: Server, made: str, fault: str) -> None:
    assert await faults(database, made) == [fault]


async def test_a_role_with_memberships_it_does_not_inherit_may(database: Server) -> None:
    assert await faults(database, "GRANT {schema} TO suspect") == []


RETURNED = {
    "set_config": "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC",
    "languages": "GRANT USAGE ON LANGUAGE sql TO PUBLIC",
    "temporary tables": 'GRANT TEMPORARY ON DATABASE "{}" TO PUBLIC',
}


@pytest.mark.parametrize("name", HARDENING)
async def test_hardening_is_read_back_and_missing_hardening_is_named(database: Server, name: str) -> None:
    admin = await asyncpg.connect(database.owner_dsn)
    try:
        assert await read_hardening(admin) == Hardening(())
        await admin.execute(RETURNED[name].format(await admin.fetchval("SELECT current_database()")))
        weak = await read_hardening(admin)
        assert weak.missing == (name,)
        assert weak.report == f"without {name} hardening"
        again = await migrate_platform(database.owner_dsn, database.login, database.password)
        assert (again.full, again.report) == (True, "full")
    finally:
        await admin.close()


@pytest.fixture
async def managed(cluster: Server) -> AsyncIterator[Server]:
    """As on managed PostgreSQL: the owner may create roles and owns its database, and is no superuser."""
    admin = await asyncpg.connect(cluster.owner_dsn)
    host = urlsplit(cluster.owner_dsn).netloc.rpartition("@")[2]
    await admin.execute("CREATE ROLE modest_owner LOGIN CREATEROLE PASSWORD 'secret'")
    await admin.execute("CREATE DATABASE managed OWNER modest_owner")
    dsns = [urlunsplit(("postgresql", f"{role}:secret@{host}", "/managed", "", "")) for role in MODEST]
    try:
        yield Server(*dsns)
    finally:
        made = await admin.fetch("SELECT rolname FROM pg_auth_members JOIN pg_roles AS r ON r.oid = roleid"
                                 " WHERE member = to_regrole('modest_app')")  # fmt: skip
        await admin.execute("DROP DATABASE managed WITH (FORCE)")
        for role in (*(row[0] for row in made), *reversed(MODEST)):
            await admin.execute(f"DROP ROLE IF EXISTS {role}")
        await admin.close()


MODEST = ("modest_owner", "modest_app")


async def test_an_owner_that_may_not_harden_gets_a_prepared_database_and_an_honest_report(managed: Server) -> None:
    report = await migrate_platform(managed.owner_dsn, managed.login, managed.password)
    assert report.report == "without set_config, languages hardening"
    async with an_owner(managed) as owner, Engines(managed.app_dsn) as engines:
        (made,) = await maker(owner, managed.login)()
        async with Scope(engines).read(made) as connection:
            assert await connection.fetchval("SELECT last FROM event_counter") == 0
    app = await asyncpg.connect(managed.app_dsn)
    assert await login_faults(app) == []
    await app.close()


async def test_one_role_cannot_be_owner_and_login_role(database: Server) -> None:
    before = await asyncpg.connect(database.owner_dsn)
    with pytest.raises(UnfitRole):
        await migrate_platform(database.owner_dsn, str(urlsplit(database.owner_dsn).username), None)
    assert await before.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    await before.close()
