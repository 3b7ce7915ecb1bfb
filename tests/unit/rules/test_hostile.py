"""Whatever is posted as a rule, it is a rule or it is refused, with the code and the place of what is wrong."""

import json
from typing import Any
from uuid import UUID

import pytest

from domain.refusal import Refused
from domain.rules.check import check
from domain.rules.codec import decode, encode
from domain.rules.issues import RuleInvalid
from domain.rules.terms import AttributeTerms, SegmentTerms, Terms
from domain.vocabulary import CONDITIONS

KNOWN = UUID("01900000-0000-7000-8000-000000000001")
ARCHIVED = f"seg_{UUID('01900000-0000-7000-8000-000000000002').hex}"
ANY = {"tag": {"test": {"isEmpty": True}}}
ATTRIBUTES = {
    "colour": AttributeTerms("TEXT"),
    "children": AttributeTerms("INTEGER"),
    "member_of_club": AttributeTerms("BOOLEAN"),
    "joined_on": AttributeTerms("DATE"),
    "seen_at": AttributeTerms("DATETIME"),
    "tier": AttributeTerms("ENUM", ("gold", "silver")),
    "interests": AttributeTerms("MULTI_ENUM", ("tea", "golf")),
}


def terms() -> Terms:
    """Attributes of every type, and one segment."""
    empty = Terms(attributes=ATTRIBUTES, vocabulary=CONDITIONS)
    rule = decode(ANY, terms=empty, vocabulary=CONDITIONS)
    return Terms(vocabulary=CONDITIONS, attributes=ATTRIBUTES, segments={KNOWN: SegmentTerms("known", rule)})


TERMS = terms()


def refusal(given: Any) -> RuleInvalid:
    """What is answered to a rule that must not pass."""
    with pytest.raises(Refused) as caught:
        decode(given, terms=TERMS, vocabulary=CONDITIONS)
    assert isinstance(caught.value.problem, RuleInvalid)
    assert caught.value.problem.issues
    return caught.value.problem


def attribute(key: Any, test: Any) -> dict[str, Any]:
    return {"attribute": {"key": key, "test": test}}


def city(test: Any) -> dict[str, Any]:
    return attribute("city", {"text": test})


def past(**more: Any) -> dict[str, Any]:
    return {"segment": {"key": "known", **more}}


def orders(having: Any, **more: Any) -> dict[str, Any]:
    return {"orders": {"having": having, **more}}


def exists(**more: Any) -> dict[str, Any]:
    return orders({"exists": True}, **more)


def nested(depth: int) -> dict[str, Any]:
    """A rule of so many levels."""
    rule: dict[str, Any] = ANY
    for _ in range(depth - 1):
        rule = {"not": rule}
    return rule


def amount(value: Any) -> dict[str, Any]:
    return orders({"sum": {"field": "netTotal", "test": {"gt": value}}})


