"""Ways to score over GraphQL: installed, saved, named in rules, shown of customers."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from api.answering import Answering
from api.scopes import Scope as Permission
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, control_of
from tests.support.rules.garage import park
from tests.support.tenants import Tenants, digests

FIFTHS = {"recency": {"bins": 5}, "frequency": {"bins": 5}, "monetary": {"bins": 5}}
SAVE = """mutation($input: RfmConfigInput!, $ifVersion: Int) { rfmConfigSave(input: $input, ifVersion: $ifVersion) {
    __typename
    ... on RfmConfigSuccess { rfmConfig { id version key name scoring labels { key name zh: name(locale: "zh") } } }
    ... on RuleInvalid { issues { path message } }
    ... on Invalid { fields { path } }
    ... on InUse { segments } ... on NameTaken { name } ... on VersionConflict { current } } }"""
INSTALL = """mutation($key: String!) { rfmConfigInstall(key: $key) { __typename
    ... on RfmConfigInstallSuccess { created rfmConfig { id key name template labels { key } } } } }"""
SCORES = """query($config: String) { customers(orderBy: NAME) { nodes { displayName
    rfm(config: $config) { recency frequency monetary code label zh: label(locale: "zh")
        orders spend lastOrderAt } } } }"""
MEMBERS = "query($where: RuleInput) { customers(where: $where, orderBy: NAME) { nodes { displayName } } }"


@pytest.fixture
async def tenant(tenants: Tenants, scope: Scope) -> Tenant:
    """A tenant with the five customers of docs/examples.md."""
    (made,) = await tenants(1, timezone="Europe/Berlin")
    async with scope.write(made) as session:
        await park(session)
    return made


@pytest.fixture
async def shop(api: Api, tenant: Tenant) -> Api:
    return await api.of(tenant)


async def save(api: Api, key: str, scoring: Any, version: int | None = None) -> Any:
    given = {"input": {"key": key, "name": {"en": key}, "scoring": scoring}, "ifVersion": version}
    return (await api.data(SAVE, given))["rfmConfigSave"]


async def members(api: Api, where: Any) -> list[str]:
    return [one["displayName"] for one in (await api.data(MEMBERS, {"where": where}))["customers"]["nodes"]]


async def test_scores_and_labels_of_customers_are_those_of_the_rules(shop: Api) -> None:
    await shop.data(INSTALL, {"key": "ten_groups"})
    nodes = (await shop.data(SCORES, {"config": "ten_groups"}))["customers"]["nodes"]
    found = {one["displayName"]: one["rfm"] for one in nodes}
    assert {name: each and (each["code"], each["label"], each["zh"]) for name, each in found.items()} == {
        "Ann": ("454", "Champions", "冠军客户"),
        "Bo": ("233", "At risk", "有流失风险"),
        "Cai": None,
        "Dee": ("355", "Cannot lose them", "不可流失"),
        "Eva": ("522", "Potential loyalists", "潜在忠诚客户"),
    }
    assert (found["Dee"]["orders"], found["Dee"]["spend"]) == (3, "1550.0000")
    assert found["Ann"]["lastOrderAt"] == "2026-03-01T12:00:00+00:00"
    for name, key in (("Ann", "champions"), ("Bo", "at_risk"), ("Dee", "cannot_lose")):
        assert await members(shop, {"rfm": {"config": "ten_groups", "label": [key]}}) == [name]
        assert await members(shop, {"text": f'rfm(config = "ten_groups", label = "{key}")'}) == [name]
    # Who never ordered is UNKNOWN, so not outside either.
    assert await members(shop, {"not": {"rfm": {"config": "ten_groups", "label": ["champions"]}}}) == [
        "Bo",
        "Dee",
        "Eva",
    ]


async def test_the_scores_of_a_list_are_in_its_one_statement(shop: Api, tenant: Tenant, scope: Scope) -> None:
    await shop.data(INSTALL, {"key": "ten_groups"})
    executor = Answering(scope, control_of(scope), b"k" * 32).executor
    for _ in range(2):
        before = executor.reading.statements
        ran = await executor.run(
            SCORES, {"config": "ten_groups"}, now=datetime.now(UTC), tenant=tenant, scopes=frozenset(Permission)
        )
        assert ran.compiled
    assert executor.reading.statements - before == 1


async def test_without_a_configuration_scores_are_quintiles_without_labels(shop: Api) -> None:
    nodes = (await shop.data(SCORES))["customers"]["nodes"]
    assert [one["rfm"] and (one["rfm"]["code"], one["rfm"]["label"]) for one in nodes] == [
        ("454", None), ("233", None), None, ("355", None), ("522", None)
    ]  # fmt: skip


async def test_a_rule_keeps_the_id_and_its_texts_have_the_key(shop: Api) -> None:
    made = (await shop.data(INSTALL, {"key": "ten_groups"}))["rfmConfigInstall"]["rfmConfig"]
    rule = {"rfm": {"config": "ten_groups", "total": {"gte": "12"}, "label": ["champions", "loyal"]}}
    ask = """mutation($rule: RuleInput!) { segmentCreate(input: {key: "best", name: {en: "Best"}, rule: $rule}) {
        ... on SegmentSuccess { segment { rule text zh: text(locale: "zh")
            description said: description(locale: "zh") } }
    } }"""
    segment = (await shop.data(ask, {"rule": rule}))["segmentCreate"]["segment"]
    assert segment["rule"]["rfm"]["config"] == made["id"]
    text = 'rfm(config = "ten_groups", total >= 12, label in ("champions", "loyal"))'
    assert segment["text"] == text
    assert segment["zh"] == 'rfm(config = "ten_groups", total >= 12, label 为 ("champions", "loyal"))'
    assert segment["description"].startswith('By RFM: config is "ten_groups"')
    assert segment["said"].startswith("RFM：配置为“ten_groups”")
    parse = "query($text: String) { parseRule(text: $text) { ... on ParsedRuleSuccess { ruleInput } } }"
    parsed = await shop.data(parse, {"text": text})
    assert parsed["parseRule"]["ruleInput"] == segment["rule"]


async def test_a_built_in_one_is_installed_once(shop: Api, tenant: Tenant, scope: Scope) -> None:
    made = await asyncio.gather(*(shop.data(INSTALL, {"key": "fixed_ranges"}) for _ in range(4)))
    assert sorted(each["rfmConfigInstall"]["created"] for each in made) == [False, False, False, True]
    before = await digests(scope, tenant)
    assert not (await shop.data(INSTALL, {"key": "fixed_ranges"}))["rfmConfigInstall"]["created"]
    assert await digests(scope, tenant) == before
    listed = await shop.data(
        "{ templates(kind: RFM_CONFIG) { key name installed preview { __typename } } rfmConfigs { key } }"
    )
    assert {each["key"]: each["installed"] for each in listed["templates"]} == {
        "quintiles": False, "fixed_ranges": True, "ten_groups": False
    }  # fmt: skip
    assert all(each["preview"] is None for each in listed["templates"])
    assert listed["rfmConfigs"] == [{"key": "fixed_ranges"}]
    assert (await shop.data(INSTALL, {"key": "dormant_once"}))["rfmConfigInstall"] == {"__typename": "NotFound"}


async def test_the_merchants_own_is_saved_and_used(shop: Api) -> None:
    scoring = {
        "recency": {"bounds": ["30", "365"]}, "frequency": {"bins": 3}, "monetary": {"bounds": ["100"]},
        "window": {"last": "P10Y"}, "clock": "UTC",
        "labels": [{"key": "big", "scores": [{"monetary": [2]}], "zh": "大客户"}, 
                   {"key": "rest", "scores": [{}], "en": "Rest"}],
    }  # fmt: skip
    saved = (await save(shop, "own", scoring))["rfmConfig"]
    assert saved["scoring"] == scoring
    assert saved["labels"] == [
        {"key": "big", "name": "大客户", "zh": "大客户"}, {"key": "rest", "name": "Rest", "zh": "Rest"}
    ]  # fmt: skip
    assert await members(shop, {"rfm": {"config": saved["id"], "label": ["big"]}}) == ["Ann", "Bo", "Dee"]
    assert (await save(shop, "own", scoring))["name"] == "own"
    assert (await save(shop, "own", scoring, 7))["current"] == 1
    again = (await save(shop, "own", {**scoring, "monetary": {"bounds": ["500"]}}, 1))["rfmConfig"]
    assert again["version"] == 2
    assert await members(shop, {"rfm": {"config": "own", "label": ["big"]}}) == ["Ann", "Dee"]


async def test_a_label_that_a_segment_names_is_not_taken_away(shop: Api) -> None:
    labels = [{"key": "one", "scores": [{}], "en": "One"}]
    await save(shop, "own", {**FIFTHS, "labels": labels})
    rule = {"rfm": {"config": "own", "label": ["one"]}}
    ask = """mutation($rule: RuleInput!) {
        segmentCreate(input: {key: "ones", name: {en: "1"}, rule: $rule}) { __typename } }"""
    await shop.data(ask, {"rule": rule})
    assert await save(shop, "own", FIFTHS, 1) == {"__typename": "InUse", "segments": ["ones"]}
    kept = await save(shop, "own", {**FIFTHS, "labels": [*labels, {"key": "two", "scores": [{}], "en": "Two"}]}, 1)
    assert kept["__typename"] == "RfmConfigSuccess"


WRONG: list[tuple[Any, str]] = [
    ({"recency": {"bins": 1}}, "recency.bins"),
    ({"recency": {"bins": 11}}, "recency.bins"),
    ({"recency": {"bounds": []}}, "recency.bounds"),
    ({"frequency": {"bounds": ["5", "5"]}}, "frequency.bounds"),
    ({"frequency": {"bounds": [str(n) for n in range(10)]}}, "frequency.bounds"),
    ({"monetary": {"bounds": ["1e3000"]}}, ""),
    ({"window": {"lastN": 3}}, "window"),
    ({"window": {"last": "P0D"}}, "window.last"),
    ({"labels": [{"key": "A", "scores": [{}], "en": "A"}]}, "labels.0.key"),
    ({"labels": [{"key": "a", "scores": [{}]}]}, "labels.0"),
    ({"labels": [{"key": "a", "scores": [], "en": "A"}]}, "labels.0.scores"),
    ({"labels": [{"key": "a", "scores": [{"recency": [6]}], "en": "A"}]}, "labels.0.scores.0.recency"),
    ({"labels": [{"key": "a", "scores": [{}], "en": "A"}] * 2}, "labels.1.key"),
    ({"labels": [{"key": f"a{n}", "scores": [{}], "en": "A"} for n in range(51)]}, "labels"),
]


@pytest.mark.parametrize(("change", "place"), WRONG, ids=lambda value: str(value)[:40])
async def test_a_scoring_that_cannot_be_is_refused_with_its_place(shop: Api, change: Any, place: str) -> None:
    if not place:
        answer = await shop.ask(SAVE, {"input": {"key": "own", "name": {"en": "x"}, "scoring": FIFTHS | change}})
        assert answer["errors"]
        return
    refused = await save(shop, "own", FIFTHS | change)
    assert refused["__typename"] == "RuleInvalid"
    assert [".".join(each["path"]) for each in refused["issues"]] == [f"input.scoring.{place}"]


@pytest.mark.parametrize("key", ["rfm_0123", "Own", ""])
async def test_a_key_that_looks_like_an_id_is_refused(shop: Api, key: str) -> None:
    assert (await save(shop, key, FIFTHS))["__typename"] == "Invalid"


RULES: list[tuple[Any, str]] = [
    ({"config": "none", "recency": {"gte": "1"}}, "rfm.config"),
    ({"config": "own"}, "rfm"),
    ({"config": "own", "label": ["oen"]}, "rfm.label.0"),
    ({"config": "own", "label": []}, "rfm.label"),
    ({"config": "own", "label": ["one"], "bins": 3}, "rfm.config"),
    ({"config": "own", "label": ["one"], "window": {"last": "P1Y"}}, "rfm.config"),
    ({"label": ["one"]}, "rfm.label"),
    ({"config": '"; DROP', "label": ["one"]}, "rfm.config"),
]


@pytest.mark.parametrize(("rule", "place"), RULES, ids=lambda value: str(value)[:40])
async def test_a_rule_that_names_what_is_not_there_is_refused_with_its_place(shop: Api, rule: Any, place: str) -> None:
    await save(shop, "own", {**FIFTHS, "labels": [{"key": "one", "scores": [{}], "en": "One"}]})
    ask = "query($rule: RuleInput) { parseRule(rule: $rule) { ... on RuleInvalid { issues { path } } } }"
    issues = (await shop.data(ask, {"rule": {"rfm": rule}}))["parseRule"]["issues"]
    assert [".".join(each["path"]) for each in issues] == [place]


async def test_scores_by_what_is_not_there_are_refused(shop: Api) -> None:
    answer = await shop.ask(SCORES, {"config": "no_such"})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
