"""Memberships explained in time: when they change by themselves, why, and since when they are as they are."""

from datetime import timedelta
from typing import Any

from tests.integration.segments.test_over_time import LATELY, UPSERT, at, visit
from tests.support.club import Club
from tests.support.tenants import NOW

DAY = timedelta(days=1)
ASKED = """query($customers: [ID!]!, $segments: [ID!]!) { memberships(customerIds: $customers, segmentIds: $segments) {
    customer { displayName } segment { key } member since
    nextFlip { at to cause zh: cause(locale: "zh") reason nie: reason(locale: "zh") } } }"""


async def told(club: Club, names: str, *segments: str) -> dict[tuple[str, str], Any]:
    """By customer and segment; one statement for all that is ahead."""
    asked = {"customers": [club.ids[name] for name in names.split()], "segments": segments}
    await club.data(ASKED, **asked)
    before = club.statements
    found = (await club.data(ASKED, **asked))["memberships"]
    assert club.statements - before <= 5  # the document, conditions, what is ahead, customers and segments named
    return {(one["customer"]["displayName"], one["segment"]["key"]): one for one in found}


async def test_the_next_flip_its_cause_and_since_when(club: Club) -> None:
    lately = await club.create("lately", rule=LATELY)
    quiet = await club.create("quiet", rule={"all": [{"not": LATELY}, {"tag": {"test": {"hasAny": ["vip"]}}}]})
    club.now = NOW + 3 * DAY
    await visit(club, "Ann", 1)
    found = await told(club, "Ann Bob", lately["id"], quiet["id"])
    ann, bob = found["Ann", "lately"], found["Bob", "lately"]
    assert (ann["member"], ann["since"]) == (True, at(1))
    assert ann["nextFlip"] == {
        "at": at(8), "to": False, "reason": None, "nie": None,
        "cause": "“There are interactions in the last 7 days” is no longer true", "zh": "“最近7天有互动”不再成立",
    }  # fmt: skip
    assert (bob["member"], bob["since"]) == (False, None)
    assert (bob["nextFlip"]["at"], bob["nextFlip"]["to"], bob["nextFlip"]["cause"]) == (None, None, None)
    assert "50" in bob["nextFlip"]["reason"]
    assert "50" in bob["nextFlip"]["nie"]
    flip = found["Ann", "quiet"]["nextFlip"]
    assert (flip["at"], flip["to"]) == (at(8), True)
    assert flip["cause"] == "“There are interactions in the last 7 days” becomes false"
    assert found["Ann", "quiet"]["since"] == at(1)  # a member before, since she was known


async def test_since_when_looks_at_what_was_so_then(club: Club) -> None:
    ulm = await club.create("ulm", rule={"attribute": {"key": "city", "test": {"text": {"eq": "Ulm"}}}})
    for day, city in ((2, "Bonn"), (4, "Ulm"), (5, "Ulm")):
        club.now = NOW + day * DAY
        await club.data(UPSERT, by={"id": club.ids["Ann"]}, input={"city": city})
    found = await told(club, "Ann Bob Cem", ulm["id"])
    assert {name: (one["member"], one["since"]) for (name, _), one in found.items()} == {
        "Ann": (True, at(4)), "Bob": (True, at(0)), "Cem": (False, None),
    }  # fmt: skip


async def test_a_rule_that_depends_on_others_says_so(club: Club) -> None:
    first = await club.create("first", rule={"rank": {"by": "INTERACTION_COUNT", "test": {"topN": 1}}})
    (one,) = (await told(club, "Ann", first["id"])).values()
    assert one["since"] is None
    assert one["nextFlip"]["at"] is None
    assert one["nextFlip"]["reason"] == "It depends on other customers."
    assert one["nextFlip"]["nie"] == "这取决于其他客户。"


async def test_as_of_an_instant_what_came_later_is_not_known(club: Club) -> None:
    lately = await club.create("lately", rule=LATELY)
    club.now = NOW + 40 * DAY
    await visit(club, "Ann", 1, 5, 20)
    document = """query($by: CustomerBy!, $at: DateTime, $id: ID!) { customer(by: $by, asOf: $at) {
        membership(segmentId: $id) { member since nextFlip { at to } } } }"""
    for day, member, since, flip in ((3, True, 1, 8), (5, True, 1, 12), (12, False, 12, None), (30, False, 27, None)):
        found = await club.data(document, by={"id": club.ids["Ann"]}, at=at(day), id=lately["id"])
        one = found["customer"]["membership"]
        assert (one["member"], one["since"]) == (member, at(since))
        assert one["nextFlip"]["at"] == (None if flip is None else at(flip))
