"""The doctor tells of watches that nobody follows."""

from datetime import UTC, datetime, timedelta

from api.worker.lagging import examine_watches
from tests.support.club import city
from tests.support.watching import Watched


async def lagging(shop: Watched, now: datetime) -> list[str]:
    """What is said of the shop."""
    return [one.what for one in await examine_watches(shop.scope, [shop.tenant], now)]


async def test_only_what_is_overdue_for_a_minute_is_told(shop: Watched) -> None:
    shop.now = datetime.now(UTC)
    await shop.segment("ulm", rule=city("Ulm"))
    assert await lagging(shop, shop.now + timedelta(hours=1)) == []
    await shop.watch("ulm")
    assert await lagging(shop, shop.now + timedelta(seconds=59)) == []
    (said,) = await lagging(shop, shop.now + timedelta(seconds=61))
    assert "61 seconds behind" in said
    await shop.follow()
    assert await lagging(shop, shop.now + timedelta(hours=1)) == []
    await shop.customer("Ann", city="Ulm")
    (said,) = await lagging(shop, datetime.now(UTC) + timedelta(seconds=90))
    assert "seconds behind" in said
