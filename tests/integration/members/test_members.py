"""Members: who they are, whose customers are whose, and that an OWNER always stays."""

import asyncio
from typing import Any

import pytest

from tests.integration.members.conftest import REMOVE, Office, save

LISTED = "query($role: MemberRole) { members(role: $role) { totalCount nodes { id code name role } } }"


async def test_members_are_saved_listed_changed_and_removed(office: Office) -> None:
    admin = office.admin
    made = (await save(admin, email="Wang@Example.com ", store="Ulm 1"))["member"]
    assert (made["email"], made["code"], made["version"]) == ("wang@example.com", "wang@example.com", 1)
    changed = (await save(admin, made["id"], code="W-1", department="North"))["member"]
    assert (changed["id"], changed["code"], changed["version"], changed["store"]) == (made["id"], "W-1", 2, None)
    assert (await save(admin, made["id"], code="W-1", department="North"))["member"]["version"] == 2
    sales = (await admin.data(LISTED, {"role": "SALES"}))["members"]
    assert [one["code"] for one in sales["nodes"]] == ["W-1", "anna", "bo"]  # by name: "Wang Li", then small letters
    assert (await admin.data(REMOVE, {"id": made["id"]}))["memberRemove"]["member"]["removedAt"]
    assert (await admin.data(REMOVE, {"id": made["id"]}))["memberRemove"]["__typename"] == "NotFound"
    assert (await admin.data(LISTED))["members"]["totalCount"] == 3
    anew = (await save(admin, code="W-1"))["member"]
    assert anew["id"] != made["id"], "who left may come back under the same e-mail and code"


@pytest.mark.parametrize(
    ("given", "typename", "place"),
    [
        ({"name": "  "}, "Invalid", "name"),
        ({"name": "x" * 201}, "Invalid", "name"),
        ({"email": "nobody"}, "Invalid", "email"),
        ({"email": ""}, "Invalid", "email"),
        ({"email": "ANNA@example.com"}, "NameTaken", "email"),
        ({"code": "anna"}, "NameTaken", "code"),
    ],
)
async def test_a_member_that_cannot_be_is_refused_at_its_place(
    office: Office, given: dict[str, Any], typename: str, place: str
) -> None:
    refused = await save(office.admin, **given)
    assert refused["__typename"] == typename
    paths = [one["path"] for one in refused["fields"]] if typename == "Invalid" else [refused["path"]]
    assert paths == [["input", place]]


async def test_the_last_owner_neither_leaves_nor_becomes_something_else(office: Office) -> None:
    boss = office.members["boss"]
    assert (await office.admin.data(REMOVE, {"id": boss}))["memberRemove"]["__typename"] == "LastOwner"
    demoted = await save(office.admin, boss, name="boss", email="boss@example.com", role="ADMIN")
    assert (demoted["__typename"], demoted["code"]) == ("LastOwner", "IN_USE")
    await save(office.admin, role="OWNER")
    assert (await office.admin.data(REMOVE, {"id": boss}))["memberRemove"]["__typename"] == "MemberSuccess"


async def test_of_owners_who_leave_at_once_one_stays(office: Office) -> None:
    owners = [office.members["boss"]]
    for n in range(5):
        made = await save(office.admin, email=f"{n}@example.com", role="OWNER")
        owners.append(made["member"]["id"])

    async def leave(n: int, owner: str) -> str:
        if n % 2:
            done = await save(office.admin, owner, email=f"new{n}@example.com", role="SALES")
        else:
            done = (await office.admin.data(REMOVE, {"id": owner}))["memberRemove"]
        return str(done["__typename"])

    done = await asyncio.gather(*(leave(n, owner) for n, owner in enumerate(owners)))
    assert sorted(done) == ["LastOwner", *["MemberSuccess"] * 5]
    assert (await office.admin.data(LISTED, {"role": "OWNER"}))["members"]["totalCount"] == 1


async def test_of_two_who_take_one_code_at_once_one_gets_it(office: Office) -> None:
    done = await asyncio.gather(*(save(office.admin, email=f"{n}@example.com", code="same") for n in range(4)))
    assert sorted(one["__typename"] for one in done) == ["MemberSuccess", *["NameTaken"] * 3]


async def test_a_customer_names_the_member_who_looks_after_it(office: Office) -> None:
    saved = """mutation($owner: String) { customerUpsert(input: { externalRefs: [{ system: "s", value: "1" }],
        owner: $owner }) { ... on CustomerSuccess { customer { owner ownedBy { code name } } } } }"""
    for owner, whose in (("anna", {"code": "anna", "name": "anna"}), ("nobody", None), (None, None)):
        found = (await office.admin.data(saved, {"owner": owner}))["customerUpsert"]["customer"]
        assert found == {"owner": owner, "ownedBy": whose}


async def test_who_reaches_a_part_of_the_customers_does_not_widen_it_by_the_members_row(office: Office) -> None:
    anna = {"memberId": office.members["anna"], "scopes": ["ADMIN", "CUSTOMERS_READ"]}
    part, whole = await office.caller(**anna, dataScope="OWN"), await office.caller(**anna)
    given = {"name": "anna", "email": "anna@example.com", "code": "bo2"}
    assert (await save(part, office.members["anna"], **given))["__typename"] == "Invalid"
    assert (await save(part, **given | {"email": "new@example.com"}))["__typename"] == "Invalid"
    assert (await part.data(REMOVE, {"id": office.members["bo"]}))["memberRemove"]["__typename"] == "Invalid"
    assert (await save(whole, office.members["anna"], **given))["__typename"] == "MemberSuccess"