AMOUNT = "orders.having.sum.test.gt"
INVALID, UNKNOWN, MISMATCH, COMPLEX = "INVALID_RULE", "UNKNOWN_FIELD", "TYPE_MISMATCH", "TOO_COMPLEX"
# name: rule, code, place
REFUSED: dict[str, tuple[Any, str, str]] = {
    # what is no rule at all
    "null": (None, INVALID, ""),
    "a text": ("all", INVALID, ""),
    "a list": ([ANY], INVALID, ""),
    "nothing": ({}, INVALID, ""),
    "two members": ({**ANY, "not": ANY}, INVALID, ""),
    "an unknown condition": ({"ordes": {}}, UNKNOWN, "ordes"),
    "a condition of null": ({"tag": None}, INVALID, "tag"),
    "a connective of an object": ({"all": ANY}, INVALID, "all"),
    "a null in a list": ({"all": [ANY, None]}, INVALID, "all.1"),
    "an unknown member": ({"tag": {"test": {"isEmpty": True}, "tset": 1}}, UNKNOWN, "tag.tset"),
    "a missing member": ({"tag": {}}, INVALID, "tag.test"),
    # size
    "no rules in all": ({"all": []}, INVALID, "all"),
    "no rules in any": ({"not": {"any": []}}, INVALID, "not.any"),
    "no rules in none": ({"none": []}, INVALID, "none"),
    "no rules in atLeast": ({"atLeast": {"k": 1, "of": []}}, INVALID, "atLeast.of"),
    "at least none": ({"atLeast": {"k": 0, "of": [ANY]}}, INVALID, "atLeast.k"),
    "at least more than there are": ({"atLeast": {"k": 2, "of": [ANY]}}, INVALID, "atLeast.k"),
    "at least true": ({"atLeast": {"k": True, "of": [ANY]}}, INVALID, "atLeast.k"),
    "201 nodes": ({"all": [ANY] * 200}, COMPLEX, "all.199"),
    "17 levels": (nested(17), COMPLEX, ".".join(["not"] * 16)),
    "a thousand levels": (nested(1000), COMPLEX, ".".join(["not"] * 16)),
    "10,001 values": (city({"in": ["x"] * 10_001}), COMPLEX, "attribute.test.text.in"),
    # values
    "an empty list of values": (city({"in": []}), INVALID, "attribute.test.text.in"),
    "an empty list of statuses": (exists(where={"status": []}), INVALID, "orders.where.status"),
    "an empty list of tags": ({"tag": {"test": {"hasNone": []}}}, INVALID, "tag.test.hasNone"),
    "a test of nothing": (city({}), INVALID, "attribute.test.text"),
    "a test of null": (city({"eq": None}), INVALID, "attribute.test.text"),
    "a NUL": (city({"eq": "a\0"}), INVALID, "attribute.test.text.eq"),
    "a NUL in a list": (city({"in": ["a", "\0"]}), INVALID, "attribute.test.text.in.1"),
    "a lone surrogate": (city({"eq": "\ud800"}), INVALID, "attribute.test.text.eq"),
    "a lone surrogate in a tag": ({"tag": {"test": {"hasAny": ["\udfff"]}}}, INVALID, "tag.test.hasAny.0"),
    "a number as a text": (city({"eq": 5}), INVALID, "attribute.test.text.eq"),
    "infinity": (amount(json.loads("1e999")), INVALID, AMOUNT),
    "infinity in words": (amount("Infinity"), INVALID, AMOUNT),
    "no number": (amount(json.loads("NaN")), INVALID, AMOUNT),
    "no number in words": (amount("NaN"), INVALID, AMOUNT),
    "an exponent": (amount("1e400"), INVALID, AMOUNT),
    "a float": (amount(1.5), INVALID, AMOUNT),
    "a boolean for a number": (amount(True), INVALID, AMOUNT),
    "a number too large to compare": (amount("9" * 41), INVALID, AMOUNT),
    "a whole number of 5000 digits": (amount(10**5000), INVALID, AMOUNT),
    "Arabic digits": (amount("٣"), INVALID, AMOUNT),
    "a number for a boolean": (orders({"exists": 1}), INVALID, "orders.having.exists"),
    "a text for a boolean": (orders({"exists": "true"}), INVALID, "orders.having.exists"),
    "a status that does not exist": (exists(where={"status": ["PAYED"]}), INVALID, "orders.where.status.0"),
    "a status in small letters": (exists(where={"status": ["paid"]}), INVALID, "orders.where.status.0"),
    "a status and nothing": (exists(where={"status": ["PAID", None]}), INVALID, "orders.where.status.1"),
    "two aggregates": (orders({"exists": True, "count": {"eq": 1}}), INVALID, "orders.having"),
    "no aggregate": (orders({}), INVALID, "orders.having"),
    "a sum of what has none": (orders({"sum": {"field": "store", "test": {"gt": 1}}}), UNKNOWN,
                               "orders.having.sum.field"),
    "a sum of contacts": ({"interactions": {"having": {"sum": {"field": "type", "test": {"gt": 1}}}}}, UNKNOWN,
                          "interactions.having.sum.field"),
    "a product filter of nothing": ({"items": {"product": {}, "having": {"exists": True}}}, INVALID, "items.product"),
    "a product that is no id": ({"items": {"product": {"ids": ["x"]}, "having": {"exists": True}}}, INVALID,
                                "items.product.ids.0"),
    # time
    "no duration": (exists(window={"last": "30 days"}), INVALID, "orders.window.last"),
    "an empty duration": (exists(window={"last": "P"}), INVALID, "orders.window.last"),
    "a duration of nothing": (exists(window={"last": "P0D"}), INVALID, "orders.window.last"),
    "a negative duration": (exists(window={"last": "-P3D"}), INVALID, "orders.window.last"),
    "a duration before all time": (exists(window={"last": "P9999Y"}), INVALID, "orders.window.last"),
    "two windows": (exists(window={"last": "P1D", "allTime": True}), INVALID, "orders.window"),
    "not all time": (exists(window={"allTime": False}), UNKNOWN, "orders.window.allTime"),
    "a window unknown": (exists(window={"lasts": "P1D"}), UNKNOWN, "orders.window.lasts"),
    "a window that ends before it begins": (
        exists(window={"between": {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}), INVALID,
        "orders.window.between"),
    "a window of no length": (
        exists(window={"between": {"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T01:00:00+01:00"}}), INVALID,
        "orders.window.between"),
    "a window without an end": (exists(window={"between": {"from": "2026-02-01T00:00:00Z"}}), INVALID,
                                "orders.window.between.to"),
    "an instant without an offset": (
        exists(window={"between": {"from": "2026-02-01T00:00:00", "to": "2026-03-01T00:00:00Z"}}), INVALID,
        "orders.window.between.from"),
    "an instant before all time": (
        exists(window={"between": {"from": "0001-01-01T00:00:00+14:00", "to": "2026-03-01T00:00:00Z"}}), INVALID,
        "orders.window.between.from"),
    "a slice reversed": (exists(window={"ago": {"from": "P30D", "to": "P60D"}}), INVALID, "orders.window.ago"),
    "a day that does not exist": (attribute("birthDate", {"date": {"eq": "2026-02-30"}}), INVALID,
                                  "attribute.test.date.eq"),
    "the year zero": (attribute("birthDate", {"date": {"eq": "0000-01-01"}}), INVALID, "attribute.test.date.eq"),
    "the last hours": (attribute("birthDate", {"date": {"inLast": "PT12H"}}), INVALID, "attribute.test.date.inLast"),
    # names
    "an attribute misspelt": (attribute("color", {"text": {"eq": "red"}}), UNKNOWN, "attribute.key"),
    "an attribute of a long name": (attribute("x" * 100_000, {"text": {"eq": "red"}}), UNKNOWN, "attribute.key"),
    "a column that is no field": (attribute("mergedInto", {"text": {"eq": "x"}}), UNKNOWN, "attribute.key"),
    "a column by its SQL name": (attribute("display_name", {"text": {"eq": "x"}}), UNKNOWN, "attribute.key"),
    "a test of another type": (attribute("children", {"text": {"eq": "1"}}), MISMATCH, "attribute.test"),
    "a test of another type, built in": (attribute("city", {"number": {"eq": 1}}), MISMATCH, "attribute.test"),
    "a list as a text": (attribute("interests", {"text": {"eq": "tea"}}), MISMATCH, "attribute.test"),
    "an option that is none": (attribute("tier", {"text": {"eq": "platinum"}}), INVALID, "attribute.test.text.eq"),
    "options that are none": (attribute("interests", {"set": {"hasAny": ["tea", "gin"]}}), INVALID,
                              "attribute.test.set.hasAny.1"),
    "an enum's value that is none": (attribute("gender", {"text": {"in": ["female"]}}), INVALID,
                                     "attribute.test.text.in.0"),
    "part of an e-mail": (attribute("email", {"text": {"contains": "@"}}), MISMATCH, "attribute.test.text.contains"),
    "another phone": (attribute("phone", {"text": {"ne": "+49"}}), MISMATCH, "attribute.test.text.ne"),
    "a segment that does not exist": ({"segment": {"key": "unknown"}}, UNKNOWN, "segment.key"),
    "an archived segment": ({"segment": {"id": ARCHIVED}}, UNKNOWN, "segment.id"),
    "no segment": ({"segment": {}}, INVALID, "segment"),
    "a segment by both": ({"segment": {"id": f"seg_{KNOWN.hex}", "key": "known"}}, INVALID, "segment"),
    "a segment of no time ago": ({"segment": {"key": "known", "at": "PT0S"}}, INVALID, "segment.at"),
    "a segment of the future": ({"segment": {"key": "known", "at": "-P1D"}}, INVALID, "segment.at"),
    "a segment before all calendars": ({"segment": {"key": "known", "at": "P9999Y"}}, INVALID, "segment.at"),
    "who came so long ago": (past(**{"is": "ENTERED"}, at="P1D"), INVALID, "segment.at"),
    "who was ever in so long ago": (past(**{"is": "EVER"}, at="P1D"), INVALID, "segment.at"),
    "a window of membership": (past(window={"last": "P1D"}), INVALID, "segment.window"),
    "a window of ever": (past(**{"is": "NEVER"}, window={"last": "P1D"}), INVALID, "segment.window"),
    "the last comings": (past(**{"is": "ENTERED"}, window={"lastN": 2}), INVALID, "segment.window"),
    "an unknown relation": (past(**{"is": "SOMETIMES"}), INVALID, "segment.is"),
    "the id of something else": ({"segment": {"id": f"cus_{KNOWN.hex}"}}, INVALID, "segment.id"),
    "deep inside": ({"all": [ANY, {"none": [{"not": {"tag": {"test": {"size": {"gt": "x"}}}}}]}]}, INVALID,
                    "all.1.none.0.not.tag.test.size.gt"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_rule_that_is_none_is_refused_with_the_place_of_what_is_wrong(name: str) -> None:
    given, code, place = REFUSED[name]
    problem = refusal(given)
    assert [(issue.code, ".".join(issue.path)) for issue in problem.issues] == [(code, place)]
    assert problem.path == problem.issues[0].path


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_refusal_can_be_sent_and_read(name: str, locale: str) -> None:
    problem = refusal(REFUSED[name][0])
    for issue in problem.issues:
        text = issue.message(locale)
        assert 0 < len(text) < 400
        assert json.dumps([text, problem.message(locale), *issue.path], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (attribute("color", {"text": {"eq": "red"}}), "colour"),
        (attribute("City", {"text": {"eq": "red"}}), "city"),
        ({"ordes": {}}, "orders"),
        (exists(where={"statuss": []}), "status"),
        ({"segment": {"key": "knwon"}}, "known"),
        (orders({"sum": {"field": "netTotl", "test": {"gt": 1}}}), "netTotal"),
    ],
)
def test_what_was_probably_meant_is_suggested(given: Any, meant: str) -> None:
    (issue,) = refusal(given).issues
    assert issue.suggestion == meant
    assert meant in issue.message("en")
    assert meant in issue.message("zh")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 100_000])
def test_a_name_that_cannot_be_sent_back_is_not(name: str) -> None:
    for given in ({name: {}}, {"tag": {name: 1}}, exists(window={name: 1})):
        for issue in refusal(given).issues:
            assert len("".join(issue.path).encode()) < 200
            assert "\0" not in "".join(issue.path)


LARGEST = (
    {"all": [ANY] * 199},
    nested(16),
    city({"in": [f"c{n}" for n in range(10_000)]}),
    amount("9" * 16),
    exists(window={"ago": {"from": "P12M", "to": "P30D"}}),
    {"segment": {"key": "known"}},
)


@pytest.mark.parametrize("given", LARGEST)
def test_what_is_within_the_limits_is_a_rule_and_reads_back_as_the_same(given: Any) -> None:
    rule = decode(given, terms=TERMS, vocabulary=CONDITIONS)
    again = json.loads(json.dumps(encode(rule)))
    assert decode(again, terms=TERMS, vocabulary=CONDITIONS) == rule == check(rule, TERMS)
    assert encode(rule) == again
