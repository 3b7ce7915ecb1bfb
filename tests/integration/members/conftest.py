"""A merchant with staff, whose customers are looked after by several of them."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.tenants import Tenants

MEMBER = """mutation($id: ID, $input: MemberInput!, $v: Int) { memberSave(id: $id, input: $input, ifVersion: $v) {
    __typename ... on MemberSuccess { member { id version name email code role department store removedAt } }
    ... on Problem { code path } ... on Invalid { fields { path code message zh: message(locale: "zh") } } } }"""
REMOVE = """mutation($id: ID!) { memberRemove(id: $id) {
    __typename ... on MemberSuccess { member { id removedAt } } ... on Problem { code path message } } }"""
KEY = """mutation($input: ApiKeyInput!) { apiKeyCreate(input: $input) {
    __typename ... on ApiKeyCreated { token key { prefix label scopes dataScope memberId origins expiresAt } }
    ... on Problem { code path } ... on Invalid { fields { path code message zh: message(locale: "zh") } } } }"""


@dataclass(frozen=True, slots=True)
class Office:
    """A tenant, its administrator, and the ids of its members by code."""

    tenant: Tenant
    scope: Scope
    admin: Api
    members: dict[str, str]

    async def key(self, by: Api | None = None, **given: Any) -> Any:
        """A new key as ``by`` makes it: the answer."""
        asked = {"label": "x", "scopes": ["CUSTOMERS_READ"]} | given
        return (await (by or self.admin).data(KEY, {"input": asked}))["apiKeyCreate"]

    async def caller(self, **given: Any) -> Api:
        """Who asks with such a key."""
        made = await self.key(**given)
        assert made["__typename"] == "ApiKeyCreated", made
        return replace(self.admin, token=made["token"])


async def save(caller: Api, id: str | None = None, **given: Any) -> Any:
    """What comes of saving a member."""
    input_ = {"name": "Wang Li", "email": "wang@example.com", "role": "SALES"} | given
    return (await caller.data(MEMBER, {"id": id, "input": input_}))["memberSave"]


@pytest.fixture
async def office(api: Api, tenants: Tenants, scope: Scope) -> Office:
    """A new one for each test."""
    (tenant,) = await tenants()
    admin = await api.of(tenant)
    members = {}
    for code, role, department in (("boss", "OWNER", None), ("anna", "SALES", "North"), ("bo", "SALES", "South")):
        made = await save(admin, name=code, email=f"{code}@example.com", code=code, role=role, department=department)
        members[code] = made["member"]["id"]
    return Office(tenant, scope, admin, members)
