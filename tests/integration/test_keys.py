"""API keys: shown once, one tenant each, ended at once."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy import keys
from tenancy.engine import Engines
from tenancy.platform import Status, change_version
from tenancy.registry import CannotMove, NoTenant, find_tenant, list_tenants, move_tenant
from tests.support.tenants import NOW, Tenants


async def test_a_token_opens_its_tenant_and_nothing_else_does(
    owner: AsyncEngine, engines: Engines, tenants: Tenants
) -> None:
    one, two = await tenants(2)
    async with owner.begin() as connection:
        key, token = await keys.create_key(connection, one, NOW, scopes=["read"], origins=["https://shop.example"])
        _, other = await keys.create_key(connection, two, NOW)
    swapped = f"rk_{key.prefix}_{other.split('_', 2)[2]}"
    async with engines.node().writes.connect() as connection:
        granted = await keys.verify(connection, token, NOW)
        assert granted is not None
        assert granted.tenant == one
        assert (granted.scopes, granted.origins) == ({"read"}, {"https://shop.example"})
        guesses = (swapped, token[:-1], token + "A", token.upper(), "", "rk_", "rk_x_y", token.replace("_", "\0"), "密")
        for wrong in guesses:
            assert await keys.verify(connection, wrong, NOW) is None


async def test_no_secret_is_kept(owner: AsyncEngine, tenants: Tenants) -> None:
    (one,) = await tenants()
    async with owner.begin() as connection:
        _, token = await keys.create_key(connection, one, NOW)
        rows = (await connection.execute(text("SELECT k::text FROM platform.api_key AS k"))).scalars().all()
        audit = (await connection.execute(text("SELECT a::text FROM platform.audit AS a"))).scalars().all()
    secret = token.split("_", 2)[2]
    assert rows
    assert not any(secret in row for row in [*rows, *audit])


async def test_a_revoked_or_expired_key_opens_nothing_and_every_process_can_notice(
    owner: AsyncEngine, engines: Engines, tenants: Tenants
) -> None:
    (one,) = await tenants()
    async with owner.begin() as connection:
        kept, token = await keys.create_key(connection, one, NOW, expires_at=NOW + timedelta(days=1))
        _, brief = await keys.create_key(connection, one, NOW, expires_at=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    async with engines.node().writes.connect() as connection:
        assert await keys.verify(connection, token, later)
        assert await keys.verify(connection, brief, later) is None
        before = await change_version(connection)
    async with owner.begin() as connection:
        await keys.revoke_key(connection, one, kept.prefix, NOW)
    async with engines.node().writes.connect() as connection:
        assert await change_version(connection) > before
        assert await keys.verify(connection, token, NOW) is None
    with pytest.raises(keys.NoKey):
        async with owner.begin() as connection:
            await keys.revoke_key(connection, one, "nothere", NOW)


async def test_the_application_notes_a_keys_use_to_the_minute(
    owner: AsyncEngine, engines: Engines, tenants: Tenants
) -> None:
    (one,) = await tenants()
    async with owner.begin() as connection:
        key, _ = await keys.create_key(connection, one, NOW)
    for seconds, seen in ((0, 0), (30, 0), (90, 90)):
        async with engines.node().writes.begin() as connection:
            await keys.note_use(connection, [key.id], NOW + timedelta(seconds=seconds))
        async with owner.connect() as connection:
            (found,) = await keys.list_keys(connection, one)
        assert found.last_used_at == NOW + timedelta(seconds=seen)


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": ["READ"]}, {"scopes": ["a b"]}, {"origins": ["shop.example"]}, {"origins": ["*"]}, {"expires_at": NOW}],
)
async def test_a_key_that_makes_no_sense_is_refused(
    owner: AsyncEngine, tenants: Tenants, wrong: dict[str, object]
) -> None:
    (one,) = await tenants()
    with pytest.raises(keys.BadKey):
        async with owner.begin() as connection:
            await keys.create_key(connection, one, NOW, **wrong)  # type: ignore[arg-type]


async def test_a_tenants_status_moves_as_it_may_and_every_process_can_notice(
    owner: AsyncEngine, tenants: Tenants
) -> None:
    (one,) = await tenants()
    for to in (Status.READ_ONLY, Status.SUSPENDED, Status.SUSPENDED, Status.ACTIVE, Status.SUSPENDED):
        async with owner.begin() as connection:
            before = await change_version(connection)
            found = await find_tenant(connection, one.id)
            moved = await move_tenant(connection, one.slug, to, NOW)
            assert (moved.status, await find_tenant(connection, one.slug)) == (to, moved)
            assert (await change_version(connection) > before) == (found.status != to)
            assert moved in await list_tenants(connection)
    for to, error in ((Status.PROVISIONING, CannotMove), (Status.DELETED, CannotMove)):
        with pytest.raises(error):
            async with owner.begin() as connection:
                await move_tenant(connection, one.slug, to, NOW)
    with pytest.raises(NoTenant):
        async with owner.begin() as connection:
            await move_tenant(connection, "nobody", Status.ACTIVE, NOW)
