"""Preparing the demo's database: done once, completed when broken off, and never done to somebody else's merchants."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from api.blueprint import blueprint
from api.databases import Databases
from api.demo import prepare as preparing
from api.demo.generate import draw
from api.demo.prepare import DemoTenant, prepare
from api.demo.state import EDITION, NotOurs
from tenancy.engine import Engines
from tenancy.keys import revoke_key
from tenancy.platform import audit
from tenancy.provision import NewTenant, provision
from tenancy.registry import NoTenant, find_tenant
from tenancy.scope import Scope
from tests.support.imports import Shop
from tests.support.postgres import Server, a_database
from tests.support.tenants import an_owner

BLUEPRINT = blueprint()
NOW = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
SLUGS = ["lantern", "harbour"]
CUSTOMERS = 60


class BrokenOff(Exception):
    """Somebody pulled the plug."""


@pytest.fixture
async def database(cluster: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """An empty database, and merchants with few customers."""
    monkeypatch.setattr(preparing, "draw", partial(draw, customers=CUSTOMERS))
    async with a_database(cluster) as made:
        yield made


async def prepared(
    database: Server, now: datetime = NOW, known: dict[str, str] | None = None, break_at: str = ""
) -> tuple[list[DemoTenant], set[str]]:
    """The merchants, and the slugs of those that were loaded."""
    loaded = set()

    def progress(slug: str, kind: str, done: int, of: int) -> None:
        loaded.add(slug)
        if kind == break_at:
            raise BrokenOff

    databases = Databases(database.app_dsn, database.owner_dsn, embedded=False)
    return await prepare(databases, BLUEPRINT, known or {}, now, progress), loaded


async def everything(database: Server) -> dict[str, dict[str, str]]:
    """A digest of all that both merchants hold, the history of how it came there apart."""
    found = {}
    async with an_owner(database) as owner, Engines(database.app_dsn) as engines:
        for slug in SLUGS:
            async with owner.connect() as connection:
                tenant = await find_tenant(connection, slug)
            found[slug] = await Shop(Scope(engines), tenant).everything()
    return found


async def audited(database: Server) -> list[tuple[Any, ...]]:
    """What the demo has written down, in order."""
    said = select(audit.c.action, audit.c.details["slug"].astext).where(audit.c.actor == "demo").order_by(audit.c.id)
    async with an_owner(database) as owner, owner.connect() as connection:
        return [tuple(row) for row in await connection.execute(said)]


async def test_the_second_time_loads_nothing_and_keeps_the_keys_that_are_known(database: Server) -> None:
    made, loaded = await prepared(database)
    assert ([one.slug for one in made], loaded) == (SLUGS, set(SLUGS))
    before, tokens = await everything(database), {one.slug: one.token for one in made}
    again, loaded = await prepared(database, NOW + timedelta(days=40), tokens)
    assert (again, loaded) == (made, set())
    assert await everything(database) == before


async def test_a_key_that_is_revoked_unknown_or_of_the_other_merchant_is_replaced(database: Server) -> None:
    made, _ = await prepared(database)
    tokens = {one.slug: one.token for one in made}
    async with an_owner(database) as owner, owner.begin() as connection:
        prefix = tokens["lantern"].split("_")[1]
        await revoke_key(connection, await find_tenant(connection, "lantern"), prefix, NOW)
    for known in (tokens, {"lantern": "nonsense"}, {"lantern": tokens["harbour"]}):
        (lantern, harbour), _ = await prepared(database, known=known)
        assert lantern.token not in tokens.values()
        assert (harbour.token == tokens["harbour"]) is (known is tokens)


@pytest.mark.parametrize("kind", ["customers", "orders", "feedback"])
async def test_broken_off_and_begun_again_on_another_day_it_is_the_same(database: Server, kind: str) -> None:
    with pytest.raises(BrokenOff):
        await prepared(database, break_at=kind)
    _, loaded = await prepared(database, NOW + timedelta(days=2))
    assert loaded == set(SLUGS)
    assert sorted(await audited(database)) == sorted(
        (action, slug) for slug in SLUGS for action in ("demo.begun", "demo.loaded")
    )
    await assert_whole(database)


async def assert_whole(database: Server) -> None:
    """Each merchant holds what is drawn for the day on which it was begun, and nothing else."""
    async with an_owner(database) as owner, Engines(database.app_dsn) as engines:
        for merchant in preparing.MERCHANTS:
            async with owner.connect() as connection:
                shop = Shop(Scope(engines), await find_tenant(connection, merchant.slug))
            drawn = draw(merchant, NOW.replace(hour=0, minute=0), CUSTOMERS)
            placed = {datetime.fromisoformat(line["placed_at"]) for line in drawn.orders if line["quantity"] > 0}
            stored = await shop.rows("SELECT DISTINCT placed_at FROM orders")
            assert {row["placed_at"] for row in stored} == placed
            assert await shop.one("SELECT count(*) FROM customer") == CUSTOMERS
            assert await shop.one("SELECT count(*) FROM strategy") == 2


async def test_another_edition_is_loaded_over_the_one_before(database: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepared(database)
    before = await everything(database)
    monkeypatch.setattr("api.demo.state.EDITION", EDITION + 1)
    assert (await prepared(database))[1] == set(SLUGS)
    assert (await prepared(database))[1] == set()
    assert await everything(database) == before


async def test_a_merchant_of_somebody_else_is_left_alone_and_nothing_is_made_beside_it(database: Server) -> None:
    async with an_owner(database) as owner:
        await provision(owner, BLUEPRINT, NewTenant(slug="harbour"), NOW, login=database.login)
    with pytest.raises(NotOurs, match="harbour"):
        await prepared(database)
    async with an_owner(database) as owner, Engines(database.app_dsn) as engines:
        async with owner.connect() as connection:
            shop = Shop(Scope(engines), await find_tenant(connection, "harbour"))
            with pytest.raises(NoTenant):
                await find_tenant(connection, "lantern")
        assert await shop.one("SELECT count(*) FROM customer") == 0
    assert await audited(database) == []
