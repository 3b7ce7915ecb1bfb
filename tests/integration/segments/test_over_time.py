"""Segments over time as clients ask: points of a history, and who came and went, when and why."""

from datetime import timedelta
from typing import Any

import pytest

from api.scopes import Scope
from tests.support.club import Club
from tests.support.tenants import NOW

DAY = timedelta(days=1)
RECORD = "mutation($i: [InteractionInput!]!) { interactionsRecord(interactions: $i) { items { problem { code } } } }"
UPSERT = "mutation($by: CustomerBy, $input: CustomerInput!) { customerUpsert(by: $by, input: $input) { __typename } }"
HISTORY = """query($key: String!, $from: DateTime!, $to: DateTime!, $step: Duration!) {
    segment(key: $key) { history(from: $from, to: $to, step: $step) { at count entered left } } }"""
CHANGES = """query($key: String!, $from: DateTime!, $to: DateTime!, $first: Int, $after: String) { segment(key: $key) {
    changes(from: $from, to: $to, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        nodes { at change cause customer { displayName } } } } }"""
LATELY = {"interactions": {"having": {"exists": True}, "window": {"last": "P7D"}}}


def at(days: float) -> str:
    return (NOW + days * DAY).isoformat()


async def visit(club: Club, name: str, *days: float) -> None:
    rows = [
        {
            "externalRef": {"system": "crm", "value": f"{name} {day}"}, "by": {"id": club.ids[name]}, "type": "VISIT",
            "direction": "INBOUND", "occurredAt": at(day),
        }
        for day in days
    ]  # fmt: skip
    found = await club.data(RECORD, i=rows)
    assert found["interactionsRecord"]["items"] == [{"problem": None}] * len(rows)


