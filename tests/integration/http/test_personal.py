"""What a caller may not see of a person, it may not select, search or name by either."""

from typing import Any

import pytest

from api.graph.field import Field
from api.views import view
from domain.customers.customer import Customer
from tenancy.scope import Scope
from tests.support.http import Api
from tests.support.planted import plant
from tests.support.tenants import Tenants

CUSTOMERS = "query($where: RuleInput) { customers(where: $where) { totalCount } }"
NO_PII = ("customers_read", "segments_read", "segments_write", "feedback_read")
PERSONAL = [
    ("email", {"text": {"eq": "0@example.com"}}),
    ("phone", {"text": {"isNull": False}}),
    ("street", {"text": {"eq": "x"}}),
    ("displayName", {"text": {"startsWith": "Li"}}),
    ("birthDate", {"date": {"before": "2000-01-01"}}),
    ("nickname", {"text": {"eq": "Bo"}}),
]


@pytest.fixture(scope="module")
async def pair(api: Api, tenants: Tenants, scope: Scope) -> tuple[Api, Api]:
    """A caller who sees personal data and one who does not, of a tenant with an attribute that is personal."""
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    seeing = await api.of(tenant)
    defined = """mutation { attributeDefine(
        input: {key: "nickname", label: {en: "Nickname"}, type: TEXT, pii: PERSONAL}) { __typename } }"""
    saved = """mutation { customerUpsert(input: {externalRefs: [{system: "shop", value: "0"}],
        attributes: [{key: "nickname", value: "Bo"}]}) { __typename } }"""
    assert (await seeing.data(defined))["attributeDefine"]["__typename"] == "AttributeSuccess"
    assert (await seeing.data(saved))["customerUpsert"]["__typename"] == "CustomerSuccess"
    return seeing, await api.of(tenant, NO_PII)


def test_the_columns_that_are_masked_are_those_that_say_they_are_personal() -> None:
    masked = {
        name for name, field in view.views["Customer"].fields.items() if isinstance(field, Field) and field.unmasked
    }
    assert masked == {column.name for column in Customer.__table__.columns if column.info.get("personal")}


@pytest.mark.parametrize(("key", "test"), PERSONAL)
@pytest.mark.parametrize("literal", [False, True])
async def test_a_rule_that_reads_personal_data_is_for_those_who_may_see_it(
    pair: tuple[Api, Api], key: str, test: dict[str, Any], literal: bool
) -> None:
    rule = {"not": {"any": [{"attribute": {"key": key, "test": test}}, {"tag": {"test": {"isEmpty": True}}}]}}
    asked = CUSTOMERS
    if literal:
        asked = f"{{ customers(where: {written(rule)}) {{ totalCount }} }}"
    for _ in range(2):  # a plan or a refusal that is remembered is not another caller's
        assert "errors" not in await pair[0].ask(asked, None if literal else {"where": rule})
        (error,) = (await pair[1].ask(asked, None if literal else {"where": rule}))["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["name"] == key


async def test_a_segment_that_reads_personal_data_is_saved_only_by_those_who_may_see_it(pair: tuple[Api, Api]) -> None:
    saved = """mutation($rule: RuleInput!, $key: String!) {
        segmentCreate(input: {key: $key, name: {en: "x"}, rule: $rule}) { __typename } }"""
    rule = {"attribute": {"key": "email", "test": {"text": {"isNull": False}}}}
    (error,) = (await pair[1].ask(saved, {"rule": rule, "key": "theirs"}))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert (await pair[0].data(saved, {"rule": rule, "key": "ours"}))["segmentCreate"]["__typename"] == "SegmentSuccess"
    counted = await pair[1].data('{ customers(where: {segment: {key: "ours"}}) { totalCount } }')
    assert counted == {"customers": {"totalCount": 3}}


@pytest.mark.parametrize(
    "asked",
    [
        '{ customers(search: "Li") { totalCount } }',
        "{ customers(orderBy: NAME) { totalCount } }",
        "{ segments { nodes { members(orderBy: NAME) { totalCount } } } }",
        '{ customer(by: {email: "0@example.com"}) { id } }',
        '{ customer(by: {phone: "+49731000000"}) { id } }',
    ],
)
async def test_nobody_is_found_by_what_the_caller_may_not_see(pair: tuple[Api, Api], asked: str) -> None:
    assert "errors" not in await pair[0].ask(asked)
    assert (await pair[1].ask(asked))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_attribute_that_is_personal_is_shown_without_its_value(pair: tuple[Api, Api]) -> None:
    asked = '{ customer(by: {externalRef: {system: "shop", value: "0"}}) { attributes { key value } } }'
    shown, masked = [(await caller.data(asked))["customer"]["attributes"] for caller in pair]
    assert shown == [{"key": "club", "value": "gold"}, {"key": "nickname", "value": "Bo"}]
    assert masked == [{"key": "club", "value": "gold"}, {"key": "nickname", "value": None}]


def written(value: Any) -> str:
    """A value as a GraphQL literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


async def test_who_may_not_see_personal_data_cannot_declare_it_impersonal(
    api: Api, tenants: Tenants, scope: Scope
) -> None:
    (tenant,) = await tenants()
    seeing, blind = await api.of(tenant), await api.of(tenant, scopes=("customers_read", "customers_write"))
    define = """mutation($pii: PiiLevel!) {
        attributeDefine(input: {key: "illness", label: {en: "I"}, type: TEXT, pii: $pii}) {
        __typename ... on Invalid { fields { path code } } } }"""
    read = "{ customers { nodes { attributes { value } } } }"
    await seeing.data(define, {"pii": "SENSITIVE"})
    await seeing.data("""mutation { customerUpsert(input: {attributes: [{key: "illness", value: "flu"}]}) {
        __typename } }""")
    refused = (await blind.data(define, {"pii": "NONE"}))["attributeDefine"]
    assert refused == {"__typename": "Invalid", "fields": [{"path": ["input", "pii"], "code": "FORBIDDEN"}]}
    assert (await blind.data(read))["customers"]["nodes"] == [{"attributes": [{"value": None}]}]
    await seeing.data(define, {"pii": "NONE"})
    assert (await blind.data(read))["customers"]["nodes"] == [{"attributes": [{"value": "flu"}]}]
