"""Templates over GraphQL: listed in both languages, previewed on the merchant's customers, installed once."""

import asyncio
import re
from typing import Any

import pytest

from domain.catalogue.segments import SEGMENT_TEMPLATES
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.rules.garage import park
from tests.support.tenants import Tenants, digests

LIST = """query($kind: TemplateKind, $source: String) { templates(kind: $kind, source: $source) {
    key kind source passage name description installed segments { key }
    parameters { key type unit default minimum maximum fromSource label } } }"""
PREVIEW = """query($key: String!, $params: JSON, $accuracy: Accuracy!) { template(key: $key) {
    preview(params: $params, accuracy: $accuracy) {
        ... on Invalid { fields { path code message } }
        ... on TemplatePreview { name text zh: text(locale: "zh") description count { value exact }
            warnings { code message } } } } }"""
INSTALL = """mutation($key: String!, $params: JSON, $prefix: String! = "", $name: TextInput) {
    templateInstall(key: $key, params: $params, prefix: $prefix, name: $name) {
        __typename
        ... on TemplateSuccess { created dependencies
            segment { id key name nameZh text version count { value } templateParams template { key installed } } }
        ... on Invalid { message path fields { path code message } }
        ... on NotFound { path } } }"""


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


async def install(api: Api, key: str, **asked: Any) -> Any:
    return (await api.data(INSTALL, {"key": key, **asked}))["templateInstall"]


async def preview(api: Api, key: str, params: Any = None, accuracy: str = "EXACT") -> Any:
    asked = {"key": key, "params": params, "accuracy": accuracy}
    return (await api.data(PREVIEW, asked))["template"]["preview"]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_all_templates_are_listed_in_the_callers_language(shop: Api, language: str) -> None:
    listed = (await shop.data(LIST, {"kind": "SEGMENT"}, **{"Accept-Language": language}))["templates"]
    assert [each["key"] for each in listed] == [each.key for each in SEGMENT_TEMPLATES]
    for each, template in zip(listed, SEGMENT_TEMPLATES, strict=True):
        assert each["name"] == template.named(template.defaults).of(language)
        assert each["description"] == template.described(template.defaults).of(language)
        assert [p["label"] for p in each["parameters"]] == [p.label.of(language) for p in template.parameters]
        assert (each["installed"], each["segments"]) == (False, [])
    vips = next(each for each in listed if each["key"] == "vips_unvisited")
    assert [(p["default"], p["fromSource"], p["minimum"]) for p in vips["parameters"]] == [
        ("5000000", True, "0"),
        (14, False, "1"),
    ]


async def test_templates_are_found_by_article_and_kind(shop: Api) -> None:
    found = (await shop.data(LIST, {"source": "000", "kind": "SEGMENT"}))["templates"]
    assert {each["key"] for each in found} == {each.key for each in SEGMENT_TEMPLATES if each.source == "000"}
    assert (await shop.data(LIST, {"source": "'; DROP"}))["templates"] == []
    assert await shop.data('{ template(key: "no_such") { key } }') == {"template": None}


async def test_a_preview_counts_what_the_segment_then_has(shop: Api, tenant: Tenant, scope: Scope) -> None:
    before = await digests(scope, tenant)
    shown = await preview(shop, "one_large_purchase", {"amount": 10})
    assert await digests(scope, tenant) == before
    made = await install(shop, "one_large_purchase", params={"amount": "10.00"})
    assert shown["count"] == {"value": made["segment"]["count"]["value"], "exact": True}
    assert made["segment"]["count"]["value"] == 1
    assert (shown["text"], shown["name"]) == (made["segment"]["text"], made["segment"]["name"])
    assert shown["zh"] == "订单.次数 = 1 且 订单.最大(net_total) >= 10"
    assert (await preview(shop, "one_large_purchase", {"amount": 10}, "ESTIMATE"))["count"]["value"] == 1
    assert (await preview(shop, "one_large_purchase", {"amount": 1000}))["count"]["value"] == 0


async def test_all_are_previewed_at_once_but_those_that_need_values(shop: Api) -> None:
    ask = """{ templates(kind: SEGMENT) { key preview { ... on Invalid { fields { code } }
        ... on TemplatePreview { count { value } warnings { message } text } } } }"""
    shown = {each["key"]: each["preview"] for each in (await shop.data(ask))["templates"]}
    refused = {key: each["fields"] for key, each in shown.items() if "fields" in each}
    assert refused == {"category_loyalists": [{"code": "REQUIRED"}], "bought_a_not_b": [{"code": "REQUIRED"}] * 2}
    assert shown["detractors_of_value"]["text"].startswith('in segment "top_customers"')
    assert shown["unreachable"]["count"] == {"value": 5}


