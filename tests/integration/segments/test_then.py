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
    assert found["description"] == 'Was in segment "ulm" 1 month ago, and is not in segment "ulm"'
    assert len(found["nodes"]) == 3


async def test_who_came_who_left_who_ever_was_in_and_who_never(club: Club) -> None:
    await club.create("ulm", rule=ULM)
    everybody = set((await who(club, "city is null or city is not null")).split())
    await lives(club, "Ann", "Bonn", 10)
    await lives(club, "Eva", "Ulm", 20)
    await lives(club, "Eva", "Bonn", 25)
    club.now = NOW + 30 * DAY
    assert await who(club, 'left segment "ulm"') == "Ann Eva"
    assert await who(club, 'left segment "ulm" over last 20 days') == "Eva"
    assert await who(club, 'left segment "ulm" over last 481 hours') == "Ann Eva"
    assert await who(club, 'entered segment "ulm" over last 11 days') == "Eva"
    assert await who(club, 'entered segment "ulm" over last 10 days') == ""
    assert await who(club, '离开分群 "ulm" 于近 20 天 且 进入分群 "ulm"') == "Eva"
    assert await who(club, 'ever in segment "ulm"') == "Ann Bob Eva"
    assert set((await who(club, 'never in segment "ulm"')).split()) == everybody - {"Ann", "Bob", "Eva"}


async def test_who_was_put_on_a_list_and_taken_off_it(club: Club) -> None:
    made = await club.create("kept", kind="STATIC", memberIds=[club.ids["Ann"]])
    off = """mutation($id: ID!, $who: ID!) { segmentMembersRemove(segmentId: $id, customers: [{ id: $who }]) {
        items { problem { code } } } }"""
    club.now = NOW + 10 * DAY
    await club.data(off, id=made["id"], who=club.ids["Ann"])
    club.now = NOW + 30 * DAY
    assert await who(club, 'ever in segment "kept"') == "Ann"
    assert await who(club, 'left segment "kept" over last 20 days') == ""
    assert await who(club, 'left segment "kept" over last 3 weeks') == "Ann"
    assert await who(club, 'in segment "kept" 3 weeks ago and not in segment "kept"') == "Ann"


RANKED = {"rank": {"by": "ORDER_COUNT", "test": {"topN": 2}}}


async def test_of_a_rule_that_compares_customers_it_cannot_be_told_when_somebody_came(club: Club) -> None:
    await club.create("best", rule=RANKED)
    await club.create("were_best", rule={"segment": {"key": "best", "at": "P1D"}})
    document = """query($rule: RuleInput!) { parseRule(rule: $rule) { ... on ParsedRuleSuccess { count { value } }
        ... on RuleInvalid { issues { path code } } } }"""
    for key in ("best", "were_best"):
        for relation in ("ENTERED", "LEFT", "EVER", "NEVER"):
            found = await club.data(document, rule={"segment": {"key": key, "is": relation}})
            assert found["parseRule"]["issues"] == [{"path": ["segment", "is"], "code": "INVALID_RULE"}], relation
    found = await club.data(document, rule={"segment": {"key": "best", "at": "P1D"}})
    assert found["parseRule"]["count"] == {"value": 0}


async def test_a_rule_that_others_ask_the_past_of_cannot_begin_to_compare(club: Club) -> None:
    made = await club.create("ulm", rule=ULM)
    await club.create("from_ulm", rule={"segment": {"key": "ulm", "is": "LEFT"}})
    document = """mutation($id: ID!, $rule: RuleInput!) { segmentUpdate(id: $id, input: { ifVersion: 1, rule: $rule }) {
        __typename ... on RuleInvalid { issues { code message } } } }"""
    found: Any = await club.data(document, id=made["id"], rule=RANKED)
    assert [issue["code"] for issue in found["segmentUpdate"]["issues"]] == ["INVALID_RULE"]
    found = await club.data(document, id=made["id"], rule=BONN)
    assert found["segmentUpdate"]["__typename"] == "SegmentSuccess"


async def test_references_one_below_another_stay_within_the_calendar(club: Club) -> None:
    await club.create("then_0", rule=ULM)
    for number in range(1, 8):
        rule = {"segment": {"key": f"then_{number - 1}", "at": "P100Y"}}
        assert (await club.create(f"then_{number}", rule=rule))["key"] == f"then_{number}"
    assert await who(club, 'in segment "then_7" 100 years ago') == ""
    asked = await club.data(
        "query($rule: RuleInput, $at: DateTime) { customerCount(where: $rule, asOf: $at) { value } }",
        rule={"text": 'in segment "then_7"'}, at="0001-01-01T00:00:00Z",
    )  # fmt: skip
    assert asked["customerCount"]["value"] == 0
    refused = await club.create("too_long_ago", rule={"segment": {"key": "then_0", "at": "P100YT1S"}})
    assert [(one["path"], one["code"]) for one in refused["issues"]] == [(["segment", "at"], "OUT_OF_RANGE")]
