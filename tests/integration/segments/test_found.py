"""Segments are found by id, key, kind and words, and tell who uses them."""

from typing import Any

import pytest

from api.scopes import granted
from tests.support.club import BONN, ULM, VIP, Club

USED = '{ segments { nodes { key usedBy { kind id key name zh: name(locale: "zh") } } } }'
STRATEGY = """mutation($id: ID!, $key: String!) { done: strategySave(input: { key: $key, name: { en: "Care" },
    segmentId: $id, actions: [{ kind: SEND_CARE }], goal: { metric: NPS, direction: UP, within: "P90D" } }) {
    ... on StrategySuccess { strategy { id version } } } }"""
MOVE = """mutation($id: ID!, $v: Int!) { done: strategyTransition(id: $id, to: CANCELLED, ifVersion: $v) {
    ... on StrategySuccess { strategy { id } } } }"""


async def test_a_segment_is_found_by_its_key_with_all_that_is_known_of_it(club: Club) -> None:
    id_ = (await club.create("ulm", rule=ULM))["id"]
    asked = "id key count { value } members(orderBy: NAME) { nodes { displayName } } text versions { totalCount }"
    document = f"query($id: ID, $key: String) {{ segment(id: $id, key: $key) {{ {asked} }} }}"
    by_id, by_key = await club.data(document, id=id_), await club.data(document, key="ulm")
    assert by_id == by_key
    assert by_key["segment"]["count"] == {"value": 2}
    before = club.statements
    short = "query($key: String) { segment(key: $key) { id members { nodes { id } } } }"
    await club.data(short, key="ulm")
    assert club.statements == before + 1


async def test_a_key_finds_one_among_more_than_can_be_asked_at_once(club: Club) -> None:
    for number in range(52):
        await club.create(f"s{number}", rule=ULM if number % 2 else VIP)
    document = "query($key: String) { segment(key: $key) { key count { value } members(first: 1) { totalCount } } }"
    for number in (0, 51):
        found = (await club.data(document, key=f"s{number}"))["segment"]
        assert found == {"key": f"s{number}", "count": {"value": 2}, "members": {"totalCount": 2}}


@pytest.mark.parametrize("key", ["nothing", "", "ULM", "ulm ", "%", "' OR true --", "x" * 10_000, "乌尔姆"])
async def test_what_is_no_key_finds_nothing(club: Club, key: str) -> None:
    await club.create("ulm", rule=ULM)
    document = "query($key: String) { segment(key: $key) { id count { value } } }"
    assert await club.data(document, key=key) == {"segment": None}


async def test_an_archived_segment_is_found_by_its_key_and_has_no_members(club: Club) -> None:
    await club.archive((await club.create("ulm", rule=ULM))["id"])
    document = '{ segment(key: "ulm") { key status count { value } rule versions { totalCount } } }'
    assert await club.data(document) == {
        "segment": {"key": "ulm", "status": "ARCHIVED", "count": None, "rule": ULM, "versions": {"totalCount": 2}}
    }


