"""Nothing of tenant B reaches a caller of tenant A: every type, field, argument and cursor that the schema has.

Both tenants hold one row of everything.  Whatever names something of B must be answered, byte for byte, like what
names nothing at all.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)
from sqlalchemy import text

from api.graph.request import typed_id
from api.schema import core_schema
from api.views import view
from domain.models import TABLES
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.planted import ids_of, plant
from tests.support.tenants import Tenants
from tests.support.tenants import digests as rows

SCHEMA = core_schema()
QUERY: Any = SCHEMA.query_type
MUTATION: Any = SCHEMA.mutation_type
CONNECTIONS = sorted(name for name, f in QUERY.fields.items() if get_named_type(f.type).name.endswith("Connection"))
TYPES = sorted(view.prefix)


@dataclass
class Pair:
    """A caller of A, a caller of B, and what B has: ids by type."""

    a: Api
    b: Api
    tenants: list[Tenant]
    ids: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def pair(api: Api, tenants: Tenants, scope: Scope) -> Pair:
    """Two tenants with one row of everything."""
    two = await tenants(2)
    for one in two:
        async with scope.write(one) as session:
            await plant(session)
    made = Pair(await api.of(two[0]), await api.of(two[1]), two)
    async with scope.write(two[1]) as session:
        made.ids |= await ids_of(session)
    return made


async def test_both_tenants_hold_a_row_of_everything(scope: Scope, pair: Pair) -> None:
    async with scope.read(pair.tenants[1]) as connection:
        for table in TABLES:
            assert await connection.fetchval(f"SELECT count(*) FROM {table.__tablename__}"), table
    assert all(pair.ids[name] for name in TYPES)


@pytest.mark.parametrize("name", TYPES)
async def test_an_id_of_another_tenant_is_the_id_of_nothing(pair: Pair, name: str) -> None:
    ask = "query($id: ID!, $ids: [ID!]!) { node(id: $id) { id __typename } nodes(ids: $ids) { id } }"
    foreign = pair.ids[name][0]
    missing = typed_id(view.prefix[name], uuid4())
    answers = [await pair.a.post(ask, {"id": one, "ids": [one]}) for one in (foreign, missing)]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["data"] == {"node": None, "nodes": [None]}
    assert (await pair.b.data(ask, {"id": foreign, "ids": [foreign]}))["node"]["id"] == foreign


def naming(root: Any) -> list[tuple[str, str]]:
    """(field, path of an id in its arguments) of everything that takes an id."""
    return [(name, path) for name, f in sorted(root.fields.items()) for path in sorted(_ids_of(f))]


def _ids_of(f: GraphQLField) -> set[str]:
    return {path for name, argument in f.args.items() for path in _below(argument.type, name, ())}


def _below(type_: Any, path: str, seen: tuple[str, ...]) -> set[str]:
    named = get_named_type(type_)
    if named.name == "ID":
        return {path}
    if not is_input_object_type(named) or named.name in seen:
        return set()
    return {found for key, f in named.fields.items() for found in _below(f.type, f"{path}.{key}", (*seen, named.name))}


def given(type_: Any, path: list[str], id_: str) -> Any:
    """A value of an input type in which the id stands at the path; required neighbours are made up."""
    if is_non_null_type(type_):
        return given(type_.of_type, path, id_)
    if is_list_type(type_):
        return [given(type_.of_type, path, id_)]
    if isinstance(type_, GraphQLInputObjectType):
        head = path[0] if path else None
        needed = {
            key: f.type for key, f in type_.fields.items() if key == head or (is_required_argument(f) and key != head)
        }
        if type_.extensions["strawberry-definition"].is_one_of and head is None:
            key, chosen = next(reversed(type_.fields.items()))  # the first may be a list of itself
            needed = {key: chosen.type}
        return {key: given(t, path[1:] if key == head else [], id_) for key, t in needed.items()}
    if path == [] and type_.name == "ID":
        return id_
    if is_enum_type(type_):
        return next(iter(type_.values))
    made_up: dict[str, Any] = {"String": "x_1", "Int": 1, "Boolean": True, "Decimal": "1", "Duration": "P1D"}
    made_up |= {"JSON": {}, "Date": "2025-01-01"}
    return made_up.get(type_.name, "2025-01-01T00:00:00Z")


def document(root: Any, name: str, path: str, ids: tuple[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """A document that asks the field, and its variables for each id."""
    f = root.fields[name]
    head, *rest = path.split(".")
    wanted = {key: a.type for key, a in f.args.items() if key == head or is_required_argument(a)}
    kind = "mutation" if root is MUTATION else "query"
    heads = ", ".join(f"${key}: {t}" for key, t in wanted.items())
    passed = ", ".join(f"{key}: ${key}" for key in wanted)
    leaf = (
        ""
        if not hasattr(get_named_type(f.type), "fields") and not hasattr(get_named_type(f.type), "types")
        else (" { __typename }")
    )
    variables = [{key: given(t, rest if key == head else [], id_) for key, t in wanted.items()} for id_ in ids]
    return f"{kind}({heads}) {{ {name}({passed}){leaf} }}", variables


@pytest.mark.parametrize(("name", "path"), naming(QUERY))
async def test_a_query_given_a_foreign_id_answers_as_if_there_were_none(pair: Pair, name: str, path: str) -> None:
    for type_ in TYPES:
        ids = (pair.ids[type_][0], typed_id(view.prefix[type_], uuid4()))
        asked, (foreign, missing) = document(QUERY, name, path, ids)
        answers = [(await pair.a.post(asked, one)).text for one in (foreign, missing)]
        assert answers[0].replace(*ids) == answers[1], type_


@pytest.mark.parametrize(("name", "path"), naming(MUTATION))
async def test_a_mutation_given_a_foreign_id_changes_nothing_of_the_other_tenant(
    pair: Pair, scope: Scope, name: str, path: str
) -> None:
    before = await rows(scope, pair.tenants[1])
    for type_ in TYPES:
        ids = (pair.ids[type_][0], typed_id(view.prefix[type_], uuid4()))
        asked, (foreign, missing) = document(MUTATION, name, path, ids)
        answers = [(await pair.a.post(asked, one)).text for one in (foreign, missing)]
        assert answers[0].replace(*ids) == answers[1], type_
    assert await rows(scope, pair.tenants[1]) == before


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_a_cursor_of_another_tenant_is_refused(pair: Pair, name: str) -> None:
    asked = f"{name}(after: $after, before: $before) {{ pageInfo {{ endCursor }} }}"
    ask = f"query($after: String, $before: String) {{ {asked} }}"
    first = await pair.b.data(ask)
    cursor = first[name]["pageInfo"]["endCursor"]
    assert cursor
    for direction in ("after", "before"):
        answer = await pair.a.ask(ask, {direction: cursor})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", answer
    assert "errors" not in await pair.b.ask(ask, {"after": cursor})


async def test_a_key_of_one_tenant_counts_its_own_rows_only(pair: Pair, scope: Scope) -> None:
    async with scope.write(pair.tenants[0]) as session:
        await session.execute(text("UPDATE product SET name = 'of A'"))
    ask = "{ products { nodes { name } } }"
    assert await pair.a.data(ask) == {"products": {"nodes": [{"name": "of A"}]}}
    assert await pair.b.data(ask) == {"products": {"nodes": [{"name": "Tea"}]}}
