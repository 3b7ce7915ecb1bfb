"""Rules ask who was a member of a segment in the past: by what was so then, wherever a rule stands."""

from datetime import timedelta
from typing import Any

from tests.support.club import BONN, ULM, Club
from tests.support.tenants import NOW

DAY = timedelta(days=1)
UPSERT = (
    "mutation($by: CustomerBy, $input: CustomerInput!) { customerUpsert(by: $by, input: $input) { __typename"
    " ... on Problem { message } } }"
)
WHO = "query($rule: RuleInput) { customers(where: $rule, orderBy: NAME) { nodes { displayName } } }"


async def lives(club: Club, name: str, city: str | None, day: float) -> None:
    club.now = NOW + day * DAY
    found = await club.data(UPSERT, by={"id": club.ids[name]}, input={"city": city})
    assert found["customerUpsert"]["__typename"] == "CustomerSuccess", found


async def who(club: Club, text: str) -> str:
    found = await club.data(WHO, rule={"text": text})
    return " ".join(node["displayName"] for node in found["customers"]["nodes"])


async def test_who_was_in_and_is_no_more_and_who_has_come_since(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    await lives(club, "Ann", "Bonn", 10)
    await lives(club, "Eva", "Ulm", 20)
    club.now = NOW + 30 * DAY
    assert await who(club, 'in segment "ulm"') == "Bob Eva"
    assert await who(club, 'in segment "ulm" 21 days ago') == "Ann Bob"
    assert await who(club, 'in segment "ulm" 20 days ago') == "Bob"
    assert await who(club, '属于分群 "ulm" 21 天之前 且 不属于分群 "ulm"') == "Ann"
    assert await who(club, 'in segment "ulm" and not in segment "ulm" 12 days ago') == "Eva"


async def test_who_was_not_registered_yet_was_outside(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    everybody = await who(club, "city is null or city is not null")
    assert await who(club, 'in segment "ulm" 31 days ago') == ""
    assert await who(club, 'not in segment "ulm" 20 years ago') == everybody


async def test_a_rule_of_the_past_that_asks_about_the_past(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    await club.create("bonn_after_ulm", rule={"all": [BONN, {"segment": {"key": "ulm", "at": "P10D"}}]})
    await lives(club, "Ann", "Bonn", 10)
    await lives(club, "Ann", "Paris", 22)
    club.now = NOW + 30 * DAY
    assert await who(club, 'in segment "bonn_after_ulm"') == ""
    assert await who(club, 'in segment "bonn_after_ulm" 15 days ago') == "Ann"
    assert await who(club, 'in segment "bonn_after_ulm" 9 days ago') == ""
    assert await who(club, 'in segment "bonn_after_ulm" 21 days ago') == ""


async def test_a_segment_that_was_itself_is_refused(club: Club) -> None:
    made = await club.create("ulm", rule=ULM)
    document = """mutation($id: ID!) { segmentUpdate(id: $id, input: { ifVersion: 1,
        rule: { segment: { key: "ulm", at: "P1D" } } }) { ... on RuleInvalid { issues { path code } } } }"""
    found: Any = await club.data(document, id=made["id"])
    assert found["segmentUpdate"]["issues"] == [{"path": ["segment"], "code": "CYCLE"}]


async def test_the_analysis_knows_what_is_read_and_that_time_brings_and_takes(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    document = """{ parseRule(text: "in segment \\"ulm\\" 1 month ago and not in segment \\"ulm\\"") {
        ... on ParsedRuleSuccess { description count { value }
            nodes { id segmentId counts { matching unknown others } }
            analysis { fields usesTime usesPopulation warnings { kind nodeId } } } } }"""
    found = (await club.data(document))["parseRule"]
    assert found["analysis"] == {"fields": ["city"], "usesTime": True, "usesPopulation": False, "warnings": []}
    assert found["description"] == 'Is in segment "ulm" 1 month ago, and is not in segment "ulm"'
    assert len(found["nodes"]) == 3
