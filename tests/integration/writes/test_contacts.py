"""Interactions and answers recorded one by one: whole, once, and each wrong value with its place."""

from typing import Any

import pytest

from domain.imports.subjects import ImportKind
from tests.integration.writes.conftest import Writing, by, issues, named, order
from tests.support.imports import faults

VISIT = """... on Interaction { id type name channel direction occurredAt outcome properties
  customer { externalRefs { value } } }"""
ANSWER = """... on Feedback { id kind score scaleMin scaleMax comment surveyKey questionKey channel submittedAt
  customer { externalRefs { value } } order { externalId } }"""
SUBMIT = """
mutation($input: FeedbackInput!) { feedbackSubmit(input: $input) {
  __typename
  ... on FeedbackSuccess { feedback { id score } }
  ... on Invalid { code path message fields { path code message zh: message(locale: "zh") } }
} }"""


def visit(value: str = "v1", **others: Any) -> dict[str, Any]:
    """A visit of customer c1."""
    return {"externalRef": named(value), "by": by(), "type": "VISIT", "occurredAt": "2024-03-01T09:00:00Z"} | others


def answer(value: str = "f1", **others: Any) -> dict[str, Any]:
    """An answer of customer c1 to the NPS question."""
    said = {"externalRef": named(value), "by": by(), "kind": "NPS", "score": "9", "submittedAt": "2024-03-01T09:00:00Z"}
    return said | others


async def test_an_interaction_is_recorded_and_answered_as_it_is_stored(shop: Writing) -> None:
    said = visit(
        name="Fair",
        channel="IN_PERSON",
        direction="OUTBOUND",
        outcome="Came",
        properties={"hall": "3", "n": 5, "x": None},
    )
    made, plain = await shop.recorded("interactionsRecord", said, visit("v2"), made=VISIT)
    assert made == {
        "id": made["id"], "type": "VISIT", "name": "Fair", "channel": "IN_PERSON", "direction": "OUTBOUND",
        "occurredAt": "2024-03-01T09:00:00+00:00", "outcome": "Came", "properties": {"hall": "3", "n": "5"},
        "customer": {"externalRefs": [{"value": "c1"}]},
    }  # fmt: skip
    assert (plain["direction"], plain["properties"]) == ("INBOUND", {})
    assert (await shop.events())[-2:] == ["INTERACTION_RECORDED"] * 2


async def test_an_interaction_is_one_by_its_number_and_changed_where_it_differs(shop: Writing) -> None:
    first = await shop.recorded("interactionsRecord", visit(name="Fair"), visit("v1", externalRef=named("v1", "app")))
    before = await shop.everything()
    await shop.recorded("interactionsRecord", visit(name="Fair"))
    assert await shop.everything() == before
    (moved,) = await shop.recorded("interactionsRecord", visit(by=by("c2", "crm")), made=VISIT)
    assert (moved["id"], moved["name"]) == (first[0]["id"], None)
    assert moved["customer"] == {"externalRefs": [{"value": "c2"}]}
    assert first[0]["id"] != first[1]["id"]


async def test_an_import_records_nothing_of_an_erased_customer_either(shop: Writing) -> None:
    await shop.run("UPDATE customer SET erased_at = now()")
    row = {"external_id": "v1", "customer": "c1", "type": "VISIT", "occurred_at": "2024-03-01"}
    done = await shop.load(ImportKind.INTERACTIONS, [row])
    assert faults(done) == [(1, "customer", "NOT_FOUND")]


