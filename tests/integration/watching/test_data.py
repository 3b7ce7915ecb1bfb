"""Who enters and leaves by what is written: told once, with the instant and the cause."""

from datetime import timedelta

from tests.support.club import city
from tests.support.watching import Watched

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_who_is_in_at_the_beginning_is_not_told_and_who_enters_and_leaves_is(shop: Watched) -> None:
    await shop.customer("Ann", city="Ulm")
    await shop.customer("Bob", city="Bonn")
    await shop.segment("ulm", rule=city("Ulm"))
    begun = await shop.watch("ulm")
    assert (begun["every"], begun["compares"], begun["ready"]) == ("PT900S", False, False)
    assert await shop.follow() == 0
    assert await shop.stored() == {"ulm": await shop.live("ulm")}
    shop.now += HOUR
    bob = await shop.customer("Bob", city="Ulm")
    assert await shop.follow() == 1
    shop.now += HOUR
    ann = await shop.customer("Ann", city="Kiel")
    assert await shop.follow() == 1
    assert await shop.follow() == 0
    assert await shop.changes() == [
        ("ulm", "Bob", "ENTERED", shop.now - HOUR, "DATA"),
        ("ulm", "Ann", "LEFT", shop.now, "DATA"),
    ]
    assert await shop.told() == [
        ("SEGMENT_ENTERED", "ulm", bob, (shop.now - HOUR).isoformat(), "DATA"),
        ("SEGMENT_LEFT", "ulm", ann, shop.now.isoformat(), "DATA"),
    ]
