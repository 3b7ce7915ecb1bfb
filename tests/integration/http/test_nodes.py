"""Anything by its id: ``nodes`` answers for each id, of any type and however often, what ``node`` answers for it."""

from typing import Any
from uuid import uuid4

import pytest
from graphql import get_named_type, is_leaf_type, is_required_argument
from sqlalchemy import select, update

from api.graph.request import typed_id
from api.schema import core_schema
from api.views import view
from domain.customers.customer import Customer
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.planted import plant
from tests.support.tenants import Tenants

TYPES = sorted(view.prefix)


@pytest.fixture(scope="module")
async def stocked(tenants: Tenants, scope: Scope) -> Tenant:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    return tenant


def leaves(name: str) -> str:
    """All fields of a type that need nothing said."""
    fields: Any = core_schema().type_map[name].fields  # type: ignore[attr-defined]
    plain = (key for key, f in fields.items() if is_leaf_type(get_named_type(f.type)))
    return " ".join(key for key in plain if not any(is_required_argument(a) for a in fields[key].args.values()))


async def ids_of(scope: Scope, tenant: Tenant, name: str) -> list[str]:
    """The ids of all rows of a type."""
    async with scope.write(tenant) as session:
        keys = (await session.scalars(select(view.model[name].id).order_by(view.model[name].id))).all()
    return [typed_id(view.prefix[name], key) for key in keys]


@pytest.mark.parametrize("name", TYPES)
async def test_many_of_a_type_are_what_each_is(api: Api, stocked: Tenant, scope: Scope, name: str) -> None:
    shop = await api.of(stocked)
    found = await ids_of(scope, stocked, name)
    asked = [*found, "garbage", found[0], typed_id(view.prefix[name], uuid4()), found[-1]]
    selected = f"{{ __typename ... on {name} {{ {leaves(name)} }} }}"
    one = f"query($id: ID!) {{ node(id: $id) {selected} }}"
    each = [(await shop.data(one, {"id": id_}))["node"] for id_ in asked]
    many = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {selected} }}"
    assert (await shop.data(many, {"ids": asked}))["nodes"] == each
    assert [node and node["id"] for node in each] == [id_ if id_ in found else None for id_ in asked]


async def test_all_types_together_are_what_each_is(api: Api, stocked: Tenant, scope: Scope) -> None:
    shop = await api.of(stocked)
    asked = [id_ for name in TYPES for id_ in await ids_of(scope, stocked, name)]
    asked = asked[::2] + asked[1::2]
    found = (await shop.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": asked}))["nodes"]
    assert [node["id"] for node in found] == asked


async def test_a_merged_customer_is_the_winner_also_among_many(api: Api, tenants: Tenants, scope: Scope) -> None:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
        keys = (await session.scalars(select(Customer.id).order_by(Customer.id))).all()
        await session.execute(update(Customer).where(Customer.id == keys[1]).values(merged_into=keys[0]))
    shop = await api.of(tenant)
    ids = [typed_id("cus", key) for key in keys]
    found = (await shop.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [ids[1], ids[2], ids[0]]}))[
        "nodes"
    ]
    assert [node["id"] for node in found] == [ids[0], ids[2], ids[0]]
