"""Making and dropping tenants: all or nothing, resumable, never twice."""

import asyncio
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy import keys
from tenancy.drop import drop_tenant
from tenancy.engine import Engines
from tenancy.platform import Status
from tenancy.provision import NewTenant, SlugTaken, provision
from tenancy.registry import NoTenant, find_tenant, list_tenants, move_tenant
from tenancy.scope import Scope, TenantClosed
from tenancy.tenant import Tenant
from tenancy.waiting import Busy
from tests.support.catalogue import described
from tests.support.postgres import Server
from tests.support.tenants import BLUEPRINT, NOW, Tenants, new_slug

ROOT = Path(__file__).parents[2]
KILLED = """
import asyncio, os, signal, sys
from tenancy.engine import create_engine
from tenancy.provision import NewTenant, provision
from tests.support.tenants import BLUEPRINT, NOW

owner_dsn, login, slug, last = sys.argv[1:]

def die(step):
    if step == last:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(provision(create_engine(owner_dsn), BLUEPRINT, NewTenant(slug=slug), NOW, login=login, progress=die))
"""
STEPS = ["register", "make_schema", "make_tables"]


async def killed_after(server: Server, slug: str, step: str) -> None:
    """A process that makes a tenant is killed."""
    arguments = (sys.executable, "-c", KILLED, server.owner_dsn, server.login, slug, step)
    child = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT)
    assert await child.wait() == -signal.SIGKILL


async def test_the_steps_are_those_that_are_tried(owner: AsyncEngine, server: Server) -> None:
    heard: list[str] = []
    await provision(owner, BLUEPRINT, NewTenant(slug=new_slug()), NOW, login=server.login, progress=heard.append)
    assert heard == STEPS


@pytest.mark.parametrize("step", STEPS)
async def test_a_making_killed_after_any_step_is_completed_by_asking_again(
    owner: AsyncEngine, server: Server, scope: Scope, tenants: Tenants, step: str
) -> None:
    slug = new_slug()
    await killed_after(server, slug, step)
    async with owner.connect() as connection:
        half = await find_tenant(connection, slug)
    assert half.status == (Status.ACTIVE if step == STEPS[-1] else Status.PROVISIONING)
    new = NewTenant(slug=slug)
    if half.status == Status.PROVISIONING:
        with pytest.raises(TenantClosed):
            async with scope.read(half):
                pass
        whole = await provision(owner, BLUEPRINT, new, NOW, login=server.login)
    else:
        with pytest.raises(SlugTaken):
            await provision(owner, BLUEPRINT, new, NOW, login=server.login)
        whole = half
    assert (whole.id, whole.status) == (half.id, Status.ACTIVE)
    (other,) = await tenants()
    assert await described(server.owner_dsn, whole.schema) == await described(server.owner_dsn, other.schema)
    async with scope.write(whole) as session:
        await session.execute(text("UPDATE event_counter SET last = 1"))


async def test_makers_of_the_same_slug_get_one_tenant(owner: AsyncEngine, server: Server) -> None:
    slug = new_slug()
    tries = [provision(owner, BLUEPRINT, NewTenant(slug=slug), NOW, login=server.login) for _ in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    made = [one for one in outcomes if not isinstance(one, BaseException)]
    async with owner.connect() as connection:
        found = await find_tenant(connection, slug)
        schemas = await connection.scalar(
            text("SELECT count(*) FROM pg_namespace WHERE nspname = :n"), {"n": found.schema}
        )
    assert {one.id for one in made} == {found.id}
    assert all(isinstance(one, Tenant | SlugTaken | Busy) for one in outcomes), outcomes
    assert (found.status, schemas) == (Status.ACTIVE, 1)


async def test_a_dropped_tenant_leaves_a_receipt_and_nothing_else(
    owner: AsyncEngine, engines: Engines, scope: Scope, server: Server, tenants: Tenants
) -> None:
    one, other = await tenants(2)
    before = await described(server.owner_dsn, other.schema)
    async with owner.begin() as connection:
        _, token = await keys.create_key(connection, one, NOW)
    async with scope.write(one) as session:
        await session.execute(
            text("INSERT INTO product (id, sku, name, created_at, updated_at)"
                 " SELECT gen_random_uuid(), 'sku-' || n, 'x', now(), now() FROM generate_series(1, 7) AS n")
        )  # fmt: skip
    receipt = await drop_tenant(owner, one.slug, NOW)
    assert (receipt.tables["product"], receipt.tables["customer"], receipt.keys_revoked) == (7, 0, 1)
    assert set(receipt.tables) == {*BLUEPRINT.tables, "alembic_version"}
    assert receipt.rows == 7 + 3  # the first rows and the version
    async with owner.connect() as connection:
        kept = (await connection.execute(text("SELECT * FROM platform.tenant WHERE id = :id"), {"id": one.id})).one()
        gone = await connection.scalar(
            text("SELECT to_regnamespace(:n) IS NULL AND to_regrole(:n) IS NULL"), {"n": one.schema}
        )
        assert (kept.status, kept.receipt, gone) == (Status.DELETED, receipt.as_json(), True)
        assert await keys.verify(connection, token, NOW) is None
        assert one.slug not in {found.slug for found in await list_tenants(connection)}
        assert one.slug in {found.slug for found in await list_tenants(connection, dropped=True)}
    with pytest.raises(asyncpg.PostgresError):
        async with scope.read(one):
            pass
    with pytest.raises(SlugTaken):
        await provision(owner, BLUEPRINT, NewTenant(slug=one.slug), NOW, login=server.login)
    with pytest.raises(NoTenant):
        await drop_tenant(owner, one.slug, NOW)
    assert await described(server.owner_dsn, other.schema) == before


async def test_a_drop_that_was_interrupted_is_completed_by_asking_again(owner: AsyncEngine, tenants: Tenants) -> None:
    (one,) = await tenants()
    async with owner.begin() as connection:
        await move_tenant(connection, one.slug, Status.DELETING, NOW)
    assert (await drop_tenant(owner, one.slug, NOW)).tables["event_counter"] == 1


async def test_a_drop_waits_for_a_request_that_began_before_it(
    owner: AsyncEngine, scope: Scope, tenants: Tenants
) -> None:
    (one,) = await tenants()
    async with scope.read(one) as connection:
        assert await connection.fetchval("SELECT count(*) FROM customer") == 0
        dropping = asyncio.create_task(drop_tenant(owner, one.slug, NOW))
        done, _ = await asyncio.wait({dropping}, timeout=0.5)
        assert not done
        assert await connection.fetchval("SELECT count(*) FROM orders") == 0
    assert (await dropping).slug == one.slug


@pytest.mark.parametrize(
    ("status", "reads", "writes"),
    [(Status.READ_ONLY, True, False), (Status.SUSPENDED, False, False), (Status.DELETING, False, False)],
)
async def test_a_scope_opens_as_far_as_the_status_allows(
    owner: AsyncEngine, scope: Scope, tenants: Tenants, status: Status, reads: bool, writes: bool
) -> None:
    (one,) = await tenants()
    async with owner.begin() as connection:
        moved = await move_tenant(connection, one.slug, status, NOW)
    for door, open_ in ((scope.read, reads), (scope.write, writes)):
        with nullcontext() if open_ else pytest.raises(TenantClosed, match=status):
            async with door(moved):
                pass
