"""Finding customers by part of what they are called or reached by, and those who may be the same."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.customers.customer import Customer
from domain.customers.read import found_by_text
from tenancy.scope import Scope
from tests.integration.life.conftest import BEGIN, Life
from tests.support.http import Api
from tests.support.tenants import Tenants

PEOPLE = [
    ("王芳", "wang.fang@example.com", "+8613800138000"), ("王小明", None, "+8613912345678"),
    ("芳", "x_y@example.com", None), ("Ａｎｎａ Straße", "ann%a@example.com", None), ("ANNABELLE", None, "+4973112345"),
    (None, "b\\c@example.com", None),
    ("李 王", None, None), ("100% Tea_House", None, None), ("Σίσυφος", None, None), ("", None, "+1201"),
]  # fmt: skip
SEARCH = "query($s: String!) { customers(search: $s) { totalCount nodes { displayName email phone } } }"
PARTS = st.sampled_from([part for person in PEOPLE for part in person if part])
STEPS = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


def folded(value: str) -> str:
    """Without case and width."""
    return unicodedata.normalize("NFKC", value).casefold()


def expected(search: str) -> list[Any]:
    """Whom a search finds: any part, whatever its case and width; of numbers the digits of a phone."""
    digits = re.sub(r"\D", "", search).lstrip("0") if re.fullmatch(r"[+\d\s()./-]+", search) else ""
    return [
        person
        for person in PEOPLE
        if folded(search) in "\x1f".join(folded(part or "") for part in person)
        or (digits and digits in (person[2] or ""))
    ]


@pytest.fixture(scope="module")
async def crowd(api: Api, scope: Scope, tenants: Tenants) -> Life:
    (tenant,) = await tenants(1)
    shop = Life(scope, tenant, await api.of(tenant))
    for name, email, phone in PEOPLE:
        await shop.run(
            "INSERT INTO customer (id, display_name, email, phone, registered_at, created_at, updated_at)"
            " VALUES (gen_random_uuid(), :n, :e, :p, '2024-01-01', now(), now())", n=name, e=email, p=phone,
        )  # fmt: skip
    return shop


async def search(shop: Life, part: str) -> list[Any]:
    """Whom the product finds."""
    found = (await shop.client.data(SEARCH, {"s": part}))["customers"]
    assert found["totalCount"] == len(found["nodes"])
    return [(one["displayName"], one["email"], one["phone"]) for one in found["nodes"]]


def alike(found: list[Any]) -> list[Any]:
    """In one order."""
    return sorted(found, key=repr)


@pytest.mark.parametrize(
    "part",
    ["王", "王芳", "芳", "李", "小明", "%", "_", "\\", "a_y", "anna", "ＡＮＮＡ", "STRASSE", "strasse", "σίσυφος",
     "138 0013 8000", "(0731) 12345", "+86 139", "8000", "0001", "@example", "nobody", " ", "1", "x' OR 1=1 --"],
)  # fmt: skip
async def test_a_search_finds_what_holds_it(crowd: Life, part: str) -> None:
    assert alike(await search(crowd, part)) == alike(expected(part))


@STEPS
@given(st.data())
async def test_every_part_of_a_name_finds_it(crowd: Life, data: st.DataObject) -> None:
    whole = data.draw(PARTS)
    start = data.draw(st.integers(0, len(whole) - 1))
    part = whole[start : start + data.draw(st.integers(1, 5))]
    part = data.draw(st.sampled_from([part, part.upper(), part.lower(), unicodedata.normalize("NFKC", part)]))
    assert alike(await search(crowd, part)) == alike(expected(part))


async def test_short_names_are_found_by_an_index_among_many(
    api: Api, scope: Scope, tenants: Tenants, owner: AsyncEngine
) -> None:
    (tenant,) = await tenants(1)
    shop = Life(scope, tenant, await api.of(tenant))
    await shop.run(
        "INSERT INTO customer (id, display_name, email, phone, registered_at, created_at, updated_at)"
        " SELECT gen_random_uuid(), chr(20000 + n % 3000) || chr(25000 + n % 1777), n || '@example.com',"
        " '+49' || 1000000 + n, '2024-01-01', now(), now() FROM generate_series(1, 20000) AS n"
    )
    async with owner.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f"VACUUM ANALYZE {tenant.schema}.customer"))
    async with scope.write(tenant) as session:
        for part in (chr(20007), chr(20007) + chr(25007), "1000007"):
            query = select(Customer.id).where(found_by_text(part))
            sql = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
            plan = "\n".join(await session.scalars(text(f"EXPLAIN {sql}".replace(":", "\\:"))))
            assert "ix_customer_searched" in plan, plan
    assert len(await search(shop, chr(20007) + chr(25007))) == 1


async def test_who_shares_something_may_be_the_same(shop: Life) -> None:
    said = [
        ("ann", {"displayName": "Ann", "phone": "+4973112345", "birthDate": "1990-01-01", "city": "Ulm"}),
        ("twin", {"displayName": "ＡＮＮ", "phone": "+4973112345", "birthDate": "1990-01-01"}),
        ("namesake", {"displayName": "ann", "city": "Ulm"}),
        ("mail", {"email": "x@example.com"}), ("same", {"email": "X@example.com", "displayName": "Bo"}),
        ("else", {"displayName": "Ann", "city": "Bonn"}),
    ]  # fmt: skip
    ids = {name: await shop.customer(name, events_too=False, **fields) for name, fields in said}
    names = {id_: name for name, id_ in ids.items()}
    of_ann = "query($id: ID!) { customer(by: { id: $id }) { duplicates { customer { id } score reasons } } }"
    found = (await shop.client.data(of_ann, {"id": ids["ann"]}))["customer"]["duplicates"]
    assert [(names[one["customer"]["id"]], one["score"], sorted(one["reasons"])) for one in found] == [
        ("twin", 100, ["NAME_AND_BIRTHDAY", "PHONE"]), ("namesake", 25, ["NAME_AND_CITY"]),
    ]  # fmt: skip
    pairs = "{ duplicateCandidates { customer { id } other { id } score reasons } }"
    found = (await shop.client.data(pairs))["duplicateCandidates"]
    told = [(names[one["customer"]["id"]], names[one["other"]["id"]], one["score"]) for one in found]
    assert told == [("ann", "twin", 100), ("mail", "same", 60), ("ann", "namesake", 25)]
    await shop.change("customerMerge", winner=ids["ann"], losers=[ids["twin"]])
    found = (await shop.client.data(pairs))["duplicateCandidates"]
    assert [one["score"] for one in found] == [60, 25]
    masked = await shop.client.of(shop.tenant, ("customers_read",))
    for asked, variables in ((pairs, None), (of_ann, {"id": ids["ann"]})):
        answer = await masked.ask(asked, variables)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("locale", "given", "stored"),
    [("zh-CN", "138 0013 8000", "+8613800138000"), ("zh", "13800138000", "+8613800138000"),
     ("en", "138 0013 8000", None), ("de-DE", "0731 12345", "+4973112345"), ("zh-CN", "+49 731 12345", "+4973112345"),
     ("zh-Hant", "13800138000", None)],
)  # fmt: skip
async def test_a_number_without_a_country_is_of_the_merchants(
    api: Api, scope: Scope, tenants: Tenants, locale: str, given: str, stored: str | None
) -> None:
    (tenant,) = await tenants(1, locale=locale)
    shop = Life(scope, tenant, await api.of(tenant))
    text_ = """mutation($p: String!) { customerUpsert(by: { phone: $p }, input: { phone: $p }) { __typename
        ... on CustomerSuccess { customer { phone } } } }"""
    done = (await shop.client.data(text_, {"p": given}))["customerUpsert"]
    assert done.get("customer", {}).get("phone") == stored
    if stored:
        await shop.client.data(BEGIN, {"p": [{"sku": "A"}]})
        visit = {"externalRef": {"system": "shop", "value": "1"}, "by": {"phone": given}, "type": "VISIT",
                 "occurredAt": "2024-03-01T09:00:00Z"}  # fmt: skip
        record = "mutation($i: [InteractionInput!]!) { interactionsRecord(interactions: $i) { items { node { id } } } }"
        assert (await shop.client.data(record, {"i": [visit]}))["interactionsRecord"]["items"][0]["node"]
