"""Whoever reaches a part of the customers writes to no other: out of reach is as if it were not there."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from api.graph.request import typed_id
from api.views import view
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.integration.http.test_isolation import MUTATION, document, naming
from tests.support.http import Api
from tests.support.planted import ids_of, plant
from tests.support.tenants import Tenants
from tests.support.tenants import digests as rows

OF_CUSTOMERS = ("Customer", "Order", "OrderItem", "OrderReturn", "Interaction", "Feedback")
UPSERT = """mutation($by: CustomerBy, $input: CustomerInput!, $v: Int) {
    customerUpsert(by: $by, input: $input, ifVersion: $v) { __typename
    ... on CustomerSuccess { created customer { id owner city } } ... on Problem { code path }
    ... on Invalid { fields { path code } } } }"""
EACH = "{{ items {{ node {{ id }} problem {{ code path ... on Invalid {{ fields {{ path code }} }} }} }} }}"
ORDER = {"placedAt": "2025-06-02T08:00:00Z", "status": "PAID", "currency": "EUR"}
LINE = {"sku": "A-1", "quantity": "1", "unitPrice": "3"}


@dataclass
class Desk:
    """Who reaches customer 0 only, who reaches all, and the ids of what lies out of reach."""

    part: Api
    whole: Api
    tenant: Tenant
    scope: Scope
    hidden: dict[str, str]

    async def each(self, mutation: str, kind: str, argument: str, item: dict[str, Any]) -> Any:
        """What became of one item."""
        asked = f"mutation($given: [{kind}!]!) {{ {mutation}({argument}: $given) {EACH.format()} }}"
        return (await self.part.data(asked, {"given": [item]}))[mutation]["items"][0]


@pytest.fixture
async def desk(api: Api, tenants: Tenants, scope: Scope) -> Desk:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session, 3)
        await session.execute(text("UPDATE customer SET owner = 'W-1' WHERE email = '0@example.com'"))
        member = await session.scalar(text("SELECT id FROM member"))
        ids = await ids_of(session)
        named = "SELECT 'cus_' || replace(id::text, '-', '') FROM customer WHERE email = '2@example.com'"
        theirs = str(await session.scalar(text(named)))
    hidden = {name: ids[name][-1] for name in OF_CUSTOMERS} | {"Customer": theirs}
    part = await api.of(tenant, member_id=member, data_scope="OWN")
    return Desk(part, await api.of(tenant), tenant, scope, hidden)


@pytest.mark.parametrize(("name", "path"), naming(MUTATION))
async def test_a_mutation_given_an_id_out_of_reach_answers_as_if_there_were_none(
    desk: Desk, name: str, path: str
) -> None:
    for type_ in OF_CUSTOMERS:
        ids = (desk.hidden[type_], typed_id(view.prefix[type_], uuid4()))
        asked, (hidden, missing) = document(MUTATION, name, path, ids)
        before = await rows(desk.scope, desk.tenant)
        answer = (await desk.part.post(asked, hidden)).text
        after = await rows(desk.scope, desk.tenant)
        assert answer.replace(*ids) == (await desk.part.post(asked, missing)).text, type_
        changed = {table for table in before if before[table] != after[table]}
        assert not changed & {"customer", "orders", "order_return", "interaction", "feedback", "consent"}, type_


def ref(value: str, system: str = "shop") -> dict[str, Any]:
    """A reference."""
    return {"externalRef": {"system": system, "value": value}}


async def test_a_customer_out_of_reach_is_not_saved_by_any_name(desk: Desk) -> None:
    before = await rows(desk.scope, desk.tenant)
    given = {"input": {"city": "Bonn"}}
    for by in ({"id": desk.hidden["Customer"]}, ref("2")):
        assert (await desk.part.data(UPSERT, given | {"by": by}))["customerUpsert"]["__typename"] == "NotFound"
    by_ref = {"input": {"city": "Bonn", "externalRefs": [{"system": "shop", "value": "2"}]}}
    assert (await desk.part.data(UPSERT, by_ref))["customerUpsert"]["__typename"] == "NotFound"
    versioned = given | {"by": {"email": "2@example.com"}, "v": 7}
    assert (await desk.part.data(UPSERT, versioned))["customerUpsert"]["__typename"] == "NotFound"
    assert await rows(desk.scope, desk.tenant) == before


async def test_who_shares_a_contact_out_of_reach_changes_nothing_and_is_told_by_nothing(desk: Desk) -> None:
    async with desk.scope.write(desk.tenant) as session:
        older = (
            "UPDATE customer SET email = '0@example.com', registered_at = '2001-01-01' WHERE email = '2@example.com'"
        )
        await session.execute(text(older))
    by = {"email": "0@example.com"}
    found = await desk.each("interactionsRecord", "InteractionInput", "interactions", {**ref("i"), "by": by, **VISIT})
    assert found["problem"] is None, found
    saved = (await desk.part.data(UPSERT, {"input": {"city": "Bonn"}, "by": by}))["customerUpsert"]
    assert (saved["created"], saved["customer"]["owner"]) == (False, "W-1")
    assert saved["customer"]["id"] != desk.hidden["Customer"]


async def test_an_id_that_was_merged_out_of_reach_names_nobody(desk: Desk) -> None:
    async with desk.scope.write(desk.tenant) as session:
        merged = """UPDATE customer SET merged_into = (SELECT id FROM customer WHERE email = '0@example.com')
            WHERE email = '2@example.com'"""
        await session.execute(text(merged))
    by = {"id": desk.hidden["Customer"]}
    found = await desk.each("interactionsRecord", "InteractionInput", "interactions", {**ref("i"), "by": by, **VISIT})
    assert found["problem"]["fields"][0]["path"] == ["interactions", "0", "by"], found
    saved = await desk.part.data(UPSERT, {"input": {"city": "Bonn"}, "by": by})
    assert saved["customerUpsert"]["__typename"] == "NotFound"


ERASE = """mutation($id: ID!) { customerErase(id: $id, reason: "asked") { __typename
    ... on Problem { code path } ... on Invalid { fields { path code } } } }"""


async def test_erasing_is_for_who_reaches_all_and_tells_nothing_of_what_was_erased(desk: Desk, api: Api) -> None:
    scopes = ("read", "write", "customers_erase")
    async with desk.scope.write(desk.tenant) as session:
        member = await session.scalar(text("SELECT id FROM member"))
        named = "SELECT 'cus_' || replace(id::text, '-', '') FROM customer WHERE email = '0@example.com'"
        mine = str(await session.scalar(text(named)))
    part = await api.of(desk.tenant, member_id=member, data_scope="OWN", scopes=scopes)
    whole = await api.of(desk.tenant, scopes=scopes)
    erased = (await whole.data(ERASE, {"id": desk.hidden["Customer"]}))["customerErase"]
    assert erased["__typename"] == "EraseSuccess"
    before = await rows(desk.scope, desk.tenant)
    answers = [(await part.data(ERASE, {"id": one}))["customerErase"] for one in (mine, desk.hidden["Customer"])]
    assert answers[0] == answers[1]
    assert [one["code"] for one in answers[0]["fields"]] == ["FORBIDDEN"]
    assert await rows(desk.scope, desk.tenant) == before


async def test_a_new_customer_is_its_makers_and_none_is_given_away(desk: Desk) -> None:
    made = (await desk.part.data(UPSERT, {"input": {"city": "Bonn"}}))["customerUpsert"]
    assert (made["created"], made["customer"]["owner"]) == (True, "W-1")
    before = await rows(desk.scope, desk.tenant)
    for given in ({"input": {"owner": "X-9"}}, {"input": {"owner": None}, "by": ref("0")}):
        refused = (await desk.part.data(UPSERT, given))["customerUpsert"]
        assert [(one["path"], one["code"]) for one in refused["fields"]] == [(["input", "owner"], "FORBIDDEN")]
    assert await rows(desk.scope, desk.tenant) == before
    given_away = await desk.whole.data(UPSERT, {"input": {"owner": "X-9"}, "by": ref("0")})
    assert given_away["customerUpsert"]["customer"]["owner"] == "X-9"
    assert (await desk.part.data(UPSERT, {"input": {"city": "x"}, "by": ref("0")}))["customerUpsert"][
        "__typename"
    ] == "NotFound"


BACK = {"returnedAt": "2025-06-03T08:00:00Z", "currency": "EUR", "items": [LINE]}
VISIT = {"type": "VISIT", "occurredAt": "2025-06-03T08:00:00Z"}
SCORE = {"kind": "NPS", "score": "1", "submittedAt": "2025-06-03T08:00:00Z"}
SOLD = {**ORDER, "items": [LINE]}


@pytest.mark.parametrize(
    ("mutation", "kind", "argument", "item", "place"),
    [
        ("ordersRecord", "OrderInput", "orders", {**ref("new"), "by": ref("2"), **SOLD}, "by"),
        # Under a number that is another's it would become the caller's own.
        ("ordersRecord", "OrderInput", "orders", {**ref("2"), "by": ref("0"), **SOLD}, "externalRef"),
        ("orderReturnsRecord", "OrderReturnInput", "returns", {**ref("r"), "order": ref("2"), **BACK}, "order"),
        ("orderReturnsRecord", "OrderReturnInput", "returns", {**ref("2"), "by": ref("0"), **BACK}, "externalRef"),
        ("interactionsRecord", "InteractionInput", "interactions", {**ref("i"), "by": ref("2"), **VISIT}, "by"),
        (
            "interactionsRecord",
            "InteractionInput",
            "interactions",
            {**ref("2"), "by": ref("0"), **VISIT},
            "externalRef",
        ),
        ("feedbackRecord", "FeedbackInput", "feedback", {**ref("f"), "by": ref("2"), **SCORE}, "by"),
        ("feedbackRecord", "FeedbackInput", "feedback", {**ref("2"), "by": ref("0"), **SCORE}, "externalRef"),
        ("feedbackRecord", "FeedbackInput", "feedback", {**ref("f"), **SCORE}, "by"),
        (
            "feedbackRecord",
            "FeedbackInput",
            "feedback",
            {**ref("f"), "by": ref("0"), "order": ref("2"), **SCORE},
            "order",
        ),
    ],
)
async def test_nothing_is_recorded_of_a_customer_out_of_reach(
    desk: Desk, mutation: str, kind: str, argument: str, item: dict[str, Any], place: str
) -> None:
    before = await rows(desk.scope, desk.tenant)
    found = await desk.each(mutation, kind, argument, item)
    assert found["problem"]["fields"][0]["path"] == [argument, "0", place], found
    assert await rows(desk.scope, desk.tenant) == before


async def test_what_is_in_reach_is_recorded(desk: Desk) -> None:
    item = {**ref("new"), "by": ref("0"), **ORDER, "items": [LINE]}
    found = await desk.each("ordersRecord", "OrderInput", "orders", item)
    assert found["problem"] is None, found
    assert found["node"]["id"]