async def test_a_preview_warns_of_data_that_the_merchant_does_not_have(shop: Api) -> None:
    cart = await preview(shop, "cart_without_order")
    assert cart["warnings"] == []
    visits = await preview(shop, "vips_unvisited")
    assert visits["warnings"] == [
        {
            "code": "NO_DATA",
            "message": "There is nobody yet of whom this is known: There are interactions (type is visit).",
        }
    ]
    by_metric = await preview(shop, "detractors_of_value")
    assert by_metric["warnings"] == []


async def test_the_same_again_answers_the_same_segment_and_changes_nothing(
    shop: Api, tenant: Tenant, scope: Scope
) -> None:
    first = await install(shop, "dormant_once", params={"days": 90})
    before = await digests(scope, tenant)
    again = [
        await install(shop, "dormant_once", params={"days": days}, prefix=prefix)
        for days, prefix in ((90, ""), ("90", ""), (90.0, ""), (90, "other_"))
    ]
    assert await digests(scope, tenant) == before
    assert first["created"]
    assert all(each == {**first, "created": False} for each in again)
    assert first["segment"]["templateParams"] == {"days": 90}
    assert first["segment"]["template"] == {"key": "dormant_once", "installed": True}


async def test_other_values_make_another_segment_with_a_key_of_its_own(shop: Api) -> None:
    await shop.data("""mutation { segmentCreate(input: {key: "new_customers_2", name: {en: "Own"},
        rule: {tag: {test: {hasAny: ["x"]}}}}) { __typename } }""")
    keys = []
    for days in (30, 60, 61):
        made = await install(shop, "new_customers", params={"days": days})
        keys.append((made["segment"]["key"], made["segment"]["name"]))
    assert keys == [
        ("new_customers", "First order in the last 30 days"),
        ("new_customers_3", "First order in the last 60 days"),
        ("new_customers_4", "First order in the last 61 days"),
    ]
    own = await install(shop, "new_customers", params={"days": 7}, prefix="eu_", name={"zh": "欧洲新客"})
    assert (own["segment"]["key"], own["segment"]["name"]) == ("eu_new_customers", "欧洲新客")
    ask = '{ template(key: "new_customers") { segments { key template { key } } } segment(id: "seg_0") { key } }'
    listed = (await shop.data(ask))["template"]["segments"]
    assert {each["key"] for each in listed} == {*(key for key, _ in keys), "eu_new_customers"}


async def test_what_a_template_needs_is_installed_with_it_and_reused(shop: Api) -> None:
    made = await install(shop, "detractors_of_value", params={"percent": 100, "days": 7300})
    assert made["dependencies"] == ["top_customers"]
    assert made["segment"]["text"] == 'in segment "top_customers" and metric nps_last over last 7300 days <= 6'
    assert made["segment"]["count"]["value"] == 1
    assert not (await install(shop, "top_customers", params={"percent": 100}))["created"]
    other = await install(shop, "detractors_of_value", params={"percent": 20})
    assert other["dependencies"] == ["top_customers_2"]


async def test_one_that_was_archived_is_made_anew(shop: Api) -> None:
    first = await install(shop, "dormant_once")
    await shop.data(f'mutation {{ segmentArchive(id: "{first["segment"]["id"]}") {{ __typename }} }}')
    again = await install(shop, "dormant_once")
    assert (again["created"], again["segment"]["key"]) == (True, "dormant_once_2")


async def test_two_who_install_at_once_get_one_segment(shop: Api, tenant: Tenant, scope: Scope) -> None:
    keys = ["detractors_of_value", "top_customers"] * 4
    made = await asyncio.gather(*(install(shop, key) for key in keys))
    assert [each["__typename"] for each in made] == ["TemplateSuccess"] * 8
    assert len({each["segment"]["id"] for each in made}) == 2
    async with scope.read(tenant) as connection:
        assert await connection.fetchval("SELECT count(*) FROM segment") == 2
        assert await connection.fetchval("SELECT count(*) FROM installed_template") == 2


