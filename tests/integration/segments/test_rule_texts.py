"""Rules in words over GraphQL: a segment's text, a text parsed, a text as a rule, and what is wrong with one."""

from typing import Any

import pytest

from tenancy.scope import Scope
from tests.support.http import Api
from tests.support.planted import plant
from tests.support.tenants import Tenants

RULE = {
    "all": [
        {"attribute": {"key": "city", "test": {"text": {"in": ["Ulm", "Bonn"]}}}},
        {"not": {"orders": {"having": {"exists": True}, "window": {"last": "P1Y"}}}},
    ]
}
EN = 'city in ("Ulm", "Bonn") and not (exists orders over last 1 year)'
ZH = 'city 为 ("Ulm", "Bonn") 且 非 (存在 订单 于 近 1 年)'
PARSE = """query($text: String, $rule: RuleInput, $locale: String) {
    parseRule(text: $text, rule: $rule, locale: $locale) {
    __typename
    ... on ParsedRuleSuccess { text en: text(locale: "en") zh: text(locale: "zh-CN") description ruleInput
        count { value exact } }
    ... on RuleInvalid { path issues { code message path offset line column length suggestion } } } }"""


@pytest.fixture(scope="module")
async def shop(api: Api, tenants: Tenants, scope: Scope) -> Api:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    return await api.of(tenant)


async def parsed(api: Api, **asked: Any) -> Any:
    return (await api.data(PARSE, asked))["parseRule"]


@pytest.mark.parametrize("given", [{"text": EN}, {"text": ZH}, {"rule": RULE}, {"rule": {"text": ZH}}])
async def test_a_rule_is_shown_in_all_its_forms_whichever_way_it_came(shop: Api, given: dict[str, Any]) -> None:
    answer = await parsed(shop, **given)
    assert answer == {
        "__typename": "ParsedRuleSuccess",
        "text": EN,
        "en": EN,
        "zh": ZH,
        "description": 'City is one of "Ulm", "Bonn", and it is not so that (there are orders in the last 1 year)',
        "ruleInput": RULE,
        "count": answer["count"],
    }
    counted = await shop.data("query($where: RuleInput) { customers(where: $where) { totalCount } }", {"where": RULE})
    assert answer["count"] == {"value": counted["customers"]["totalCount"], "exact": True}


async def test_the_language_of_the_answer_is_that_of_the_field_of_the_question_or_of_the_caller(shop: Api) -> None:
    answer = await parsed(shop, text=EN, locale="zh")
    assert (answer["text"], answer["en"]) == (ZH, EN)
    assert answer["description"] == "城市为“Ulm”、“Bonn”之一，且并非（最近1年有订单）"
    by_header = await shop.data("{ parseRule(text: \"no orders\") { ... on ParsedRuleSuccess { text } } }",
                                None, **{"Accept-Language": "zh-CN"})  # fmt: skip
    assert by_header == {"parseRule": {"text": "没有 订单"}}


async def test_what_is_wrong_with_a_text_is_data_with_its_place(shop: Api) -> None:
    answer = await parsed(shop, text='city = "Ulm"\n  and oders.count > 3')
    assert answer["__typename"] == "RuleInvalid"
    (issue,) = answer["issues"]
    assert issue | {"message": ""} == {
        "code": "UNKNOWN_FIELD", "message": "", "path": [], "offset": 19, "line": 2, "column": 7, "length": 5,
        "suggestion": "orders",
    }  # fmt: skip


async def test_what_is_wrong_with_a_tree_or_with_neither_or_both_is_data_too(shop: Api) -> None:
    wrong = {"attribute": {"key": "nobody", "test": {"text": {"eq": "x"}}}}
    assert (await parsed(shop, rule=wrong))["issues"][0]["path"] == ["attribute", "key"]
    assert (await parsed(shop, rule={"all": [wrong, {"text": "x ("}]}))["issues"][0]["path"] == ["text"]
    for both in ({}, {"text": EN, "rule": RULE}):
        assert (await parsed(shop, **both))["issues"][0]["message"] == "Give a text or a rule."


async def test_a_text_stands_wherever_a_rule_does(shop: Api) -> None:
    query = "query($where: RuleInput) { customers(where: $where) { totalCount } }"
    tree, text, inside = [
        (await shop.data(query, {"where": where}))["customers"]["totalCount"]
        for where in (RULE, {"text": ZH}, {"all": [{"text": 'city in ("Ulm", "Bonn")'}, RULE["all"][1]]})
    ]
    assert tree == text == inside
    answer = await shop.ask(query, {"where": {"text": "city = = 3"}})
    (error,) = answer["errors"]
    assert error["extensions"]["problem"] == "INVALID_RULE"
    assert error["extensions"]["issues"][0]["offset"] == 7


async def test_a_segment_has_a_text_that_can_be_posted_back_and_keeps_it_when_archived(shop: Api) -> None:
    saved = await shop.data(
        'mutation($rule: RuleInput!) { segmentCreate(input: {key: "silent", name: {en: "Silent"}, rule: $rule})'
        " { ... on SegmentSuccess { segment { id rule } } } }",
        {"rule": {"text": EN}},
    )
    segment = saved["segmentCreate"]["segment"]
    assert segment["rule"] == RULE
    of = {"id": segment["id"]}
    read = 'query($id: ID!) { segment(id: $id) { text zh: text(locale: "zh") description(locale: "zh") status } }'
    shown = {"text": EN, "zh": ZH, "description": "城市为“Ulm”、“Bonn”之一，且并非（最近1年有订单）"}
    assert (await shop.data(read, of))["segment"] == shown | {"status": "ACTIVE"}
    assert (await parsed(shop, text='not in segment "silent"'))["zh"] == '不属于分群 "silent"'
    await shop.data("mutation($id: ID!) { segmentArchive(id: $id) { __typename } }", of)
    assert (await shop.data(read, of))["segment"] == shown | {"status": "ARCHIVED"}


async def test_the_vocabulary_names_every_condition_and_field_with_examples_that_parse(shop: Api) -> None:
    query = """query($prefix: String, $locale: String) { ruleVocabulary(prefix: $prefix) {
        key kind type unit required options label(locale: $locale) operators example(locale: $locale) } }"""
    entries = (await shop.data(query, {"locale": "zh"}))["ruleVocabulary"]
    keys = [entry["key"] for entry in entries]
    assert len(keys) == len(set(keys))
    for entry in entries:
        if entry["example"]:
            assert (await parsed(shop, text=entry["example"]))["__typename"] == "ParsedRuleSuccess", entry
    (field,) = (await shop.data(query, {"prefix": "purchase_intent"}))["ruleVocabulary"]
    assert field["options"] == ["HIGH", "MEDIUM", "LOW"]
    assert "in" in field["operators"]


async def test_the_count_is_kept_from_those_who_may_not_see_what_the_rule_reads(
    api: Api, tenants: Tenants, scope: Scope
) -> None:
    (tenant,) = await tenants()
    blind = await api.of(tenant, ("segments_read",))
    answer = await parsed(blind, text='email = "a@example.test"')
    assert answer["__typename"] == "ParsedRuleSuccess"
    assert answer["count"] is None
    assert (await parsed(blind, text="no orders"))["count"]["value"] == 0
