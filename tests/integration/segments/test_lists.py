"""Lists: made of customers or of a rule, changed by hand, frozen; every question takes them as it takes rules."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.graph.request import typed_id
from domain.customers.customer import Customer
from domain.customers.reach import Reach, restrict
from domain.refusal import Refused
from domain.rules.codec import decode
from domain.rules.terms import Terms
from domain.segments.inputs import SegmentInput
from domain.segments.member import SegmentMember
from domain.segments.save import segment_create
from domain.segments.segment import SegmentKind
from domain.text import Names
from domain.vocabulary import CONDITIONS
from tests.support.club import BONN, ULM, VIP, Club, places
from tests.support.saving import STALE
from tests.support.tenants import NOW

LINES = "SELECT added_at, removed_at, added_by, removed_by FROM segment_member ORDER BY added_at"


async def made(club: Club, *names: str, **said: Any) -> str:
    """The id of a list of these customers."""
    segment = await club.create("list", kind="STATIC", memberIds=[club.ids[name] for name in names], **said)
    return str(segment["id"])


async def test_a_list_is_made_of_customers_each_once(club: Club) -> None:
    list_ = await made(club, "Cem", "Ann", "Cem")
    assert await club.members(list_) == "Ann Cem"
    assert await club.members(await made_empty(club)) == ""


async def made_empty(club: Club) -> str:
    """The id of a list of nobody."""
    return str((await club.create("nobody", kind="STATIC", memberIds=[]))["id"])


@pytest.mark.parametrize("kind", ["STATIC", "SNAPSHOT"])
async def test_a_list_made_of_a_rule_keeps_who_was_in_at_that_instant(club: Club, kind: str) -> None:
    segment = await club.create("list", kind=kind, rule=ULM)
    assert (segment["kind"], segment["frozenFrom"]) == (kind, ULM)
    assert segment["rule"] == {"segment": {"id": segment["id"]}}
    await club.run("UPDATE customer SET city = 'Bonn'")
    assert await club.members(segment["id"]) == "Ann Bob"


async def test_a_snapshot_of_a_segment_keeps_its_members(club: Club) -> None:
    vips = await club.create("vips", rule=VIP)
    snapshot = await club.snapshot(vips["id"], "vips_then", note="Before the campaign.")
    assert (snapshot["kind"], snapshot["frozenFrom"]) == ("SNAPSHOT", {"segment": {"id": vips["id"]}})
    await club.update(vips["id"], 1, rule=BONN)
    again = await club.snapshot(snapshot["id"], "of_a_snapshot")
    assert [await club.members(one["id"]) for one in (vips, snapshot, again)] == ["Cem", "Ann Cem", "Ann Cem"]
    assert (await club.archive(vips["id"]))["status"] == "ARCHIVED"  # a snapshot does not need it
    assert await club.members(snapshot["id"]) == "Ann Cem"
    assert (await club.snapshot(vips["id"], "late"))["code"] == "NOT_FOUND"
    assert (await club.snapshot(snapshot["id"], "vips"))["code"] == "NAME_TAKEN"


async def test_customers_are_put_on_a_list_and_taken_off_it(club: Club) -> None:
    list_ = await made(club, "Ann")
    items = await club.listing("Add", list_, "Bob", "Ann", "Bob")
    assert [one["node"]["displayName"] for one in items] == ["Bob", "Ann", "Bob"]
    assert await club.members(list_) == "Ann Bob"
    items = await club.listing("Remove", list_, "Ann", "Dee")
    assert [one["node"]["displayName"] for one in items] == ["Ann", "Dee"]
    assert await club.members(list_) == "Bob"


async def test_an_item_that_names_nobody_is_answered_and_the_others_are_done(club: Club) -> None:
    list_ = await made(club)
    await club.run(
        f"INSERT INTO customer_external_ref VALUES ('shop', '7', '{club.ids['Dee'][4:]}', '{NOW.isoformat()}')"
    )
    given = (
        {"externalRef": {"system": "shop", "value": "7"}}, {"id": typed_id("cus", uuid4())}, {"email": "x"},
        {"externalRef": {"system": "", "value": "7"}}, "Ann", {"id": list_},
    )  # fmt: skip
    items = await club.listing("Add", list_, *given)
    assert [one["node"] and one["node"]["displayName"] for one in items] == ["Dee", None, None, None, "Ann", None]
    assert [places(one["problem"]) for one in items if one["problem"]] == [
        [("customers.1", "NOT_FOUND")], [("customers.2.email", "BAD_EMAIL")],
        [("customers.3.externalRef.system", "REQUIRED")], [("customers.5", "NOT_FOUND")],
    ]  # fmt: skip
    assert all(field["zh"] for one in items if one["problem"] for field in one["problem"]["fields"])
    assert await club.members(list_) == "Ann Dee"


async def test_when_somebody_was_on_a_list_is_kept(club: Club) -> None:
    list_ = await made(club, "Ann")
    for hours, how in ((1, "Remove"), (2, "Remove"), (3, "Add"), (4, "Add")):
        club.now = NOW + timedelta(hours=hours)
        await club.listing(how, list_, "Ann")
    kept = [(row["added_at"] - NOW, row["removed_at"] and row["removed_at"] - NOW) for row in await club.rows(LINES)]
    assert kept == [(timedelta(0), timedelta(hours=1)), (timedelta(hours=3), None)]
    assert {row["added_by"] for row in await club.rows(LINES)} == {"key:test"}
    for hours, names in ((0, "Ann"), (1, ""), (2.9, ""), (3, "Ann")):
        club.now = NOW + timedelta(hours=hours)
        assert await club.members(list_) == names


async def test_in_one_operation_the_last_change_counts(club: Club) -> None:
    list_ = await made(club, "Ann")
    change = "%s: segmentMembers%s(segmentId: $id, customers: $c) { items { problem { code } } }"
    for order, names in (("Remove Add", "Ann"), ("Remove Add Remove", ""), ("Add Remove Add", "Ann")):
        club.now += timedelta(hours=1)
        fields = " ".join(change % (f"f{n}", how) for n, how in enumerate(order.split()))
        document = f"mutation($id: ID!, $c: [CustomerBy!]!) {{ {fields} }}"
        await club.data(document, id=list_, c=[{"id": club.ids["Ann"]}])
        assert await club.members(list_) == names


async def test_a_clock_that_is_behind_ends_no_line_before_it_began(club: Club) -> None:
    list_ = await made(club, "Ann")
    club.now = NOW - timedelta(seconds=1)
    assert (await club.listing("Remove", list_, "Ann"))[0]["problem"] is None
    club.now = NOW
    assert await club.members(list_) == ""


async def test_only_a_list_in_use_that_is_no_snapshot_is_changed_by_hand(club: Club) -> None:
    dynamic = (await club.create("dynamic", rule=ULM))["id"]
    frozen = (await club.create("frozen", rule=ULM, kind="SNAPSHOT"))["id"]
    gone = (await club.archive(await made(club)))["id"]
    for how in ("Add", "Remove"):
        for one in (dynamic, frozen, gone):
            refused = await club.listing(how, one, "Ann")
            assert (refused["code"], refused["fields"][0]["code"]) == ("BAD_USER_INPUT", "IMMUTABLE"), refused
        assert (await club.listing(how, typed_id("seg", uuid4()), "Ann"))["problem"] == "NOT_FOUND"
        assert (await club.listing(how, dynamic, *["Ann"] * 101))["fields"][0]["code"] == "TOO_LONG"


@pytest.mark.parametrize(
    ("said", "place", "code"),
    [
        ({}, "input.rule", "VALIDATION"),
        ({"kind": "DYNAMIC", "rule": ULM, "memberIds": []}, "input.memberIds", "VALIDATION"),
        ({"kind": "STATIC"}, "input.rule", "VALIDATION"),
        ({"kind": "SNAPSHOT", "rule": ULM, "memberIds": []}, "input.rule", "VALIDATION"),
        ({"kind": "STATIC", "memberIds": ["cus_1"]}, "input.memberIds.0", "NOT_FOUND"),
        ({"kind": "STATIC", "memberIds": ["'; DROP TABLE segment --"]}, "input.memberIds.0", "NOT_FOUND"),
        ({"kind": "STATIC", "memberIds": [f"cus_{'0' * 32}"] * 10_001}, "input.memberIds", "TOO_LONG"),
        ({"rule": ULM, "note": "n" * 2001}, "input.note", "TOO_LONG"),
    ],
)
async def test_what_does_not_go_together_is_refused(club: Club, said: Any, place: str, code: str) -> None:
    assert places(await club.create("new", **said)) == [(place, code)]
    assert not await club.rows("SELECT id FROM segment")


async def test_of_many_members_who_are_nobody_twenty_are_named(club: Club) -> None:
    refused = await club.create("new", kind="STATIC", memberIds=[club.ids["Ann"], *["cus_0"] * 30])
    assert places(refused) == [(f"input.memberIds.{n}", "NOT_FOUND") for n in range(1, 21)]


async def test_a_list_has_no_rule_to_change_but_a_name(club: Club) -> None:
    list_ = await made(club, "Ann")
    assert places(await club.update(list_, 1, rule=ULM)) == [("input.rule", "IMMUTABLE")]
    assert (await club.update(list_, 1, name={"en": "Another"}))["version"] == 2
    assert await club.members(list_) == "Ann"


async def test_the_merged_count_as_their_winner_and_the_erased_as_nobody(club: Club) -> None:
    list_ = await made(club, "Ann", "Cem", "Dee")
    bob, cem = club.ids["Bob"][4:], club.ids["Cem"][4:]
    await club.run(f"UPDATE customer SET merged_into = '{bob}' WHERE id = '{cem}'")
    await club.run(f"UPDATE customer SET erased_at = now() WHERE id = '{club.ids['Dee'][4:]}'")
    assert await club.members(list_) == "Ann Bob"
    refused = (await club.listing("Add", list_, "Dee"))[0]
    assert places(refused["problem"]) == [("customers.0", "NOT_FOUND")]
    assert [one["node"]["displayName"] for one in await club.listing("Add", list_, "Cem")] == ["Bob"]
    club.now += timedelta(hours=1)
    await club.listing("Remove", list_, "Cem")
    assert await club.members(list_) == "Ann"


async def test_a_list_follows_customers_that_are_merged_separated_deleted_and_restored(club: Club) -> None:
    list_ = await made(club, "Ann", "Cem")
    change = "mutation($a: ID!, $b: [ID!]!) { done: customerMerge(winner: $a, losers: $b) { __typename } }"
    await club.data(change, a=club.ids["Bob"], b=[club.ids["Ann"], club.ids["Cem"]])
    assert await club.members(list_) == "Bob"
    apart = "mutation($id: ID!) { done: customerUnmerge(loser: $id) { __typename } }"
    await club.data(apart, id=club.ids["Cem"])
    assert await club.members(list_) == "Bob Cem"
    await club.data(apart, id=club.ids["Ann"])
    assert await club.members(list_) == "Ann Cem"
    await club.data("mutation($id: ID!) { done: customerDelete(id: $id) { __typename } }", id=club.ids["Cem"])
    assert await club.members(list_) == "Ann"
    await club.data("mutation($id: ID!) { done: customerRestore(id: $id) { __typename } }", id=club.ids["Cem"])
    assert await club.members(list_) == "Ann Cem"


async def test_whoever_was_taken_off_beside_the_one_merged_in_is_still_on_by_the_other(club: Club) -> None:
    list_ = await made(club, "Ann", "Bob")  # two lines of one instant
    await club.listing("Remove", list_, "Bob")
    change = "mutation($a: ID!, $b: [ID!]!) { done: customerMerge(winner: $a, losers: $b) { __typename } }"
    await club.data(change, a=club.ids["Bob"], b=[club.ids["Ann"]])
    assert await club.members(list_) == "Bob"
    await club.listing("Remove", list_, "Bob")
    assert await club.members(list_) == ""


async def test_who_reaches_a_part_of_the_customers_makes_lists_of_these(club: Club) -> None:
    await club.run("UPDATE customer SET owner = CASE WHEN display_name IN ('Ann', 'Dee') THEN 'w1' ELSE 'w2' END")
    rule = decode(ULM, terms=Terms(), vocabulary=CONDITIONS)
    for value, names in (("w1", "Ann"), ("w2", "Bob"), (None, "")):
        async with club.scope.write(club.tenant) as session:
            restrict(session, Reach("owner", value))
            said = SegmentInput(f"of_{value}".lower(), Names(en="Mine"), rule, SegmentKind.STATIC)
            made_ = await segment_create(session, said, now=NOW, terms=STALE)
            if value != "w1":
                others = SegmentInput(f"not_{value}".lower(), Names(en="x"), None, SegmentKind.STATIC, [ann(club)])
                with pytest.raises(Refused):
                    await segment_create(session, others, now=NOW, terms=STALE)
            found = await session.scalars(
                select(Customer.display_name).join(SegmentMember, SegmentMember.customer_id == Customer.id)
                .where(SegmentMember.segment_id == made_.id)
            )  # fmt: skip
            assert " ".join(found) == names


def ann(club: Club) -> UUID:
    """Ann's id, as stored."""
    return UUID(club.ids["Ann"][4:])


