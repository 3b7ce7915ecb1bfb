"""Bad input over HTTP: a coded error in the caller's language with its place, and nothing has changed."""

from typing import Any

import pytest

from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.planted import plant
from tests.support.tenants import Tenants
from tests.support.tenants import digests as rows

WHERE = "query($where: RuleInput) { customers(where: $where) { totalCount } }"
UPSERT = """mutation($input: CustomerInput!, $by: CustomerBy) { customerUpsert(input: $input, by: $by) {
    __typename ... on Problem { code message path } ... on Invalid { fields { path code message } } } }"""
SEGMENT = """mutation($rule: RuleInput!, $key: String! = "new_one") {
    segmentCreate(input: {key: $key, name: {zh: "新"}, rule: $rule}) {
        __typename ... on Problem { code message path } ... on RuleInvalid { issues { path code message } } } }"""
DEFINE = """mutation($input: AttributeDefinitionInput!) { attributeDefine(input: $input) {
    __typename ... on Problem { code message path } ... on Invalid { fields { path code message } } } }"""


def attribute(key: str, **test: Any) -> dict[str, Any]:
    """A rule on an attribute."""
    return {"attribute": {"key": key, "test": test}}


def nested(depth: int) -> dict[str, Any]:
    """A rule so many levels deep."""
    rule = attribute("city", text={"eq": "Ulm"})
    for _ in range(depth):
        rule = {"not": rule}
    return rule


EXISTS = {"exists": True}
# What a query is given; the error's code and where it says the fault is.
ASKED = [
    ("an unknown attribute", attribute("cty", text={"eq": "Ulm"}), "UNKNOWN_FIELD", ["attribute", "key"]),
    ("a wrong type", attribute("city", number={"eq": "1"}), "TYPE_MISMATCH", ["attribute", "test"]),
    ("no test", attribute("city", text={}), "INVALID_RULE", ["attribute", "test", "text"]),
    ("an empty list", attribute("city", text={"in": []}), "INVALID_RULE", ["attribute", "test", "text", "in"]),
    ("an empty rule", {"all": []}, "INVALID_RULE", ["all"]),
    ("an unknown segment", {"segment": {"key": "nobody"}}, "UNKNOWN_FIELD", ["segment", "key"]),
    ("a foreign id", {"segment": {"id": "seg_" + "0" * 32}}, "UNKNOWN_FIELD", ["segment", "id"]),
    ("too deep", nested(17), "TOO_COMPLEX", None),
    ("too many", {"all": [nested(0)] * 200}, "TOO_COMPLEX", None),
    (
        "a window that ends before it begins",
        {"orders": {"having": EXISTS, "window": {"ago": {"from": "P1D", "to": "P2D"}}}},
        "INVALID_RULE",
        None,
    ),
    (
        "a field that is none",
        {"orders": {"having": {"sum": {"field": "gold", "test": {"gt": "1"}}}}},
        "UNKNOWN_FIELD",
        None,
    ),
]
# What never becomes a rule: refused with the request.
UNREADABLE = [
    ("a NUL", attribute("city", text={"eq": "U\0m"})),
    ("a lone surrogate", attribute("city", text={"eq": "\ud800"})),
    ("1e999", attribute("receivable", number={"gt": "1e999"})),
    ("NaN", attribute("receivable", number={"gt": "NaN"})),
    ("a number that is a float", attribute("receivable", number={"gt": 1.5e300})),
    ("two members", {"all": [nested(0)], "tag": {"test": {"isEmpty": True}}}),
    ("no member", {}),
    ("a list", [nested(0)]),
    ("an unknown condition", {"wealth": {}}),
    ("a duration that is none", {"orders": {"having": EXISTS, "window": {"last": "30 days"}}}),
]


@pytest.fixture(scope="module")
async def stocked(tenants: Tenants, scope: Scope) -> Tenant:
    """A tenant with a row of everything."""
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    return tenant


@pytest.fixture(scope="module")
async def api_of(api: Api, stocked: Tenant) -> Api:
    """The application, asked with its key."""
    return await api.of(stocked)


@pytest.mark.parametrize("chinese", [False, True])
@pytest.mark.parametrize(("rule", "code", "place"), [case[1:] for case in ASKED], ids=[case[0] for case in ASKED])
async def test_a_rule_that_cannot_be_asked_says_why_and_where(
    api_of: Api, rule: Any, code: str, place: Any, chinese: bool
) -> None:
    language = {"Accept-Language": "zh-CN" if chinese else "en"}
    (error,) = (await api_of.ask(WHERE, {"where": rule}, **language))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    issue = error["extensions"]["issues"][0]
    assert issue["code"] == code
    assert place is None or issue["path"] == place
    assert is_chinese(issue["message"]) == is_chinese(error["message"]) == chinese


@pytest.mark.parametrize(("rule", "code"), [(c[1], c[2]) for c in ASKED], ids=[c[0] for c in ASKED])
async def test_the_same_rule_is_not_saved(api_of: Api, stocked: Tenant, scope: Scope, rule: Any, code: str) -> None:
    before = await rows(scope, stocked)
    made = (await api_of.data(SEGMENT, {"rule": rule}))["segmentCreate"]
    assert (made["__typename"], made["code"], made["issues"][0]["code"]) == ("RuleInvalid", "INVALID_RULE", code)
    assert await rows(scope, stocked) == before


@pytest.mark.parametrize("rule", [case[1] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
async def test_what_is_no_rule_is_refused_with_the_request(
    api_of: Api, stocked: Tenant, scope: Scope, rule: Any
) -> None:
    before = await rows(scope, stocked)
    for document, variables in ((WHERE, {"where": rule}), (SEGMENT, {"rule": rule})):
        answer = await api_of.ask(document, variables)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert answer.get("data") is None
    assert await rows(scope, stocked) == before


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("email", "no at sign"),
        ("phone", "call me"),
        ("timezone", "Mars/Olympus"),
        ("city", "x" * 5_000),
        ("intimacy", 101),
        ("latitude", "1000"),
        ("attributes", [{"key": "never_defined", "value": 1}]),
        ("attributes", [{"key": "club", "value": {"a": 1}}]),
    ],
)
async def test_a_customer_with_a_wrong_field_is_not_saved(
    api_of: Api, stocked: Tenant, scope: Scope, name: str, given: Any
) -> None:
    before = await rows(scope, stocked)
    refs = [{"system": "shop", "value": "0"}]
    for input_ in ({"externalRefs": refs, name: given}, {name: given}):
        made = (await api_of.data(UPSERT, {"input": input_}))["customerUpsert"]
        assert (made["__typename"], made["code"]) == ("Invalid", "VALIDATION")
        assert name in made["fields"][0]["path"]
    assert await rows(scope, stocked) == before


@pytest.mark.parametrize("key", ["Key", "1key", "kéy", "k" * 64, "", "a b", "seg\0", "кey"])
async def test_a_key_outside_the_grammar_is_refused(api_of: Api, stocked: Tenant, scope: Scope, key: str) -> None:
    before = await rows(scope, stocked)
    answer = await api_of.ask(SEGMENT, {"rule": nested(0), "key": key})
    if "\0" in key:
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    else:
        assert answer["data"]["segmentCreate"]["__typename"] == "Invalid"
    defined = await api_of.ask(DEFINE, {"input": {"key": key, "label": {"en": "x"}, "type": "TEXT"}})
    assert "errors" in defined or defined["data"]["attributeDefine"]["__typename"] == "Invalid"
    assert await rows(scope, stocked) == before


def is_chinese(text: str) -> bool:
    """Whether it is written in Chinese."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)