WRONG: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("dormant_once", {"days": "many"}, [("params.days", "NOT_A_NUMBER")]),
    ("dormant_once", {"days": 1.5}, [("params.days", "NOT_A_NUMBER")]),
    ("dormant_once", {"days": True}, [("params.days", "NOT_A_NUMBER")]),
    ("dormant_once", {"days": 0}, [("params.days", "OUT_OF_RANGE")]),
    ("dormant_once", {"days": 10**30}, [("params.days", "OUT_OF_RANGE")]),
    ("dormant_once", {"days": "9" * 5000}, [("params.days", "NOT_A_NUMBER")]),
    ("dormant_once", {"days": "1e3000"}, [("params.days", "OUT_OF_RANGE")]),
    ("dormant_once", {"days": "NaN"}, [("params.days", "NOT_A_NUMBER")]),
    ("dormant_once", {"days": "30 days or exists orders"}, [("params.days", "NOT_A_NUMBER")]),
    ("dormant_once", {"dayz": 9}, [("params.dayz", "UNKNOWN_FIELD")]),
    ("dormant_once", [1], [("params", "VALIDATION")]),
    ("top_customers", {"percent": "100.01"}, [("params.percent", "OUT_OF_RANGE")]),
    ("category_loyalists", {}, [("params.category", "REQUIRED")]),
    ("category_loyalists", {"category": []}, [("params.category", "BAD_TEXT")]),
    ("category_loyalists", {"category": [" "]}, [("params.category", "BAD_TEXT")]),
    ("category_loyalists", {"category": ["x" * 81]}, [("params.category", "TOO_LONG")]),
    ("category_loyalists", {"category": [{"a": 1}]}, [("params.category", "BAD_TEXT")]),
    ("category_loyalists", {"category": ["a"] * 21}, [("params.category", "BAD_TEXT")]),
    (
        "bought_a_not_b",
        {"bought": 7, "nothing": 1},
        [("params.nothing", "UNKNOWN_FIELD"), ("params.bought", "BAD_TEXT"), ("params.missing", "REQUIRED")],
    ),
]


@pytest.mark.parametrize(("key", "params", "expected"), WRONG, ids=lambda value: str(value)[:40])
async def test_values_that_cannot_be_used_are_refused_with_their_places(
    shop: Api, key: str, params: Any, expected: list[tuple[str, str]]
) -> None:
    refused = await install(shop, key, params=params)
    assert refused["__typename"] == "Invalid"
    assert [(".".join(each["path"]), each["code"]) for each in refused["fields"]] == expected
    chinese = await shop.data(INSTALL, {"key": key, "params": params}, **{"Accept-Language": "zh"})
    assert all(re.search("[\u4e00-\u9fff]", each["message"]) for each in chinese["templateInstall"]["fields"])
    assert (await preview(shop, key, params))["fields"] == refused["fields"]


HOSTILE = [
    '"',
    '") or exists orders or items(sku in ("',
    "\\",
    "'; DROP TABLE customer; --",
    "$missing",
    "{days}",
    "“🍵",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_value_stays_a_value(shop: Api, text: str) -> None:
    made = await install(shop, "bought_a_not_b", params={"bought": ["P-1", text], "missing": text})
    ask = "query($key: String!) { segments { nodes { key rule name count { value } } } template(key: $key) { key } }"
    (segment,) = (await shop.data(ask, {"key": text}))["segments"]["nodes"]
    assert segment["rule"] == {
        "all": [
            {"items": {"product": {"skus": ["P-1", text]}, "having": {"exists": True}}},
            {"items": {"product": {"skus": [text]}, "having": {"exists": False}}},
        ]
    }
    assert segment["name"] == f"Bought P-1, {text}, not {text}"
    assert segment["count"]["value"] == made["segment"]["count"]["value"] == 1


@pytest.mark.parametrize("prefix", ["Eu", "1", "a" * 21, "é", "a-", "a;"])
async def test_a_prefix_that_no_key_begins_with_is_refused(shop: Api, prefix: str) -> None:
    refused = await install(shop, "dormant_once", prefix=prefix)
    assert refused["path"] == ["prefix"]


async def test_there_is_no_template_of_another_key(shop: Api) -> None:
    assert await install(shop, "dormant_twice") == {"__typename": "NotFound", "path": ["key"]}


async def test_who_may_not_see_personal_data_installs_no_template_that_reads_it(api: Api, tenant: Tenant) -> None:
    reader = await api.of(tenant, ("segments_read", "segments_write", "customers_read"))
    for key in ("birthdays_soon", "unreachable"):
        assert (await preview(reader, key))["count"] is None
        refused = await reader.ask(INSTALL, {"key": key})
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await preview(reader, "dormant_once"))["count"] is not None
