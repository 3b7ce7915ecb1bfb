"""Migrations: as good as the models, and safe on many tenants while they are used."""

import asyncio
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from migrations.compiled import Revisions, tenant_revisions
from tenancy import migrate, platform
from tenancy.baseline import closing, opening
from tenancy.engine import Engines
from tenancy.migrate import Migrated, migrate_platform, migrate_tenants
from tenancy.platform import Status, change_version
from tenancy.registry import find_tenant, move_tenant
from tenancy.scope import Scope, TenantClosed
from tests.support.catalogue import described
from tests.support.postgres import Server, a_database
from tests.support.revisions import ADD_NICKNAME, with_revisions
from tests.support.tenants import NOW, Tenants, an_owner, maker

ROOT = Path(__file__).parents[2]
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from migrations.compiled import Revisions
from tenancy.engine import create_engine
from tenancy.migrate import migrate_tenants
from tests.support.tenants import NOW

def die(done, of):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(migrate_tenants(create_engine(sys.argv[1]), Revisions(Path(sys.argv[2])), NOW, workers=2, progress=die))
"""


@pytest.fixture
async def database(cluster: Server) -> AsyncIterator[Server]:
    """A database whose tenants may all be migrated."""
    async with a_database(cluster) as made:
        yield made


@pytest.fixture
async def admin(database: Server) -> AsyncIterator[AsyncEngine]:
    """Its owner's engine."""
    async with an_owner(database) as engine:
        yield engine


@pytest.fixture
def shops(admin: AsyncEngine, database: Server) -> Tenants:
    """Makes its tenants."""
    return maker(admin, database.login)


async def columns(server: Server, schema: str) -> set[str]:
    """Of the customer."""
    return {row[1] for row in (await described(server.owner_dsn, schema))["columns"] if row[0] == "customer"}


async def test_a_new_tenant_is_what_all_migrations_together_make(server: Server, tenants: Tenants) -> None:
    (born,) = await tenants()
    grown = f"t_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server.owner_dsn)
    try:
        async with connection.transaction():
            await connection.execute(
                f"CREATE ROLE {grown} NOLOGIN; CREATE SCHEMA {grown}; GRANT USAGE ON SCHEMA {grown} TO {grown};"
                + opening(grown) + tenant_revisions().sql(None) + closing(grown)
            )  # fmt: skip
        one, other = await described(server.owner_dsn, born.schema), await described(server.owner_dsn, grown)
        for part in one:
            assert one[part] == other[part], part
        assert len(one["columns"]) > 100
        assert one["rows of event_counter"]
    finally:
        await connection.execute(f"DROP SCHEMA {grown} CASCADE; DROP ROLE {grown}")
        await connection.close()


async def test_the_control_plane_is_what_its_tables_say(database: Server, admin: AsyncEngine) -> None:
    migrated = await described(database.owner_dsn, platform.SCHEMA, ())
    async with admin.begin() as connection:
        await connection.execute(text("DROP SCHEMA platform CASCADE"))
        await connection.execute(text("CREATE SCHEMA platform"))
        await connection.run_sync(platform.metadata.create_all)
    declared = await described(database.owner_dsn, platform.SCHEMA, ())
    for part in ("columns", "constraints", "indexes"):
        made = [row for row in migrated[part] if "alembic_version" not in "".join(row)]
        assert made == declared[part], part
        assert made


async def test_preparing_a_database_again_changes_nothing(database: Server) -> None:
    before = await described(database.owner_dsn, "platform", ("change", "alembic_version"))
    how = (database.owner_dsn, database.login, database.password)
    await migrate_platform(*how)
    await asyncio.gather(*(migrate_platform(*how) for _ in range(3)))
    assert await described(database.owner_dsn, "platform", ("change", "alembic_version")) == before


async def test_every_tenant_that_is_behind_is_migrated_once(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path
) -> None:
    made, revisions = await shops(5), with_revisions(tmp_path / "t", ADD_NICKNAME)
    async with admin.begin() as connection:
        await move_tenant(connection, made[1].slug, Status.SUSPENDED, NOW)
        before = await change_version(connection)
    heard: list[tuple[int, int]] = []
    report = await migrate_tenants(admin, revisions, NOW, progress=lambda done, of: heard.append((done, of)))
    assert (sorted(report.done), report.failed, report.target) == (sorted(t.slug for t in made), {}, "next1")
    assert heard[-1] == (5, 5)
    for one in made:
        assert "nickname" in await columns(database, one.schema)
        async with admin.connect() as connection:
            assert (await find_tenant(connection, one.slug)).revision == "next1"
            assert await change_version(connection) > before
    assert (await migrate_tenants(admin, revisions, NOW)) == Migrated("next1")


async def test_two_who_migrate_at_once_share_the_work(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path
) -> None:
    made, revisions = await shops(6), with_revisions(tmp_path / "t", ADD_NICKNAME)
    reports = await asyncio.gather(*(migrate_tenants(admin, revisions, NOW) for _ in range(2)))
    assert [report.failed for report in reports] == [{}, {}]
    assert {slug for report in reports for slug in report.done} == {one.slug for one in made}


async def test_a_migration_killed_half_way_goes_on_where_it_stopped(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path
) -> None:
    made, revisions = await shops(5), with_revisions(tmp_path / "t", ADD_NICKNAME)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, database.owner_dsn, str(revisions.folder), cwd=ROOT
    )
    assert await child.wait() == -signal.SIGKILL
    through = ["nickname" in await columns(database, one.schema) for one in made].count(True)
    assert 2 <= through < 5
    report = await migrate_tenants(admin, revisions, NOW)
    assert (len(report.done), report.failed) == (5 - through, {})
    for one in made:
        assert "nickname" in await columns(database, one.schema)


