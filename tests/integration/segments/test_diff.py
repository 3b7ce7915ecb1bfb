"""What another rule would change is told before it is saved: who enters, who leaves, and in which words."""

from typing import Any

import pytest

from api.scopes import granted
from tests.support.club import BONN, ULM, VIP, Club, city

DIFF = """query($id: ID!, $rule: RuleInput!) { segmentDiff(id: $id, rule: $rule) {
    textDiff zh: textDiff(locale: "zh") counts { entered left unchanged }
    entering(orderBy: NAME) { totalCount nodes { displayName } }
    leaving(orderBy: NAME) { totalCount nodes { displayName } } } }"""
FROM_ANN = (
    "query($id: ID!, $after: String) { segmentDiff(id: $id, rule: { not: { tag: { test: { hasAny: [%s] } } } }) {"
)
FROM_ANN += " entering(first: 1, after: $after, orderBy: NAME) { nodes { displayName } pageInfo { endCursor } } } }"


async def diff(club: Club, id: str, rule: Any) -> tuple[str, str, str]:
    """The text, who enters, who leaves; the counts say the same."""
    found = (await club.data(DIFF, id=id, rule=rule))["segmentDiff"]
    entering, leaving = ([one["displayName"] for one in found[way]["nodes"]] for way in ("entering", "leaving"))
    assert (found["entering"]["totalCount"], found["leaving"]["totalCount"]) == (len(entering), len(leaving))
    before = await club.members(id)
    stays = len(before.split()) - len(leaving)
    assert found["counts"] == {"entered": len(entering), "left": len(leaving), "unchanged": stays}
    return found["textDiff"], " ".join(entering), " ".join(leaving)


async def test_who_enters_and_who_leaves_is_told_and_nothing_is_saved(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    before = await club.rows("SELECT * FROM segment"), await club.rows("SELECT * FROM segment_version")
    assert await diff(club, id_, VIP) == ('- city = "Ulm"\n+ tag has any ("vip")', "Cem", "Bob")
    assert await diff(club, id_, ULM) == ('  city = "Ulm"', "", "")
    # For Eva, whose city is not known, the rule is UNKNOWN: she neither enters nor leaves.
    assert await diff(club, id_, {"not": ULM}) == ('- city = "Ulm"\n+ not (city = "Ulm")', "Cem Dee", "Ann Bob")
    assert (await club.rows("SELECT * FROM segment"), await club.rows("SELECT * FROM segment_version")) == before


async def test_who_is_unknown_leaves(club: Club) -> None:
    id_ = (await club.create("everybody", rule={"tag": {"test": {"size": {"gte": "0"}}}}))["id"]
    assert (await diff(club, id_, city("Ulm")))[1:] == ("", "Cem Dee Eva")


async def test_what_was_told_is_what_saving_then_does(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    was = set((await club.members(id_)).split())
    for version, rule in enumerate((VIP, {"any": [BONN, VIP]}, {"none": [VIP]}, ULM), 1):
        _, entering, leaving = await diff(club, id_, rule)
        await club.update(id_, version, rule=rule)
        will = set((await club.members(id_)).split())
        assert (will - was, was - will) == (set(entering.split()), set(leaving.split()))
        was = will


async def test_a_list_is_compared_with_a_rule_too(club: Club) -> None:
    id_ = (await club.create("list", kind="STATIC", memberIds=[club.ids["Ann"], club.ids["Eva"]]))["id"]
    assert await diff(club, id_, VIP) == ('- in segment "list"\n+ tag has any ("vip")', "Cem", "Eva")


async def test_pages_of_who_enters_are_turned_by_cursors(club: Club) -> None:
    id_ = (await club.create("vips", rule=VIP))["id"]
    seen, after = [], None
    for _ in range(3):
        page = (await club.data(FROM_ANN % '"vip"', id=id_, after=after))["segmentDiff"]["entering"]
        seen += [one["displayName"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == ["Bob", "Dee", "Eva"]
    elsewhere = await club.ask("query($after: String) { customers(after: $after) { nodes { id } } }", after=after)
    assert elsewhere["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("way", ["inline", "variable"])
async def test_a_diff_is_one_statement(club: Club, way: str) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    asked = "segmentDiff(id: $id, rule: %s) { entering { nodes { id } } leaving { nodes { id } } counts { left } }"
    rule = "$rule" if way == "variable" else '{ tag: { test: { hasAny: ["vip"] } } }'
    declared = "$id: ID!, $rule: RuleInput!" if way == "variable" else "$id: ID!"
    document, variables = f"query({declared}) {{ {asked % rule} }}", {"rule": VIP} if way == "variable" else {}
    await club.data(document, id=id_, **variables)
    before = club.statements
    await club.data(document, id=id_, **variables)
    assert club.statements == before + 1


async def test_of_what_is_not_in_use_there_is_no_diff(club: Club) -> None:
    gone = (await club.archive((await club.create("club", rule=ULM))["id"]))["id"]
    for id_ in (gone, "seg_1", club.ids["Ann"], "' OR true --"):
        assert await club.data(DIFF, id=id_, rule=VIP) == {"segmentDiff": None}


async def test_a_rule_that_could_not_be_saved_is_refused(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    await club.create("above", rule={"segment": {"key": "club"}})
    for rule, code in (
        ({"segment": {"key": "above"}}, "CYCLE"),
        ({"segment": {"id": id_}}, "CYCLE"),
        ({"attribute": {"key": "nothing", "test": {"text": {"eq": ""}}}}, "UNKNOWN_FIELD"),
        ({"text": "city ="}, "INVALID_RULE"),
    ):
        answer = await club.ask(DIFF, id=id_, rule=rule)
        assert answer["data"] == {"segmentDiff": None}
        (error,) = answer["errors"]
        assert (error["extensions"]["code"], error["extensions"]["issues"][0]["code"]) == ("BAD_USER_INPUT", code)


async def test_who_may_not_see_personal_data_cannot_ask_by_it(club: Club) -> None:
    id_ = (await club.create("club", rule=ULM))["id"]
    club.scopes = granted(("segments_read", "customers_read"))
    mail = {"attribute": {"key": "email", "test": {"text": {"isNull": False}}}}
    (error,) = (await club.ask(DIFF, id=id_, rule=mail))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    club.scopes = granted(("segments_read",))
    (error,) = (await club.ask(DIFF, id=id_, rule=VIP))["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["segmentDiff", "entering"], "FORBIDDEN")
