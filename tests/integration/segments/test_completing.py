"""Rules while they are typed, over GraphQL: what may stand at the cursor, how well fields are filled and with what."""

from typing import Any

import pytest

from api.answering import Answering
from api.scopes import Scope as Permission
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, control_of
from tests.support.planted import plant
from tests.support.tenants import NOW, Tenants

COMPLETE = """query($text: String!, $cursor: Int!, $locale: String) {
    completeRule(text: $text, cursor: $cursor, locale: $locale) { insert label kind detail replaces } }"""
FIELDS = """query($prefix: String!) { ruleVocabulary(prefix: $prefix) { key kind coverage examples } }"""


@pytest.fixture(scope="module")
async def merchant(tenants: Tenants, scope: Scope) -> Tenant:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    return tenant


@pytest.fixture(scope="module")
async def shop(api: Api, merchant: Tenant) -> Api:
    return await api.of(merchant)


async def completed(shop: Api, text: str, **given: Any) -> Any:
    answer = await shop.data(COMPLETE, {"text": text, "cursor": len(text)} | given)
    return {each["insert"]: each for each in answer["completeRule"]}


async def test_what_may_stand_at_the_cursor_is_told_in_the_language_asked_for(shop: Api) -> None:
    found = await completed(shop, 'city = "Ulm" and ord')
    assert found["orders"] == {
        "insert": "orders", "label": "orders[(", "kind": "KEYWORD", "detail": None, "replaces": 3
    } or found["orders"]["replaces"] == 3  # fmt: skip
    assert "没有 订单" in await completed(shop, "", locale="zh")
    assert (await completed(shop, "clu"))["club"] == {
        "insert": "club", "label": "club", "kind": "FIELD", "detail": "Club", "replaces": 3}  # fmt: skip
    assert (await completed(shop, "in segment "))['"ulm"']["kind"] == "SEGMENT"
    by_header = await shop.data(COMPLETE, {"text": "", "cursor": 0}, **{"Accept-Language": "zh-CN"})
    assert "没有 订单" in {each["insert"] for each in by_header["completeRule"]}


@pytest.mark.parametrize("text", ["\u0000", "☃" * 100, "((((((", 'city = "', "`", "\ud800"])
async def test_no_text_is_too_odd_to_be_completed(shop: Api, text: str) -> None:
    answer = await shop.ask(COMPLETE, {"text": text, "cursor": len(text)})
    assert answer.get("data") or answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_fields_tell_how_many_have_a_value_and_the_commonest(shop: Api) -> None:
    fields = {each["key"]: each for each in (await shop.data(FIELDS, {"prefix": ""}))["ruleVocabulary"]}
    assert fields["city"] == {
        "key": "city", "kind": "CUSTOMER_FIELD", "coverage": "1.000000", "examples": ["Ulm"]}  # fmt: skip
    assert (fields["club"]["coverage"], fields["club"]["examples"]) == ("1.000000", ["gold"])
    assert (fields["employees"]["coverage"], fields["employees"]["examples"]) == ("0", [])
    assert fields["email"]["examples"] == ["0@example.com", "1@example.com", "2@example.com"]
    assert (fields["orders"]["coverage"], fields["orders"]["examples"]) == (None, [])


async def test_values_of_personal_data_are_kept_from_those_who_may_not_see_them(api: Api, merchant: Tenant) -> None:
    blind = await api.of(merchant, ("segments_read",))
    fields = {each["key"]: each for each in (await blind.data(FIELDS, {"prefix": ""}))["ruleVocabulary"]}
    for key in ("email", "phone", "street", "display_name", "birth_date"):
        assert (fields[key]["coverage"], fields[key]["examples"]) == (None, [])
    assert fields["city"]["examples"] == ["Ulm"]


async def test_all_fields_are_looked_at_in_one_statement_and_only_when_selected(scope: Scope, merchant: Tenant) -> None:
    executor = Answering(scope, control_of(scope), b"k" * 32).executor
    taken = []
    for document in (FIELDS, FIELDS, "query($prefix: String!) { ruleVocabulary(prefix: $prefix) { key } }", COMPLETE):
        before = executor.reading.statements
        variables = {"prefix": ""} if document != COMPLETE else {"text": "", "cursor": 0}
        answer = await executor.run(document, variables, now=NOW, tenant=merchant, scopes=frozenset(Permission))
        assert not answer.codes, answer.body
        taken.append(executor.reading.statements - before)
    # One is that of the version of what is remembered, which every operation on rules asks.
    assert taken[1:] == [2, 1, 1]
