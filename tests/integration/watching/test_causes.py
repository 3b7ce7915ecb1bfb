"""Why somebody came or went is told truthfully, and a watch begins and ends without telling of anybody."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.scopes import Scope as Permission
from domain.watching import follow as following
from tests.support.club import city
from tests.support.watching import Watched

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ULM = city("Ulm")


async def causes(shop: Watched) -> list[tuple[str, str, str]]:
    """Who, which way, why."""
    return [(who, change, cause) for _, who, change, _, cause in await shop.changes()]


async def people(shop: Watched, **cities: str) -> None:
    for name, lives in cities.items():
        await shop.customer(name, city=lives)


async def test_an_edited_rule_and_one_that_it_names(shop: Watched) -> None:
    await people(shop, Ann="Ulm", Bob="Bonn", Cem="Kiel")
    await shop.segment("ulm", rule=ULM)
    await shop.segment("through", rule={"segment": {"key": "ulm"}})
    await shop.watch("through")
    await shop.follow()
    shop.now += HOUR
    assert (await shop.update(shop.segments["ulm"], 1, rule=city("Bonn")))["version"] == 2
    await shop.update(shop.segments["ulm"], 2, name={"en": "Other"})
    assert await shop.follow() == 2
    assert sorted(await causes(shop)) == [("Ann", "LEFT", "RULE_EDITED"), ("Bob", "ENTERED", "RULE_EDITED")]
    assert {at for _, _, _, at, _ in await shop.changes()} == {shop.now}


async def test_merged_separated_erased_deleted_and_listed(shop: Watched) -> None:
    await people(shop, Ann="Bonn", Bob="Ulm", Cem="Ulm", Dee="Ulm")
    await shop.segment("ulm", rule=ULM)
    await shop.segment("list", kind="STATIC", memberIds=[])
    await shop.segment("listed", rule={"segment": {"key": "list"}})
    for key in ("ulm", "listed"):
        await shop.watch(key)
    await shop.follow()
    told = []
    for mutation, given in (
        ("customerMerge", {"winner": shop.ids["Ann"], "losers": [shop.ids["Bob"]]}),
        ("customerUnmerge", {"loser": shop.ids["Bob"]}),
        ("customerDelete", {"id": shop.ids["Dee"]}),
        ("customerRestore", {"id": shop.ids["Dee"]}),
    ):
        shop.now += HOUR
        await shop.change(mutation, **given)
        assert await shop.follow() == 1
        told.append((await shop.changes())[-1][1:])
    assert [(who, change, cause) for who, change, _, cause in told] == [
        ("Bob", "LEFT", "MERGED"), ("Bob", "ENTERED", "MERGED"), ("Dee", "LEFT", "DATA"), ("Dee", "ENTERED", "DATA"),
    ]  # fmt: skip
    shop.now += HOUR
    await shop.listing("Add", shop.segments["list"], "Cem")
    await shop.follow()
    assert (await causes(shop))[-1] == ("Cem", "ENTERED", "MANUAL")
    shop.now += HOUR
    shop.scopes = frozenset(Permission)
    await shop.change("customerErase", id=shop.ids["Cem"], reason="asked for")
    assert await shop.follow() == 2
    assert (await causes(shop))[-2:] == [("", "LEFT", "ERASED")] * 2
    assert [one[2] for one in await shop.told()][-2:] == [None, None]  # who is gone is nobody's subject


async def test_a_rule_that_compares_is_asked_at_its_interval_and_says_so(shop: Watched) -> None:
    await people(shop, Ann="Ulm", Bob="Ulm", Cem="Ulm")
    await shop.order("Ann")
    await shop.segment("best", rule={"rank": {"by": "ORDER_COUNT", "test": {"topN": 1}}})
    begun = await shop.watch("best", every="PT10M")
    assert (begun["compares"], begun["every"], begun["ready"]) == (True, "PT600S", True)
    assert await shop.follow() == 0
    assert await shop.stored() == {"best": await shop.live("best")}
    for _ in range(2):
        await shop.order("Bob")
    shop.now += timedelta(minutes=10) - timedelta(microseconds=1)
    assert await shop.follow() == 0
    shop.now += timedelta(microseconds=1)
    assert await shop.follow() == 2
    assert sorted(await causes(shop)) == [("Ann", "LEFT", "POPULATION_SHIFT"), ("Bob", "ENTERED", "POPULATION_SHIFT")]
    shop.now += timedelta(minutes=1)
    await shop.change("customerDelete", id=shop.ids["Bob"])
    assert await shop.follow() == 1  # who is gone is not in it until the next comparison
    assert (await causes(shop))[-1] == ("Bob", "LEFT", "DATA")
    shop.now += timedelta(minutes=9)
    await shop.follow()
    assert await shop.stored() == {"best": await shop.live("best")}


async def test_watching_twice_is_watching_once_and_ending_twice_too(shop: Watched) -> None:
    await people(shop, Ann="Ulm")
    await shop.segment("ulm", rule=ULM)
    first = await shop.watch("ulm")
    shop.now += HOUR
    assert (await shop.watch("ulm", every="PT1H"))["since"] == first["since"]
    assert len(await shop.rows("SELECT id FROM segment_watch")) == 1
    await shop.follow()
    assert await shop.watch("ulm", end=True) is None
    assert await shop.watch("ulm", end=True) is None
    await people(shop, Ann="Bonn")
    assert await shop.follow() == 0
    again = await shop.watch("ulm")
    assert again["since"] > first["since"]
    assert await shop.follow() == 0
    await people(shop, Ann="Ulm")
    assert await shop.follow() == 1


async def test_archiving_ends_it_and_what_is_archived_is_not_watched(shop: Watched) -> None:
    await people(shop, Ann="Ulm")
    await shop.segment("ulm", rule=ULM)
    await shop.watch("ulm")
    await shop.archive(shop.segments["ulm"])
    assert await shop.follow() == 0
    assert await shop.rows("SELECT id FROM segment_watch WHERE ended_at IS NULL") == []
    assert await shop.rows("SELECT watch_id FROM watched_customer") == []
    assert (await shop.watch("ulm"))["code"] == "VALIDATION"


@pytest.mark.parametrize("every", ["PT59S", "P2D", "P1M"])
async def test_an_interval_that_makes_no_sense_is_refused(shop: Watched, every: str) -> None:
    await shop.segment("ulm", rule=ULM)
    assert (await shop.watch("ulm", every=every))["path"] == ["every"]


async def test_what_there_is_no_segment_of_is_not_found(shop: Watched) -> None:
    shop.segments["none"] = "seg_" + "0" * 32
    assert (await shop.watch("none"))["code"] == (await shop.watch("none", end=True))["code"] == "NOT_FOUND"


async def test_who_may_not_save_segments_may_not_watch_them(shop: Watched) -> None:
    await shop.segment("ulm", rule=ULM)
    shop.scopes -= {Permission.SEGMENTS_WRITE}
    for name in ("segmentWatch", "segmentUnwatch"):
        answer = await shop.ask(f"mutation($id: ID!) {{ {name}(id: $id) {{ __typename }} }}", id=shop.segments["ulm"])
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_when_very_much_happened_everybody_is_looked_at_in_parts(
    shop: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events are then not read one by one, and a transaction never holds more than a part."""
    monkeypatch.setattr(following, "MOST_UNREAD", 5)
    monkeypatch.setattr(following, "MOST_SCANNED", 3)
    await people(shop, Ann="Ulm")
    await shop.segment("ulm", rule=ULM)
    await shop.watch("ulm")
    await shop.follow()
    await people(shop, **{f"C{n}": "Ulm" for n in range(8)}, Ann="Bonn")
    shop.now += HOUR
    assert await shop.follow() == 9
    assert {(at, cause) for _, _, _, at, cause in await shop.changes()} == {(shop.now, "DATA")}
    assert await shop.stored() == {"ulm": await shop.live("ulm")}


