"""An operation's variables, coerced as graphql-core does, at a fifth of its time.

What depends on the document alone is found once.  Inputs of many members are remembered by their JSON.  Whatever is not
plainly right is left to graphql-core, which also writes the errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson
from graphql import (
    GraphQLError,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_leaf_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import get_variable_values
from graphql.utilities import coerce_input_value

if TYPE_CHECKING:  # which itself needs to know of variables
    from api.graph.cache import Recent

LONGEST_KEPT, DEEPEST = 2048, 64  # bytes of JSON of an input that is remembered; braces and brackets that open in it
Inputs: TypeAlias = "Recent[tuple[str, bytes], Any]"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: ``leaf`` when its type is a scalar or an enum; ``default`` is Undefined when there is none."""

    name: str
    type: Any
    kind: str
    leaf: Any
    required: bool
    default: Any


class Variables:
    """The variables of one operation.  ``kept`` is shared by all: what inputs became."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], kept: Inputs) -> None:
        self.schema, self.definitions, self.kept = schema, definitions, kept
        self.declared = [self._declared(definition) for definition in definitions]
        self.never_null = {one.name: _reading(one.name) for one in self.declared if one.required}

    def core(self, given: Mapping[str, Any], most_errors: int | None = None) -> Any:
        """graphql-core's VariableValues, or its errors."""
        return get_variable_values(self.schema, self.definitions, dict(given), most_errors)

    def coerced(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The coerced values; null when graphql-core must say what is wrong."""
        made: dict[str, Any] = {}
        for variable in self.declared:
            value = given.get(variable.name, Undefined)
            if value is Undefined:
                if variable.default is not Undefined:
                    made[variable.name] = variable.default
                elif variable.required:
                    return None
                continue
            found = self._coerced(variable, value)
            if found is Undefined:
                return None
            made[variable.name] = found
        return made

    def _coerced(self, variable: Variable, value: Any) -> Any:
        try:
            if value is None:
                return Undefined if variable.required else None
            if variable.leaf is not None:
                return variable.leaf.coerce_input_value(value)
            return self._kept(variable, value)
        except (GraphQLError, ValueError, TypeError, ArithmeticError, RecursionError):
            return Undefined

    def _kept(self, variable: Variable, value: Any) -> Any:
        text = orjson.dumps(value)
        found = self.kept.get((variable.kind, text))
        if found is None:
            if len(text) > LONGEST_KEPT or text.count(b"{") + text.count(b"[") > DEEPEST:
                return Undefined
            found = coerce_input_value(value, variable.type)
            if found is not Undefined:
                self.kept.put((variable.kind, text), found)
        return found

    def _declared(self, definition: VariableDefinitionNode) -> Variable:
        type_: Any = type_from_ast(self.schema, definition.type)
        required = is_non_null_type(type_)
        inner = type_.of_type if required else type_
        name = definition.variable.name.value
        default = Undefined
        if definition.default_value is not None:
            default = get_variable_values(self.schema, [definition], {}).coerced[name]  # type: ignore[union-attr]
        return Variable(name, type_, str(type_), inner if is_leaf_type(inner) else None, required, default)


def _reading(name: str) -> Any:
    return lambda env: env.variables[name]
