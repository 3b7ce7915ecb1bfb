"""Every field, asked without each scope that it needs: refused or masked, and not shown by another way."""

from typing import Any

import pytest
from graphql import get_named_type, is_leaf_type, is_required_argument

from api.schema import core_schema
from api.scopes import Scope as Permission
from api.views import view
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support import walk
from tests.support.http import Api
from tests.support.planted import ids_of, plant
from tests.support.tenants import Tenants

SCHEMA: Any = core_schema()
GUARDED = [
    pytest.param(name, key, field, id=f"{name}.{key}")
    for name in sorted(view.prefix)
    for key, field in sorted(view.views[name].fields.items())
    if field.requires or field.unmasked
]
WORDS = {scope: tuple(other.lower() for other in Permission if other is not scope) for scope in Permission}


@pytest.fixture(scope="module")
async def planted(tenants: Tenants, scope: Scope) -> Tenant:
    """A tenant with a row of everything."""
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session, 1)
    return tenant


@pytest.fixture(scope="module")
async def callers(api: Api, planted: Tenant) -> dict[Any, Api]:
    """A caller with every scope (None), and for each scope one who has all but that."""
    everything = await api.of(planted)
    return {None: everything, **{one: await api.of(planted, words) for one, words in WORDS.items()}}


@pytest.fixture(scope="module")
async def ids(planted: Tenant, scope: Scope) -> dict[str, str]:
    """The id of a row of each type."""
    async with scope.write(planted) as session:
        return {name: found[0] for name, found in (await ids_of(session)).items()}


@pytest.fixture(scope="module")
async def segment_ids(planted: Tenant, scope: Scope) -> list[str]:
    """The ids of all segments."""
    async with scope.write(planted) as session:
        return (await ids_of(session))["Segment"]


def document(type_name: str, key: str, ids: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """A document that asks a field of the only row of its type, and its variables."""
    called = next(n for n, f in SCHEMA.type_map[type_name].fields.items() if _python_name(f) == key)
    field = SCHEMA.type_map[type_name].fields[called]
    needed = {key: argument.type for key, argument in field.args.items() if is_required_argument(argument)}
    heads = "".join(f", ${key}: {type_}" for key, type_ in needed.items())
    passed = f"({', '.join(f'{key}: ${key}' for key in needed)})" if needed else ""
    leaf = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    text = f"query($id: ID!{heads}) {{ node(id: $id) {{ ... on {type_name} {{ found: {called}{passed}{leaf} }} }} }}"
    every = {name: [id_] for name, id_ in ids.items()}
    return text, {"id": ids[type_name], **{key: walk.example(type_, key, every) for key, type_ in needed.items()}}


def _python_name(field: Any) -> str:
    return str(field.extensions["strawberry-definition"].python_name)


@pytest.mark.parametrize(("name", "key", "field"), GUARDED)
async def test_a_field_is_shown_only_to_callers_with_its_scopes(
    callers: dict[Any, Api], ids: dict[str, str], name: str, key: str, field: Any
) -> None:
    asked, variables = document(name, key, ids)
    shown = (await callers[None].data(asked, variables))["node"]["found"]
    if field.requires:
        refused = await callers[Permission(field.requires)].ask(asked, variables)
        assert {error["extensions"]["code"] for error in refused["errors"]} == {"FORBIDDEN"}
        assert not (refused["data"] and refused["data"]["node"] and refused["data"]["node"]["found"])
    if field.unmasked:
        masked = (await callers[Permission(field.unmasked)].data(asked, variables))["node"]["found"]
        assert masked != shown or shown is None
        assert masked is None or "*" in masked


@pytest.mark.parametrize("name", sorted(n for n, f in view.roots["Query"].items() if f.requires))
async def test_a_query_is_answered_only_to_callers_with_its_scope(
    callers: dict[Any, Api], segment_ids: list[str], name: str
) -> None:
    declared = view.roots["Query"][name]
    called = next(n for n, f in SCHEMA.query_type.fields.items() if _python_name(f) == name)
    made_up = {"CustomerBy": '{email: "a@b.example"}', "FeedbackKind": "NPS", "ID": '"seg_1"', "String": '"x"'}
    made_up["Int"] = "0"
    made_up["RuleInput"] = "{tag: {test: {isEmpty: true}}}"
    made_up["SetExpression"] = f"{{rule: {made_up['RuleInput']}}}"
    if name == "overlap":
        made_up["ID"] = str(segment_ids[:2]).replace("'", '"')
    given = ", ".join(
        f"{key}: {made_up[get_named_type(argument.type).name]}"
        for key, argument in SCHEMA.query_type.fields[called].args.items()
        if is_required_argument(argument) or key == "id"
    )
    asked = f"{{ {called}{f'({given})' if given else ''} {{ __typename }} }}"
    assert "errors" not in await callers[None].ask(asked)
    refused = await callers[Permission(declared.requires)].ask(asked)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("name", sorted(view.roots["Mutation"]))
async def test_a_mutation_is_done_only_for_callers_with_its_scope(callers: dict[Any, Api], name: str) -> None:
    declared = view.roots["Mutation"][name]
    assert declared.requires
    called = next(n for n, f in SCHEMA.mutation_type.fields.items() if _python_name(f) == name)
    field = SCHEMA.mutation_type.fields[called]
    needed = {key: argument for key, argument in field.args.items() if is_required_argument(argument)}
    heads = ", ".join(f"${key}: {argument.type}" for key, argument in needed.items())
    passed = ", ".join(f"{key}: ${key}" for key in needed)
    asked = f"mutation({heads}) {{ {called}({passed}) {{ __typename }} }}"
    variables = {key: example(argument.type) for key, argument in needed.items()}
    refused = await callers[Permission(declared.requires)].ask(asked, variables)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert refused["data"] is None or refused["data"][called] is None


def example(type_: Any) -> Any:
    """Some value of an input type; the mutation is refused before it is looked at."""
    named = get_named_type(type_)
    if hasattr(named, "fields"):
        if named.extensions["strawberry-definition"].is_one_of:
            key, chosen = next(reversed(named.fields.items()))  # the first may be a list of itself
            return {key: example(chosen.type)}
        value: Any = {key: example(f.type) for key, f in named.fields.items() if is_required_argument(f)}
    elif hasattr(named, "values"):
        value = next(iter(named.values))
    else:
        made_up = {"Int": 1, "Boolean": True, "Decimal": "1", "Duration": "P1D", "JSON": {}, "Date": "2025-01-01"}
        value = made_up.get(named.name, "2025-01-01T00:00:00Z")
    return [value] if str(type_).startswith("[") else value