@pytest.mark.parametrize("given", ["", "(id: null)", '(id: "seg_1", key: "ulm")', "(id: null, key: null)"])
async def test_exactly_one_of_id_and_key_is_given(club: Club, given: str) -> None:
    answer = await club.ask(f"{{ segment{given} {{ id }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer["data"] == {"segment": None}


async def test_segments_are_found_by_a_part_of_key_or_name_and_by_kind(club: Club) -> None:
    await club.create("from_ulm", name={"en": "Southerners", "zh": "乌尔姆客户"}, rule=ULM)
    await club.create("from_bonn", name={"zh": "100% 波恩"}, rule=BONN)
    await club.create("kept", kind="STATIC", memberIds=[])
    document = "query($s: String, $k: [SegmentKind!]) { segments(search: $s, kind: $k) { totalCount nodes { key } } }"
    for search, kind, keys in (
        ("FROM", None, "from_bonn from_ulm"), ("south", None, "from_ulm"), ("姆客", None, "from_ulm"),
        ("%", None, "from_bonn"), ("_", None, "from_bonn from_ulm"), ("'", None, ""), ("", ["STATIC"], "kept"),
        (None, ["SNAPSHOT", "STATIC"], "kept"), ("from", ["STATIC"], ""), (None, [], ""),
    ):  # fmt: skip
        found = (await club.data(document, s=search, k=kind))["segments"]
        assert " ".join(one["key"] for one in found["nodes"]) == keys, search
        assert found["totalCount"] == len(found["nodes"])


async def used(club: Club) -> dict[str, list[Any]]:
    """By key: kind, key and names of what uses a segment."""
    found = (await club.data(USED))["segments"]["nodes"]
    return {one["key"]: [(u["kind"], u["key"], u["name"], u["zh"]) for u in one["usedBy"]] for one in found}


async def test_whatever_uses_a_segment_is_listed_and_keeps_it(club: Club) -> None:
    rules = {"ranked": {"rank": {"by": "NET_SPEND", "test": {"topN": 3}, "population": {"segment": {"key": "ulm"}}}},
             "nested": {"all": [VIP, {"not": {"atLeast": {"k": 1, "of": [{"segment": {"key": "ulm"}}]}}}]}}  # fmt: skip
    ids = {"ulm": (await club.create("ulm", rule=ULM))["id"]}
    for key, rule in rules.items():
        ids[key] = (await club.create(key, rule=rule))["id"]
    ids["list"] = (await club.create("list", kind="STATIC", rule={"segment": {"key": "ulm"}}))["id"]
    strategy = (await club.data(STRATEGY, id=ids["ulm"], key="care"))["done"]["strategy"]
    assert await used(club) == {
        "list": [], "nested": [], "ranked": [],
        "ulm": [("SEGMENT", "nested", "Nested", "nested组"), ("SEGMENT", "ranked", "Ranked", "ranked组"),
                ("STRATEGY", "care", "Care", "Care")],
    }  # fmt: skip
    refused = await club.archive(ids["ulm"])
    assert (refused["code"], refused["segments"], refused["strategies"]) == ("IN_USE", ["nested", "ranked"], ["care"])
    for key in rules:
        await club.archive(ids[key])
    assert (await club.archive(ids["ulm"]))["strategies"] == ["care"]
    await club.data(MOVE, id=strategy["id"], v=strategy["version"])
    assert (await used(club))["ulm"] == []
    assert (await club.archive(ids["ulm"]))["status"] == "ARCHIVED"
    assert (await club.archive(ids["list"]))["status"] == "ARCHIVED"


async def test_the_ids_of_users_are_those_of_what_they_are(club: Club) -> None:
    ulm = (await club.create("ulm", rule=ULM))["id"]
    above = (await club.create("above", rule={"segment": {"id": ulm}}))["id"]
    care = (await club.data(STRATEGY, id=ulm, key="care"))["done"]["strategy"]["id"]
    document = "query($key: String) { segment(key: $key) { usedBy { id } } }"
    assert await club.data(document, key="ulm") == {"segment": {"usedBy": [{"id": above}, {"id": care}]}}
    club.scopes = granted(("segments_read",))
    assert (await club.ask(document, key="ulm"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_question_of_all_users_is_one_statement(club: Club) -> None:
    ulm = (await club.create("ulm", rule=ULM))["id"]
    for number in range(5):
        await club.create(f"s{number}", rule={"segment": {"id": ulm}})
    await club.data(USED)
    before = club.statements
    assert len((await used(club))["ulm"]) == 5
    assert club.statements == before + 1


async def test_members_of_whom_a_further_rule_holds(club: Club) -> None:
    id_ = (await club.create("vips", rule={"tag": {"test": {"size": {"gte": "0"}}}}))["id"]
    document = """query($id: ID!, $and: RuleInput) { segment(id: $id) {
        members(and: $and, orderBy: NAME) { totalCount nodes { displayName } } } }"""
    for rule, names in ((None, "Ann Bob Cem Dee Eva"), (ULM, "Ann Bob"), ({"all": [ULM, VIP]}, "Ann"),
                        ({"not": ULM}, "Cem Dee")):  # fmt: skip
        found = (await club.data(document, id=id_, **{"and": rule}))["segment"]["members"]
        assert " ".join(one["displayName"] for one in found["nodes"]) == names
        assert found["totalCount"] == len(found["nodes"])
