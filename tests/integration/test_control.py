"""What the login role may write of the control plane: rows of the tenant that the transaction has named, and only some
columns.  Each is tried by an attack with the application's own credentials."""

from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy import keys
from tenancy.control import Control
from tenancy.engine import Engines
from tenancy.platform import Status, api_key
from tenancy.registry import change_settings, find_tenant, move_tenant
from tenancy.scope import TenantClosed
from tenancy.tenant import Tenant
from tests.support.postgres import Server
from tests.support.tenants import NOW, Tenants

KEY = """INSERT INTO platform.api_key (id, tenant_id, prefix, secret_hash, label, scopes, origins, created_at)
    VALUES (gen_random_uuid(), '{b}', '{new}', '\\x00', '', '{{read}}', '{{}}', now())"""
AUDIT = "INSERT INTO platform.audit (at, actor, action, tenant_id, details) VALUES (now(), 'x', 'x', {of}, '{{}}')"
# Refused, or without effect, in a transaction that has named tenant A.
ATTACKS = [
    KEY,
    "UPDATE platform.api_key SET tenant_id = '{a}' WHERE tenant_id = '{b}'",
    "UPDATE platform.api_key SET scopes = '{{admin}}' WHERE tenant_id = '{a}'",
    "UPDATE platform.api_key SET secret_hash = '\\x00' WHERE tenant_id = '{b}'",
    "UPDATE platform.api_key SET expires_at = NULL WHERE tenant_id = '{a}'",
    "UPDATE platform.api_key SET revoked_at = now() WHERE tenant_id = '{b}'",
    "UPDATE platform.api_key SET revoked_at = NULL WHERE tenant_id = '{a}'",
    "DELETE FROM platform.api_key WHERE tenant_id = '{b}'",
    "UPDATE platform.tenant SET name = 'x' WHERE id = '{b}'",
    "UPDATE platform.tenant SET status = 'ACTIVE' WHERE id = '{a}'",
    "UPDATE platform.tenant SET slug = 'mine' WHERE id = '{a}'",
    "UPDATE platform.tenant SET id = '{b}' WHERE id = '{a}'",
    "UPDATE platform.tenant SET base_currency = 'USD' WHERE id = '{a}'",
    "INSERT INTO platform.tenant SELECT * FROM platform.tenant WHERE id = '{b}'",
    "DELETE FROM platform.tenant WHERE id = '{b}'",
    AUDIT.replace("{of}", "'{b}'"),
    AUDIT.replace("{of}", "NULL"),
    "SELECT * FROM platform.audit",
    "UPDATE platform.audit SET actor = 'nobody'",
    "DELETE FROM platform.audit",
    "DELETE FROM platform.change",
    "ALTER TABLE platform.api_key DISABLE ROW LEVEL SECURITY",
    "DROP POLICY made ON platform.api_key",
]


@pytest.fixture
async def pair(owner: AsyncEngine, tenants: Tenants) -> list[Tenant]:
    """Two tenants with a key each, and one that has ended."""
    two = await tenants(2)
    async with owner.begin() as connection:
        for one in two:
            await keys.create_key(connection, one, NOW)
            ended, _ = await keys.create_key(connection, one, NOW)
            await keys.revoke_key(connection, one, ended.prefix, NOW)
    return two


async def rows(owner: AsyncEngine) -> list[str]:
    """All of the control plane but its counter."""
    every = "SELECT t::text FROM platform.{} AS t ORDER BY 1"
    async with owner.connect() as connection:
        return [
            row
            for table in ("tenant", "api_key", "audit")
            for row in (await connection.scalars(text(every.format(table)))).all()
        ]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("named", [True, False])
async def test_nothing_of_another_tenant_nor_more_than_is_granted_can_be_written(
    server: Server, owner: AsyncEngine, pair: list[Tenant], attack: str, named: bool
) -> None:
    a, b = pair
    before = await rows(owner)
    connection = await asyncpg.connect(server.app_dsn)
    try:
        transaction = connection.transaction()
        await transaction.start()
        if named:
            await connection.execute(f"SET LOCAL regulars.tenant TO '{a.id}'")
        try:
            await connection.execute(attack.format(a=a.id, b=b.id, new=uuid4().hex[:12]))
            await transaction.commit()
        except (asyncpg.InsufficientPrivilegeError, asyncpg.PostgresSyntaxError):
            await transaction.rollback()
    finally:
        await connection.close()
    assert await rows(owner) == before


async def test_without_a_name_or_after_it_has_ended_nothing_can_be_written(
    server: Server, owner: AsyncEngine, pair: list[Tenant]
) -> None:
    a, _ = pair
    before = await rows(owner)
    connection = await asyncpg.connect(server.app_dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL regulars.tenant TO '{a.id}'")
        for attack in (KEY.replace("{b}", str(a.id)), f"UPDATE platform.tenant SET name = 'x' WHERE id = '{a.id}'"):
            try:
                await connection.execute(attack.format(new=uuid4().hex[:12]))
            except asyncpg.InsufficientPrivilegeError:
                continue
    finally:
        await connection.close()
    assert await rows(owner) == before


async def test_the_door_writes_its_own_tenants_rows_and_is_closed_to_those_that_may_not_write(
    engines: Engines, owner: AsyncEngine, pair: list[Tenant]
) -> None:
    a, b = pair
    heard: list[int] = []
    control = Control(engines.node().writes, lambda: heard.append(1))
    async with control.write(a) as connection:
        key, token = await keys.create_key(connection, a, NOW, actor="key:me")
        await keys.revoke_key(connection, a, key.prefix, NOW, actor="key:me")
        await change_settings(connection, a.id, {"name": "New"}, NOW, actor="key:me")
        # In one transaction a revoked key stays so, and is nobody's any more.
        assert await keys.verify(connection, token, NOW) is None
    assert heard == [1]
    async with owner.begin() as connection:
        assert (await find_tenant(connection, a.id)).name == "New"
        theirs = (await connection.scalars(select(api_key.c.prefix).where(api_key.c.tenant_id == b.id))).all()
        suspended = await move_tenant(connection, b.slug, Status.READ_ONLY, NOW)
    with pytest.raises(keys.NoKey):
        async with control.write(a) as connection:
            await keys.revoke_key(connection, a, theirs[0], NOW)
    with pytest.raises(TenantClosed):
        async with control.write(suspended):
            pass
    assert heard == [1]
