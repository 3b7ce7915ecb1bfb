"""What an operation costs: as the SDL says, told in the answer, bounded before anything is done."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, build_schema, get_named_type, parse
from graphql.type import GraphQLSchema

from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, opened
from tests.support.planted import plant
from tests.support.postgres import Server
from tests.support.tenants import Tenants

SDL = Path(__file__).parents[3] / "schema.graphql"
DOCUMENTS = [
    "{ strategies { totalCount } }",
    "{ strategies(first: 7) { nodes { id } } }",
    "{ customers(first: 20) { totalCount edges { cursor node { id email } } pageInfo { hasNextPage endCursor } } }",
    "{ customers(last: 3) { nodes { id orders { nodes { id items { quantity product { name } } } totalCount } } } }",
    "query($n: Int) { customers(first: $n) { nodes { orders(first: $n) { nodes { id } } segments { id } } } }",
    '{ nodes(ids: ["cus_1", "seg_2", "cus_3"]) { id } }',
    "{ feedbackMetrics(kind: NPS) { n nps { score } } orderMetrics { customers } }",
    "{ ruleVocabulary { key label } apiLimits { depth tokens } }",
    'mutation { exchangeRatesSet(rates: [{currency: "USD", onDate: "2025-01-02", rate: "1"}]) { items { index } } }',
    'mutation { apiKeyCreate(input: {label: "till", scopes: [SEGMENTS_READ]}) { ... on ApiKeyCreated { token } } }',
    "mutation($r: [ExchangeRateInput!]!) { exchangeRatesSet(rates: $r) { items { node { id } } } }",
    'mutation { customerUpsert(input: {displayName: "Mo"}) {'
    " ... on CustomerSuccess { created customer { id orders(first: 4) { nodes { id } } } } } }",
]
RATE = {"currency": "USD", "onDate": "2025-01-03", "rate": "1"}
VARIABLES = {"n": 6, "r": [RATE, RATE | {"onDate": "2025-01-04"}, RATE | {"onDate": "2025-01-05"}]}


@pytest.fixture(scope="module")
async def shop(api: Api, tenants: Tenants, scope: Scope) -> Api:
    """Asked with a key of a tenant that has a row of everything."""
    tenant: Tenant = (await tenants())[0]
    async with scope.write(tenant) as session:
        await plant(session)
    return await api.of(tenant)


def costs(schema: GraphQLSchema, document: str) -> int:
    """The points of a document, told by the directives of the SDL alone."""
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    return sum(_cost(schema, root, node, 1) for node in operation.selection_set.selections)


def _cost(schema: GraphQLSchema, parent: Any, node: Any, times: int) -> int:
    if not isinstance(node, FieldNode):
        inner = schema.get_type(node.type_condition.name.value)
        return sum(_cost(schema, inner, each, times) for each in node.selection_set.selections)
    field = parent.fields[node.name.value]
    weight, below = _weight(field), times
    for name in _multipliers(field):
        below *= _size(node, name)
    own = weight * (below if parent.name == "Mutation" else times)
    # A connection's total is of the whole, whatever the page's size.
    inside = sum(
        _cost(schema, get_named_type(field.type), each, times if _is(each, "totalCount") else below)
        for each in (node.selection_set.selections if node.selection_set else ())
    )
    return own + inside


def _is(node: Any, name: str) -> bool:
    return isinstance(node, FieldNode) and node.name.value == name


def _directive(field: Any) -> dict[str, Any]:
    for one in field.ast_node.directives or ():
        if one.name.value == "cost":
            return {argument.name.value: argument.value for argument in one.arguments or ()}
    return {}


def _weight(field: Any) -> int:
    found = _directive(field).get("weight")
    return int(found.value) if found else 1


def _multipliers(field: Any) -> list[str]:
    """Of ``first`` and ``last`` only the one that is given; ``first`` when neither is."""
    found = _directive(field).get("multipliers")
    return [] if found is None else [one.value for one in found.values]


def _size(node: FieldNode, name: str) -> int:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if name not in given:
        return 50 if name == "first" and "last" not in given else 1
    value = given[name]
    if hasattr(value, "values"):
        return len(value.values)
    found = VARIABLES[value.name.value] if hasattr(value, "name") else int(value.value)
    return len(found) if isinstance(found, list) else int(found)


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_an_answer_tells_the_cost_that_the_sdl_declares(shop: Api, document: str) -> None:
    schema = build_schema(SDL.read_text())
    used = {name: value for name, value in VARIABLES.items() if f"${name}" in document}
    for _ in range(2):  # with the tenant's dictionary unknown, and known
        answer = await shop.ask(document, used)
        assert "errors" not in answer, answer
        assert answer["extensions"]["cost"]["requested"] == costs(schema, document)


async def test_a_mutation_that_costs_too_much_changes_nothing(shop: Api) -> None:
    orders = " ".join(
        f"p{n}: orders(first: 250) {{ nodes {{ id version status netTotal currency }} }}" for n in range(49)
    )
    upsert = (
        f'customerUpsert(input: {{displayName: "Nobody"}}) {{ ... on CustomerSuccess {{ customer {{ {orders} }} }} }}'
    )
    answer = await shop.ask(f"mutation {{ {upsert} }}")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]
    assert "data" not in answer
    found = await shop.data('{ customers(search: "Nobody") { totalCount } }')
    assert found["customers"]["totalCount"] == 0


async def test_introspection_is_paid_for_what_it_takes_and_as_often_as_it_is_asked(shop: Api) -> None:
    types = "{ types { fields(includeDeprecated: true) { name args { name type { name } } type { name } } } }"
    once = await shop.ask(f"{{ __schema {types} strategies {{ totalCount }} }}")
    assert once["extensions"]["cost"]["requested"] == 5_000 + costs(build_schema(SDL.read_text()), DOCUMENTS[0])
    kind = await shop.ask('{ a: __type(name: "Query") { name } b: __type(name: "Customer") { name } }')
    assert kind["extensions"]["cost"]["requested"] == 2 * 500
    many = await shop.ask("{ " + " ".join(f"a{n}: __schema {types}" for n in range(40)) + " }")
    assert [error["extensions"]["code"] for error in many["errors"]] == ["QUERY_TOO_COMPLEX"]
    assert "data" not in many


async def test_a_query_whose_plan_asks_the_database_first_is_bounded_too(shop: Api, server: Server) -> None:
    document = "{ segments(first: 250) { nodes { members(first: 250) { nodes { id displayName email phone } } } } }"
    async with opened(server.app_dsn, shop.owner) as fresh:  # which knows nothing of the tenant yet
        for _ in range(2):
            answer = await replace(fresh, token=shop.token).ask(document)
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]