async def test_rules_metrics_and_words_take_a_list_like_any_segment(club: Club) -> None:
    list_ = await made(club, "Ann", "Dee")
    both = await club.create("both", rule={"all": [{"segment": {"key": "list"}}, VIP]})
    neither = await club.create("neither", rule={"not": {"segment": {"key": "list"}}})
    assert [await club.members(one["id"]) for one in (both, neither)] == ["Ann", "Bob Cem Eva"]
    document = """query($id: ID!, $rule: RuleInput!) {
        segment(id: $id) { rule text zh: text(locale: "zh") description
            members(and: $rule) { totalCount nodes { displayName } } estimate: count(accuracy: ESTIMATE) { value } }
        orderMetrics(where: { segment: { id: $id } }) { customers }
        parseRule(text: "in segment \\"list\\" and tag has any (\\"vip\\")") {
            ... on ParsedRuleSuccess { count { value } } } }"""
    found = await club.data(document, id=list_, rule=VIP)
    assert found["segment"] == {
        "rule": {"segment": {"id": list_}}, "text": 'in segment "list"', "zh": '属于分群 "list"',
        "description": 'Is in segment "list"', "members": {"totalCount": 1, "nodes": [{"displayName": "Ann"}]},
        "estimate": {"value": 2},
    }  # fmt: skip
    assert (found["orderMetrics"], found["parseRule"]) == ({"customers": 0}, {"count": {"value": 1}})


