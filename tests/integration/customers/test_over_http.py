"""customerUpsert as callers see it: omitted, null and given values, every problem with its fields, typed ids."""

from typing import Any

from tests.support.http import Api
from tests.support.tenants import Tenants

UPSERT = """
mutation($by: CustomerBy, $input: CustomerInput!, $version: Int) {
  customerUpsert(by: $by, input: $input, ifVersion: $version) {
    __typename
    ... on CustomerSuccess { created customer {
      id version displayName city kind tags latitude birthDate registeredAt
      externalRefs { system value } attributes { key value } history { nodes { field before after } }
    } }
    ... on Problem { code message path }
    ... on Invalid { fields { path code message } }
    ... on Duplicate { candidates }
    ... on VersionConflict { current yours }
  }
}
"""
REFUSED = ("BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED")
DEFINE = """
mutation($input: AttributeDefinitionInput!) { attributeDefine(input: $input) {
  __typename ... on Invalid { fields { path code message } } } }
"""


class Asked:
    """A tenant's client."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def upsert(self, by: Any = None, version: int | None = None, **said: Any) -> Any:
        answer = await self.client.ask(UPSERT, {"by": by, "input": said, "version": version})
        assert "errors" not in answer, answer
        return answer["data"]["customerUpsert"]


async def test_a_customer_is_made_changed_and_refused_over_http(api: Api, tenants: Tenants) -> None:
    client = await api.of((await tenants())[0])
    shop = Asked(client)
    level = {"key": "level", "label": {"en": "Level"}, "type": "ENUM", "options": ["basic", "gold"]}
    assert (await client.data(DEFINE, {"input": level}))["attributeDefine"]["__typename"] == "AttributeSuccess"
    refs = [{"system": "shop", "value": "c1"}]
    made = await shop.upsert(
        externalRefs=refs, displayName="Anna", city="Bonn", tags=["a"], latitude="50.7", birthDate="1990-02-03",
        kind="HOUSEHOLD", attributes=[{"key": "level", "value": "gold"}], validFrom="2020-01-01T00:00:00Z",
    )  # fmt: skip
    assert (made["__typename"], made["created"]) == ("CustomerSuccess", True)
    customer = made["customer"]
    assert customer == {
        "id": customer["id"], "version": 1, "displayName": "Anna", "city": "Bonn", "kind": "HOUSEHOLD", "tags": ["a"],
        "latitude": "50.7000", "birthDate": "1990-02-03", "registeredAt": "2020-01-01T00:00:00+00:00",
        "externalRefs": refs, "attributes": [{"key": "level", "value": "gold"}], "history": {"nodes": []},
    }  # fmt: skip
    changed = await shop.upsert({"id": customer["id"]}, 1, city=None, attributes=[{"key": "level"}])
    assert (changed["created"], changed["customer"]["version"]) == (False, 2)
    assert (changed["customer"]["city"], changed["customer"]["displayName"]) == (None, "Anna")
    assert changed["customer"]["attributes"] == []
    told = sorted(changed["customer"]["history"]["nodes"], key=lambda one: str(one["field"]))
    assert told == [
        {"field": "city", "before": "Bonn", "after": None}, {"field": "level", "before": "gold", "after": None}
    ]  # fmt: skip
    conflict = await shop.upsert({"id": customer["id"]}, 1, city="Ulm")
    assert (conflict["code"], conflict["current"], conflict["yours"]) == ("VERSION_CONFLICT", 2, 1)
    assert (await shop.upsert({"id": f"cus_{'0' * 32}"}, city="Ulm"))["code"] == "NOT_FOUND"
    second = (await shop.upsert({"externalRef": {"system": "shop", "value": "c2"}}))["customer"]["id"]
    both = await shop.upsert({"externalRef": {"system": "shop", "value": "c2"}}, externalRefs=refs)
    assert (both["code"], both["candidates"]) == ("DUPLICATE", sorted([customer["id"], second]))


async def test_every_wrong_field_is_told_with_its_place_and_code(api: Api, tenants: Tenants) -> None:
    shop = Asked(await api.of((await tenants())[0]))
    wrong = await shop.upsert(email="?", timezone="Mars/Base", displayName="x" * 5000, attributes=[{"key": "mood"}])
    assert (wrong["code"], wrong["path"]) == ("VALIDATION", ["input"])
    assert sorted((".".join(one["path"]), one["code"]) for one in wrong["fields"]) == [
        ("input.attributes.0.key", "UNKNOWN_ATTRIBUTE"), ("input.displayName", "TOO_LONG"),
        ("input.email", "BAD_EMAIL"), ("input.timezone", "NOT_AN_OPTION"),
    ]  # fmt: skip
    assert all(one["message"] for one in wrong["fields"])


async def test_numbers_and_texts_that_nothing_can_hold_are_refused_before_anything_runs(
    api: Api, tenants: Tenants
) -> None:
    client = await api.of((await tenants())[0])
    for said in ('{ displayName: "a\\u0000b" }', '{ displayName: "\\uD800" }', "{ latitude: 1e999 }",
                 '{ attributes: [{ key: "n", value: 1e999 }] }', '{ latitude: "1e999" }',
                 "{ gender: NOBODY }"):  # fmt: skip
        answer = await client.ask(f"mutation {{ customerUpsert(input: {said}) {{ __typename }} }}")
        assert answer.get("data") is None, said
        assert answer["errors"][0]["extensions"]["code"] in REFUSED, answer
    found = await client.ask('{ attributeDefinitions { key } customer(by: {email: "a@b.example"}) { id } }')
    assert found["data"] == {"attributeDefinitions": [], "customer": None}


async def test_a_literal_of_thousands_of_digits_is_no_number(api: Api, tenants: Tenants) -> None:
    client = await api.of((await tenants())[0])
    await client.data(DEFINE, {"input": {"key": "n", "label": {"en": "n"}, "type": "DECIMAL"}})
    said = f'{{ attributes: [{{ key: "n", value: {"9" * 5000} }}] }}'
    text = f"mutation {{ customerUpsert(input: {said}) {{ ... on Invalid {{ fields {{ path code message }} }} }} }}"
    (issue,) = (await client.data(text))["customerUpsert"]["fields"]
    assert (issue["path"], issue["code"]) == (["input", "attributes", "0", "value"], "NOT_A_NUMBER")
    assert len(issue["message"]) < 200
