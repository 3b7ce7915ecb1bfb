"""Who enters and leaves by the passing of time alone: as of the exact instant, whenever the worker comes to it."""

from datetime import timedelta

from tests.support.watching import Watched

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SILENT = {"text": "no orders over last 30 days"}


async def test_the_change_carries_the_exact_instant_however_late_it_is_found(shop: Watched) -> None:
    await shop.customer("Ann")
    await shop.order("Ann", 29 * DAY)
    await shop.segment("silent", rule=SILENT)
    await shop.watch("silent")
    begun = shop.now
    assert await shop.follow() == 0
    shop.now = begun + DAY - timedelta(microseconds=1)
    assert await shop.follow() == 0
    shop.now += timedelta(microseconds=1)
    assert await shop.follow() == 1
    shop.now += 3 * HOUR
    await shop.order("Ann", HOUR)
    assert await shop.follow() == 1
    shop.now += 90 * DAY
    assert await shop.follow() == 1
    assert await shop.changes() == [
        ("silent", "Ann", "ENTERED", begun + DAY, "TIME_PASSED"),
        ("silent", "Ann", "LEFT", begun + DAY + 3 * HOUR, "DATA"),
        ("silent", "Ann", "ENTERED", begun + DAY + 2 * HOUR + 30 * DAY, "TIME_PASSED"),
    ]


async def test_what_happened_while_nobody_followed_is_told_in_its_order(shop: Watched) -> None:
    """Two orders, and what time brought between and after them: all of it, though it is found at once."""
    await shop.customer("Ann")
    await shop.segment("active", rule={"text": "exists orders over last 1 day"})
    await shop.watch("active")
    begun = shop.now
    assert await shop.follow() == 0
    for wait in (HOUR, 5 * DAY):
        shop.now = begun + wait
        await shop.order("Ann")
    shop.now = begun + 9 * DAY
    assert await shop.follow() == 4
    assert [(change, at - begun, cause) for _, _, change, at, cause in await shop.changes()] == [
        ("ENTERED", HOUR, "DATA"), ("LEFT", DAY + HOUR, "TIME_PASSED"),
        ("ENTERED", 5 * DAY, "DATA"), ("LEFT", 6 * DAY, "TIME_PASSED"),
    ]  # fmt: skip


async def test_an_order_that_comes_before_the_instant_takes_the_change_away(shop: Watched) -> None:
    await shop.customer("Ann")
    await shop.order("Ann", 30 * DAY - HOUR)
    await shop.segment("silent", rule=SILENT)
    await shop.watch("silent")
    await shop.follow()
    shop.now += HOUR - SECOND
    await shop.order("Ann")
    shop.now += 2 * SECOND
    assert await shop.follow() == 0


async def test_what_is_recorded_of_the_future_is_told_when_it_comes(shop: Watched) -> None:
    await shop.customer("Ann")
    await shop.segment("active", rule={"text": "exists orders over last 1 day"})
    await shop.watch("active")
    await shop.order("Ann", -2 * HOUR)
    begun = shop.now
    assert await shop.follow() == 0
    shop.now += DAY
    assert await shop.follow() == 1
    shop.now += DAY
    assert await shop.follow() == 1
    assert [(change, at, cause) for _, _, change, at, cause in await shop.changes()] == [
        ("ENTERED", begun + 2 * HOUR, "TIME_PASSED"),
        ("LEFT", begun + DAY + 2 * HOUR, "TIME_PASSED"),
    ]


async def test_what_was_so_then_decides_not_what_is_so_when_it_is_found(shop: Watched) -> None:
    """Moved there and away again while nobody followed; and the order of a place that was left since."""
    await shop.customer("Ann", city="Bonn")
    await shop.customer("Bob", city="Ulm")
    await shop.segment("ulm", rule={"text": 'city = "Ulm" and no orders over last 1 day'})
    await shop.watch("ulm")
    await shop.follow()
    begun = shop.now
    shop.now += HOUR
    await shop.customer("Ann", city="Ulm")
    await shop.order("Bob")
    shop.now += 30 * HOUR
    await shop.customer("Ann", city="Kiel")
    await shop.customer("Bob", city="Kiel")
    shop.now += DAY
    await shop.follow()
    found = [(who, change, at - begun, cause) for _, who, change, at, cause in await shop.changes()]
    assert sorted(found, key=lambda one: (one[0], one[2])) == [
        ("Ann", "ENTERED", HOUR, "DATA"), ("Ann", "LEFT", 31 * HOUR, "DATA"),
        ("Bob", "LEFT", HOUR, "DATA"), ("Bob", "ENTERED", 25 * HOUR, "TIME_PASSED"),
        ("Bob", "LEFT", 31 * HOUR, "DATA"),
    ]  # fmt: skip