async def test_one_change_cannot_be_written_twice(shop: Watched) -> None:
    await people(shop, Ann="Bonn")
    await shop.segment("ulm", rule=ULM)
    await shop.watch("ulm")
    await shop.follow()
    await people(shop, Ann="Ulm")
    await shop.follow()
    columns = "watch_id, customer_id, number, change, at, cause, rule_version, recorded_at"
    with pytest.raises(Exception, match="uq_membership_change"):
        async with shop.scope.write(shop.tenant) as session:
            await session.execute(text(f"INSERT INTO membership_change (id, {columns}) "
                                       f"SELECT gen_random_uuid(), {columns} FROM membership_change"))  # fmt: skip


async def test_another_calendar_of_the_merchant_is_another_rule(shop: Watched) -> None:
    """What is "this day" in Berlin is not in Shanghai."""
    await people(shop, Ann="Ulm")
    await shop.order("Ann", 14 * HOUR)  # 22:00 UTC the day before: today in Berlin it is not, in Shanghai it is
    await shop.segment("today", rule={"text": "exists orders over this day"})
    await shop.watch("today")
    await shop.follow()
    assert await shop.stored() == {}
    shop.tenant = replace(shop.tenant, timezone="Asia/Shanghai")
    assert await shop.follow() == 1
    assert await causes(shop) == [("Ann", "ENTERED", "RULE_EDITED")]
