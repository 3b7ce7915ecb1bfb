"""The database goes away under a worker and comes back: it goes on by itself, and tells what there was to tell."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGTERM

from tenancy.engine import Engines
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.club import city
from tests.support.command import started
from tests.support.victim import HOW, Victim
from tests.support.watching import Watched


async def told(shop: Watched, count: int) -> None:
    """Returns when so many changes are told."""
    async with asyncio.timeout(30):
        while len(await shop.changes()) < count:  # noqa: ASYNC110  another process writes them
            await asyncio.sleep(0.02)


async def test_a_worker_goes_on_when_the_database_is_back(
    victim: Victim, merchants: list[Tenant], tmp_path: Path
) -> None:
    dsn = victim.server.app_dsn
    with started(["worker"], tmp_path, REGULARS_DATABASE_URL=dsn) as worker:
        worker.ready()
        for n, how in enumerate(HOW):
            async with Engines(dsn) as engines:
                shop = Watched(Scope(engines), merchants[1], datetime.now(UTC))
                await shop.segment(f"ulm_{n}", rule=city("Ulm"))
                await shop.watch(f"ulm_{n}")
                before = len(await shop.changes())
                await shop.customer(f"Ann {n}", city="Ulm")
                victim.end(how)
            victim.begin()
            async with Engines(dsn) as engines:
                shop = Watched(Scope(engines), merchants[1], datetime.now(UTC))
                await told(shop, before + n + 1)
        assert worker.ended(SIGTERM) == 0