async def test_an_answer_is_recorded_with_the_scale_it_was_given_on(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1"))
    full = answer(
        "f1", kind="CSAT", score="4", comment="好", surveyKey="spring", questionKey="q2", channel="WECHAT",
        order={"externalRef": named("o1")},
    )  # fmt: skip
    silent = answer("f4", kind="COMPLAINT", score=None, comment="Late", by=None)
    ten = answer("f3", kind="CSAT", score="7.5", scaleMin="0", scaleMax="10")
    made, nps, wide, words = await shop.recorded("feedbackRecord", full, answer("f2"), ten, silent, made=ANSWER)
    assert made == {
        "id": made["id"], "kind": "CSAT", "score": "4.0000", "scaleMin": "1.0000", "scaleMax": "5.0000",
        "comment": "好", "surveyKey": "spring", "questionKey": "q2", "channel": "WECHAT",
        "submittedAt": "2024-03-01T09:00:00+00:00", "order": {"externalId": "o1"},
        "customer": {"externalRefs": [{"value": "c1"}]},
    }  # fmt: skip
    assert (nps["scaleMin"], nps["scaleMax"], wide["scaleMax"]) == ("0.0000", "10.0000", "10.0000")
    assert (words["score"], words["scaleMax"], words["customer"]) == (None, None, None)


async def test_an_answer_is_one_by_number_kind_and_question(shop: Writing) -> None:
    said = [answer(), answer(questionKey="q2"), answer(kind="CES", score="7"), answer(externalRef=named("f1", "app"))]
    first = await shop.recorded("feedbackRecord", *said)
    assert len({one["id"] for one in first}) == 4
    before = await shop.everything()
    assert await shop.recorded("feedbackRecord", *said) == first
    assert await shop.everything() == before
    (changed,) = await shop.recorded("feedbackRecord", answer(score="3"))
    assert changed == {"id": first[0]["id"], "score": "3.0000"}


async def test_an_anonymous_answer_about_an_order_stays_anonymous(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1"))
    about = {"externalRef": named("o1")}
    (made,) = await shop.recorded("feedbackRecord", answer(by=None, order=about), made=ANSWER)
    assert (made["customer"], made["order"]) == (None, {"externalId": "o1"})


async def test_one_answer_is_submitted_or_refused_with_every_wrong_field(shop: Writing) -> None:
    made = (await shop.client.data(SUBMIT, {"input": answer()}))["feedbackSubmit"]
    assert (made["__typename"], made["feedback"]["score"]) == ("FeedbackSuccess", "9.0000")
    again = (await shop.client.data(SUBMIT, {"input": answer()}))["feedbackSubmit"]
    assert again == made
    before = await shop.everything()
    wrong = await shop.client.data(SUBMIT, {"input": answer(by=by("c9"), channel=None, comment="x" * 50_001)})
    assert issues({"problem": wrong["feedbackSubmit"]}) == [
        ("input.by", "NOT_FOUND"), ("input.comment", "TOO_LONG")
    ]  # fmt: skip
    assert wrong["feedbackSubmit"]["path"] == ["input"]
    assert await shop.everything() == before


VISITS: list[tuple[dict[str, Any], str, str]] = [
    (visit(by=by("c9")), "by", "NOT_FOUND"),
    (visit(externalRef=named("")), "externalRef.value", "REQUIRED"),
    (visit(externalRef=named("v1", " ")), "externalRef.system", "REQUIRED"),
    (visit(occurredAt="9999-12-31T00:00:00Z"), "occurredAt", "OUT_OF_RANGE"),
    (visit(name="x" * 1001), "name", "TOO_LONG"),
    (visit(outcome="x" * 1001), "outcome", "TOO_LONG"),
    (visit(properties=["a"]), "properties", "BAD_TEXT"),
    (visit(properties="a"), "properties", "BAD_TEXT"),
    (visit(properties={str(n): "x" for n in range(51)}), "properties", "TOO_LONG"),
    (visit(properties={"a": {"b": 1}}), "properties.a", "BAD_TEXT"),
    (visit(properties={"a": True}), "properties.a", "BAD_TEXT"),
    (visit(properties={"a.b": "x" * 1001}), "properties.a.b", "TOO_LONG"),
    (visit(properties={"": "x"}), "properties.", "NOT_AN_OPTION"),
    (visit(properties={"x" * 301: "x"}), "properties", "TOO_LONG"),
]
ANSWERS: list[tuple[dict[str, Any], str, str]] = [
    (answer(by=by("c9")), "by", "NOT_FOUND"),
    (answer(externalRef=named("")), "externalRef.value", "REQUIRED"),
    (answer(order={"externalRef": named("o9")}), "order", "NOT_FOUND"),
    (answer(order={"id": "cus_1"}), "order", "NOT_FOUND"),
    (answer(submittedAt="9999-12-31T00:00:00Z"), "submittedAt", "OUT_OF_RANGE"),
    (answer(score=None), "score", "REQUIRED"),
    (answer(score="11"), "score", "OUT_OF_RANGE"),
    (answer(score="-1"), "score", "OUT_OF_RANGE"),
    (answer(kind="STAR", score="0.5"), "score", "OUT_OF_RANGE"),
    (answer(scaleMax="5", score="3"), "scaleMin", "BAD_SCALE"),
    (answer(kind="CES", scaleMin="7", scaleMax="1"), "scaleMin", "BAD_SCALE"),
    (answer(kind="TEXT", score="3"), "scaleMin", "BAD_SCALE"),
    (answer(comment="x" * 50_001), "comment", "TOO_LONG"),
    (answer(surveyKey="x" * 301), "surveyKey", "TOO_LONG"),
    (answer(questionKey="x" * 301), "questionKey", "TOO_LONG"),
]


@pytest.mark.parametrize(("said", "place", "code"), VISITS, ids=[f"{place} {code}" for _, place, code in VISITS])
async def test_what_is_wrong_with_an_interaction_is_told_with_its_place(
    wide: Writing, said: dict[str, Any], place: str, code: str
) -> None:
    assert await wide.refused("interactionsRecord", said) == [(f"interactions.0.{place}", code)]


@pytest.mark.parametrize(("said", "place", "code"), ANSWERS, ids=[f"{place} {code}" for _, place, code in ANSWERS])
async def test_what_is_wrong_with_an_answer_is_told_with_its_place(
    wide: Writing, said: dict[str, Any], place: str, code: str
) -> None:
    assert await wide.refused("feedbackRecord", said) == [(f"feedback.0.{place}", code)]