async def changes(club: Club, key: str, first: int = 50, since: float = 0, until: float = 40) -> list[Any]:
    """All pages."""
    seen: list[Any] = []
    after = None
    while True:
        asked = {"key": key, "from": at(since), "to": at(until), "first": first, "after": after}
        page = (await club.data(CHANGES, **asked))["segment"]["changes"]
        seen += [(each["customer"]["displayName"], each["change"], each["cause"], each["at"]) for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(seen)
            return seen


def told(*rows: tuple[str, str, str, float]) -> list[Any]:
    return [(name, change, cause, (NOW + day * DAY).isoformat()) for name, change, cause, day in rows]


async def test_who_came_and_who_left_and_why(club: Club) -> None:
    club.now = NOW + 40 * DAY
    await club.create("lately", rule=LATELY)
    await visit(club, "Ann", 1, 3, 20)
    await visit(club, "Bob", 4)
    for page in (1, 2, 50):
        assert await changes(club, "lately", page) == told(
            ("Ann", "ENTERED", "DATA", 1), ("Bob", "ENTERED", "DATA", 4), ("Ann", "LEFT", "TIME_PASSED", 10),
            ("Bob", "LEFT", "TIME_PASSED", 11), ("Ann", "ENTERED", "DATA", 20), ("Ann", "LEFT", "TIME_PASSED", 27),
        )  # fmt: skip
    assert await changes(club, "lately", since=4, until=11) == told(
        ("Ann", "LEFT", "TIME_PASSED", 10), ("Bob", "LEFT", "TIME_PASSED", 11)
    )


async def test_changed_fields_and_lists_are_causes_of_their_own(club: Club) -> None:
    made = await club.create("list", kind="STATIC", memberIds=[club.ids["Cem"]])
    await club.create(
        "either", rule={"any": [LATELY, {"segment": {"key": "list"}}, {"tag": {"test": {"hasAny": ["new"]}}}]}
    )
    club.now = NOW + 2 * DAY
    await club.listing("Remove", made["id"], "Cem")
    club.now = NOW + 5 * DAY
    await club.data(UPSERT, by={"id": club.ids["Eva"]}, input={"tags": ["new"]})
    club.now = NOW + 40 * DAY
    assert await changes(club, "either", since=-1) == told(
        ("Cem", "ENTERED", "MANUAL", 0), ("Cem", "LEFT", "MANUAL", 2), ("Eva", "ENTERED", "DATA", 5)
    )
    assert await changes(club, "list", since=-1) == told(("Cem", "ENTERED", "MANUAL", 0), ("Cem", "LEFT", "MANUAL", 2))


async def test_a_history_counts_by_what_was_so_then(club: Club) -> None:
    club.now = NOW + 40 * DAY
    await club.create("lately", rule=LATELY)
    await visit(club, "Ann", 1, 20)
    await visit(club, "Bob", 3)
    asked = {"key": "lately", "from": at(0), "to": at(100), "step": "P5D"}
    points = (await club.data(HISTORY, **asked))["segment"]["history"]
    assert [(one["count"], one["entered"], one["left"]) for one in points] == [
        (0, 0, 0), (2, 2, 0), (0, 0, 2), (0, 0, 0), (1, 1, 0), (1, 0, 0), (0, 0, 1), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip
    assert points[1]["at"] == at(5)
    only = HISTORY.replace(" entered left", "")
    assert [one["count"] for one in (await club.data(only, **asked))["segment"]["history"]] == [
        one["count"] for one in points
    ]


@pytest.mark.parametrize(
    ("document", "asked", "place"),
    [
        (HISTORY, {"from": at(0), "to": at(400), "step": "P1D"}, ("step", "TOO_COMPLEX")),
        (HISTORY, {"from": at(0), "to": at(-1), "step": "P1D"}, ("to", "OUT_OF_RANGE")),
        (HISTORY, {"from": at(0), "to": at(1), "step": "PT0S"}, ("step", "OUT_OF_RANGE")),
        (HISTORY, {"from": "0001-01-01T00:00:00Z", "to": at(1), "step": "P10Y"}, ("from", "OUT_OF_RANGE")),
        (CHANGES, {"from": "0001-01-01T00:00:00Z", "to": "0001-02-01T00:00:00Z"}, ("from", "OUT_OF_RANGE")),
        (CHANGES, {"from": at(0), "to": at(367)}, ("to", "TOO_COMPLEX")),
        (CHANGES, {"from": at(0), "to": at(-1)}, ("to", "OUT_OF_RANGE")),
    ],
)
async def test_what_is_too_much_is_refused_at_its_place(
    club: Club, document: str, asked: dict[str, Any], place: tuple[str, str]
) -> None:
    await club.create("lately", rule=LATELY)
    (error,) = (await club.ask(document, key="lately", **asked))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert [(".".join(one["path"]), one["code"]) for one in error["extensions"]["fields"]] == [place]


async def test_four_hundred_points_are_told(club: Club) -> None:
    club.now = NOW + 500 * DAY
    await club.create("lately", rule=LATELY)
    found = await club.data(HISTORY, **{"key": "lately", "from": at(0), "to": at(399), "step": "P1D"})
    assert len(found["segment"]["history"]) == 400


@pytest.mark.parametrize("step", ["P1000Y", "P30Y", "P10958D", "P25YT1S"])
@pytest.mark.parametrize(("from_", "to"), [("0002-01-01T00:00:00Z", at(0)), (at(-1), "9999-12-31T23:59:59Z")])
async def test_long_steps_lead_no_further_than_asked(club: Club, step: str, from_: str, to: str) -> None:
    await club.create("lately", rule=LATELY)
    asked = {"key": "lately", "from": from_, "to": to, "step": step}
    points = (await club.data(HISTORY, **asked))["segment"]["history"]
    assert points[0]["at"] == from_.replace("Z", "+00:00")
    assert all(one["at"] <= at(0) for one in points)
    assert [one["count"] for one in points] == [0] * len(points)


async def test_where_others_decide_there_are_no_instants_but_a_history(club: Club) -> None:
    club.now = NOW + 40 * DAY
    await visit(club, "Ann", 1)
    rank = {"rank": {"by": "INTERACTION_COUNT", "test": {"topN": 1}}}
    await club.create("first", rule=rank)
    (error,) = (await club.ask(CHANGES, **{"key": "first", "from": at(0), "to": at(9)}))["errors"]
    assert error["extensions"]["problem"] == "INVALID_RULE"
    found = await club.data(HISTORY, **{"key": "first", "from": at(0), "to": at(2), "step": "P1D"})
    assert [one["count"] for one in found["segment"]["history"]] == [5, 1, 1]


async def test_the_instants_of_a_rule_about_personal_data_are_personal_data(club: Club) -> None:
    rule = {"anniversary": {"field": "birthDate", "window": {"inNext": "P7D"}}}
    await club.create("birthday", rule=rule)
    club.scopes = club.scopes - {Scope.PII_READ}
    (error,) = (await club.ask(CHANGES, **{"key": "birthday", "from": at(0), "to": at(1)}))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