async def test_a_failing_tenant_stops_no_other_and_is_completed_later(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path
) -> None:
    made, revisions = await shops(4), with_revisions(tmp_path / "t", ADD_NICKNAME, "op.execute('SELECT 1')")
    odd = made[2]
    async with admin.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {odd.schema}.customer ADD COLUMN nickname int"))
    report = await migrate_tenants(admin, revisions, NOW)
    assert not report.ok
    assert list(report.failed) == [odd.slug]
    assert "42701" in report.failed[odd.slug]
    assert len(report.done) == 3
    async with admin.connect() as connection:
        found = await find_tenant(connection, odd.slug)
        assert found.revision == odd.revision
        assert await connection.scalar(text(f"SELECT version_num FROM {odd.schema}.alembic_version")) == odd.revision
    async with admin.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {odd.schema}.customer DROP COLUMN nickname"))
    assert (await migrate_tenants(admin, revisions, NOW)).done == [odd.slug]


async def test_a_migration_half_way_through_a_tenant_leaves_no_trace(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path
) -> None:
    (one,), before = await shops(1), set()
    before = await columns(database, one.schema)
    revisions = with_revisions(tmp_path / "t", ADD_NICKNAME, "op.execute('SELECT 1 / 0')")
    report = await migrate_tenants(admin, revisions, NOW)
    assert report.failed[one.slug].startswith("22012")
    assert await columns(database, one.schema) == before


async def test_a_migration_gives_way_to_a_reader_and_tries_again(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,), gave_way = await shops(1), asyncio.Event()
    retried = Migrated.retried

    def heard(report: Migrated) -> None:
        retried(report)
        gave_way.set()

    monkeypatch.setattr(migrate.Migrated, "retried", heard)
    async with Engines(database.app_dsn) as engines:
        async with Scope(engines).read(one) as connection:
            await connection.fetch("SELECT count(*) FROM customer")
            migrating = asyncio.create_task(migrate_tenants(admin, with_revisions(tmp_path / "t", ADD_NICKNAME), NOW))
            await asyncio.wait_for(gave_way.wait(), 10)
            async with asyncio.timeout(2), Scope(engines).read(one) as other:  # nobody queues behind it for long
                assert await other.fetchval("SELECT count(*) FROM customer") == 0
        report = await migrating
    assert (report.done, report.failed) == ([one.slug], {})
    assert report.retries >= 1


async def test_a_tenant_of_a_newer_release_is_left_alone_and_reported(admin: AsyncEngine, shops: Tenants) -> None:
    one, other = await shops(2)
    async with admin.begin() as connection:
        await connection.execute(text(f"UPDATE {one.schema}.alembic_version SET version_num = 'newer'"))
        await connection.execute(text("UPDATE platform.tenant SET revision = 'older'"))
    report = await migrate_tenants(admin, tenant_revisions(), NOW)
    assert report.done == [other.slug]
    assert "newer release" in report.failed[one.slug]


async def test_while_tenants_are_migrated_both_revisions_are_served_and_older_ones_are_not(
    database: Server, admin: AsyncEngine, shops: Tenants, tmp_path: Path
) -> None:
    first, second, third = await shops(3)
    next_ = with_revisions(tmp_path / "one", ADD_NICKNAME)
    async with admin.begin() as connection:
        await move_tenant(connection, third.slug, Status.DELETING, NOW)  # as if it were left behind
    assert (await migrate_tenants(admin, next_, NOW)).done == sorted([first.slug, second.slug])
    after = with_revisions(tmp_path / "two", ADD_NICKNAME, "op.execute('SELECT 1')")
    async with admin.connect() as connection:
        at_next = await find_tenant(connection, first.slug)
    behind = replace(third, status=Status.ACTIVE)
    async with Engines(database.app_dsn) as engines:
        for revisions, one, served in (
            (tenant_revisions(), at_next, True),  # the release before, still running
            (next_, behind, True),
            (next_, at_next, True),
            (after, at_next, True),
            (after, behind, False),
        ):
            scope = Scope(engines, outdated=revisions.outdated)
            with nullcontext() if served else pytest.raises(TenantClosed, match="OUTDATED"):
                async with scope.write(one) as session:
                    await session.execute(text("UPDATE event_counter SET last = last + 1"))
            with nullcontext() if served else pytest.raises(TenantClosed, match="OUTDATED"):
                async with scope.read(one) as connection:
                    assert await connection.fetchval("SELECT last FROM event_counter")


def test_the_code_serves_its_head_and_the_revision_before(tmp_path: Path) -> None:
    revisions = with_revisions(tmp_path / "t", ADD_NICKNAME, "pass", "pass")
    assert revisions.served == ("next3", "next2")
    assert revisions.outdated == {"next1", *tenant_revisions().served, *tenant_revisions().outdated}
    assert revisions.knows(tenant_revisions().head)
    assert not revisions.knows("newer")


def test_text_with_percent_signs_and_colons_arrives_as_it_is(tmp_path: Path) -> None:
    sql = "UPDATE product SET name = '100 % : off' WHERE name LIKE '%x'"
    revisions: Revisions = with_revisions(tmp_path / "t", f"op.execute({sql!r})")
    assert sql in revisions.sql(tenant_revisions().head)
