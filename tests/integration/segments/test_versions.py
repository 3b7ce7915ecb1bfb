"""Versions: what each saving left behind, who saved it and why, and what lies between two of them."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.support.club import BONN, ULM, VIP, Club, places
from tests.support.tenants import NOW

VERSIONS = """query($id: ID!, $locale: String) { node(id: $id) { ... on Segment { version versions { totalCount nodes {
    version name(locale: $locale) status rule text(locale: $locale) description author note createdAt } } } } }"""
DIFF = """query($id: ID!, $against: Int!, $locale: String) { node(id: $id) { ... on Segment { versions { nodes {
    version diff(against: $against) { textDiff(locale: $locale) counts { entered left unchanged } } } } } } }"""


async def versions(club: Club, id: str, **variables: Any) -> list[Any]:
    """Newest first; their number is that of the segment."""
    found = (await club.data(VERSIONS, id=id, **variables))["node"]
    nodes: list[Any] = found["versions"]["nodes"]
    assert found["version"] == found["versions"]["totalCount"] == len(nodes)
    assert [one["version"] for one in nodes] == list(range(len(nodes), 0, -1))
    return nodes


async def diffs(club: Club, id: str, against: int, **variables: Any) -> dict[int, Any]:
    """By version: the text, and who entered, left and stayed; null where there is none."""
    found = await club.data(DIFF, id=id, against=against, **variables)
    return {
        one["version"]: one["diff"] and (one["diff"]["textDiff"], *one["diff"]["counts"].values())
        for one in found["node"]["versions"]["nodes"]
    }


async def test_every_saving_leaves_a_version_with_author_time_and_note(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM, note="  At first.  "))["id"]
    for version, said in enumerate(({"rule": VIP, "note": "Only the good."}, {"name": {"en": "Best"}, "note": " "}), 1):
        club.now += timedelta(hours=1)
        assert (await club.update(id_, version, **said))["version"] == version + 1
    club.now += timedelta(hours=1)
    await club.archive(id_)
    found = await versions(club, id_)
    said = [(one["name"], one["status"], one["rule"], one["note"], one["author"]) for one in found]
    assert said == [
        ("Best", "ARCHIVED", VIP, None, "key:test"),
        ("Best", "ACTIVE", VIP, None, "key:test"),
        ("Club", "ACTIVE", VIP, "Only the good.", "key:test"),
        ("Club", "ACTIVE", ULM, "At first.", "key:test"),
    ]
    assert [one["createdAt"] for one in found] == [(NOW + timedelta(hours=n)).isoformat() for n in (3, 2, 1, 0)]


async def test_a_version_is_worded_in_both_languages(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    (en,), (zh,) = await versions(club, id_), await versions(club, id_, locale="zh-CN")
    assert (en["name"], en["text"], en["description"]) == ("Club", 'city = "Ulm"', 'City is "Ulm"')
    assert (zh["name"], zh["text"]) == ("club组", 'city = "Ulm"')


async def test_what_is_refused_leaves_no_version(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    assert (await club.create("club", rule=VIP))["code"] == "NAME_TAKEN"
    assert (await club.update(id_, 7, rule=VIP))["code"] == "VERSION_CONFLICT"
    assert (await club.update(id_, 1, rule={"tag": {"test": {}}}))["code"] == "INVALID_RULE"
    assert places(await club.update(id_, 1, rule=VIP, note="x" * 2001)) == [("input.note", "TOO_LONG")]
    assert len(await club.rows("SELECT id FROM segment_version")) == 1


async def test_of_two_who_change_the_same_version_one_leaves_the_next(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    answers = await asyncio.gather(*(club.update(id_, 1, rule=BONN, note=f"{n}") for n in range(4)))
    (won,) = (one for one in answers if "version" in one)
    assert won["version"] == 2
    assert len(await versions(club, id_)) == 2


async def test_a_diff_says_what_changed_and_for_whom_now(club: Club) -> None:
    id_ = (await club.create("club", rule={"all": [ULM, VIP]}))["id"]
    await club.update(id_, 1, rule={"any": [ULM, VIP]})
    await club.update(id_, 2, rule={"not": ULM})
    await club.run("UPDATE customer SET city = 'Ulm' WHERE display_name = 'Dee'")
    assert await diffs(club, id_, 1) == {
        1: ('  city = "Ulm"\n  and tag has any ("vip")', 0, 0, 1),
        2: ('  city = "Ulm"\n- and tag has any ("vip")\n+ or tag has any ("vip")', 3, 0, 1),
        3: ('- city = "Ulm"\n- and tag has any ("vip")\n+ not (city = "Ulm")', 1, 1, 0),
    }
    # Eva, whose city is not known, is in under neither.
    assert (await diffs(club, id_, 3))[2] == ('- not (city = "Ulm")\n+ city = "Ulm"\n+ or tag has any ("vip")', 3, 0, 1)
    assert (await diffs(club, id_, 2, locale="zh"))[1][
        0
    ] == '  city = "Ulm"\n- 或 标签 含任一 ("vip")\n+ 且 标签 含任一 ("vip")'


async def test_a_diff_with_no_such_version_is_null(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    for against in (0, -1, 2, 2**31 - 1):
        assert await diffs(club, id_, against) == {1: None}


async def test_a_version_that_can_no_longer_be_read_is_nobodys_and_says_nothing(club: Club) -> None:
    vips = await club.create("vips", rule=VIP)
    id_ = (await club.create("club", rule={"segment": {"key": "vips"}}))["id"]
    await club.update(id_, 1, rule=ULM)
    await club.archive(vips["id"])
    now, before = await versions(club, id_)
    assert (now["text"], before["text"], before["description"]) == ('city = "Ulm"', None, None)
    assert (await diffs(club, id_, 1))[2] == ('+ city = "Ulm"', 2, 0, 0)


async def test_a_list_has_versions_of_its_names(club: Club) -> None:
    id_ = (await club.create("kept", kind="STATIC", memberIds=[club.ids["Ann"]]))["id"]
    await club.update(id_, 1, name={"en": "Held"})
    assert [one["text"] for one in await versions(club, id_)] == ['in segment "kept"'] * 2
    assert (await diffs(club, id_, 1))[2] == ('  in segment "kept"', 0, 0, 1)


async def test_a_diff_takes_one_statement_for_all_versions_and_one_for_each_count(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    for version in range(1, 5):
        await club.update(id_, version, rule=VIP)
    texts = "query($id: ID!) { segment(id: $id) { versions { nodes { diff(against: 1) { textDiff } } } } }"
    for document, many in ((VERSIONS, 3), (texts, 2), (DIFF, 2 + 5)):
        await club.data(document, id=id_, against=1)
        before = club.statements
        await club.data(document, id=id_, against=1)
        assert club.statements == before + many
