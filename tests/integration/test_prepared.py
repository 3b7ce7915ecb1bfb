"""What the server looks at before it starts: whether the database is of its own release, or of the one before."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from api.databases import NoDatabase
from api.prepared import examine
from migrations.compiled import tenant_revisions
from tests.support.postgres import Server, a_database
from tests.support.revisions import with_revisions
from tests.support.tenants import Tenants, an_owner, maker

NOTHING = "SELECT 1"


@pytest.fixture(scope="module")
async def database(cluster: Server) -> AsyncIterator[Server]:
    """A database to spoil."""
    async with a_database(cluster) as made:
        yield made


@pytest.fixture(scope="module")
async def merchants(database: Server) -> list[str]:
    """The slugs of two tenants in it."""
    async with an_owner(database) as owner:
        make: Tenants = maker(owner, database.login)
        return [tenant.slug for tenant in await make(2)]


async def set_revision(database: Server, slug: str, revision: str) -> None:
    """Say of a tenant that its schema is at a revision."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("UPDATE platform.tenant SET revision = $2 WHERE slug = $1", slug, revision)
    await owner.close()


async def test_this_release_and_the_one_before_are_served(
    database: Server, merchants: list[str], tmp_path: Path
) -> None:
    assert await examine(database.app_dsn, tenant_revisions(), require_hardening=True) == []
    newer = with_revisions(tmp_path / "newer", f'op.execute("{NOTHING}")')
    assert await examine(database.app_dsn, newer, require_hardening=True) == []
    assert merchants


async def test_a_merchant_too_far_behind_is_named_and_the_others_are_served(
    database: Server, merchants: list[str], tmp_path: Path
) -> None:
    newest = with_revisions(tmp_path / "newest", *[f'op.execute("{NOTHING}")'] * 2)
    late, current = merchants
    await set_revision(database, current, newest.head)
    assert await examine(database.app_dsn, newest, require_hardening=True) == [late]
    await set_revision(database, current, "0001")
    with pytest.raises(NoDatabase, match="every merchant is at a revision older"):
        await examine(database.app_dsn, newest, require_hardening=True)