async def test_a_list_in_a_rule_is_no_way_round_a_circle(club: Club) -> None:
    a = await club.create("a", rule=ULM)
    frozen = await club.snapshot(a["id"], "frozen")
    b = await club.create("b", rule={"all": [{"segment": {"key": "a"}}, {"segment": {"key": "frozen"}}]})
    assert (await club.update(a["id"], 1, rule={"segment": {"key": "b"}}))["issues"][0]["code"] == "CYCLE"
    # Whom it was made of is past: that is no reference.
    assert (await club.update(a["id"], 1, rule={"any": [BONN, {"segment": {"id": frozen["id"]}}]}))["version"] == 2
    assert [await club.members(one["id"]) for one in (a, b)] == ["Ann Bob Cem", "Ann Bob"]


async def test_a_question_about_lists_is_one_statement(club: Club) -> None:
    for key in ("one", "two", "three"):
        await club.create(key, kind="STATIC", memberIds=list(club.ids.values()))
    document = "{ segments { nodes { key kind frozenFrom members(first: 2) { nodes { id segments { key } } } } } }"
    await club.data(document)
    before = club.statements
    assert len((await club.data(document))["segments"]["nodes"]) == 3
    assert club.statements == before + 1


async def test_what_changes_a_list_is_told(club: Club) -> None:
    list_ = await made(club, "Ann")
    for how, names in (("Add", ("Ann", "Bob")), ("Add", ("Bob",)), ("Remove", ("Ann", "Dee")), ("Remove", ("Ann",))):
        await club.listing(how, list_, *names)
    told = await club.rows("SELECT topic, subject_id, payload FROM event ORDER BY sequence")
    plain = {name: str(UUID(club.ids[name][4:])) for name in ("Ann", "Bob")}
    assert [(row["topic"], row["payload"]) for row in told] == [
        ("SEGMENT_SAVED", {}),
        ("SEGMENT_MEMBERS_CHANGED", {"added": [plain["Bob"]]}),
        ("SEGMENT_MEMBERS_CHANGED", {"removed": [plain["Ann"]]}),
    ]
    assert {typed_id("seg", row["subject_id"]) for row in told} == {list_}
