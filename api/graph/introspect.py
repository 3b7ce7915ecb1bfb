"""Introspection is graphql-core's, as it is about the schema, not about rows; beside data it is one root of many."""

from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
)

from api.graph.request import Env, Getter
from api.graph.selection import Selections

# And what each costs: graphql-core walks the whole schema for the one, a type and those beside it for the other, and
# nothing else is answered meanwhile.  A point is about ten microseconds.
INTROSPECTION = {"__schema": 5_000, "__type": 500}


def introspection(selections: Selections, definitions: Any, nodes: list[FieldNode]) -> Getter:
    """Getter of the JSON of one introspection field, with the operation's own variables."""
    fragments: list[FragmentDefinitionNode] = list(selections.fragments.values())
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=None,
        variable_definitions=definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(nodes)),
    )
    document = DocumentNode(definitions=(operation, *fragments))
    key = (nodes[0].alias or nodes[0].name).value

    def answer(env: Env) -> bytes:
        result: Any = execute_sync(selections.schema, document, variable_values=dict(env.raw))
        assert result.data is not None, "introspection of a valid document does not fail"
        return orjson.dumps(result.data[key])

    return answer
