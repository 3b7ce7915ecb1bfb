"""The specification's CollectFields: field nodes by response key, for one concrete type."""

from collections.abc import Callable, Iterable
from typing import Any

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema, VariableNode

Nodes = list[FieldNode]
Truth = Callable[[str], bool]  # a Boolean variable's value


class Selections:
    """The fragments of one document, on its schema."""

    __slots__ = ("fragments", "schema")

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, Any]) -> None:
        self.schema, self.fragments = schema, fragments

    def collect(self, type_: GraphQLObjectType, nodes: Iterable[Any], truth: Truth) -> dict[str, Nodes]:
        """What is selected of ``type_`` below ``nodes`` (fields, or the operation); each fragment once."""
        out: dict[str, Nodes] = {}
        seen: set[str] = set()
        for node in nodes:
            if node.selection_set:
                self._collect(type_, node.selection_set.selections, out, seen, truth)
        return out

    def _collect(self, type_: Any, selections: Any, out: dict[str, Nodes], seen: set[str], truth: Truth) -> None:
        for node in selections:
            if not _included(node, truth):
                continue
            if isinstance(node, FieldNode):
                out.setdefault((node.alias or node.name).value, []).append(node)
                continue
            fragment = node
            if not hasattr(node, "type_condition"):
                name = node.name.value
                if name in seen:
                    continue
                seen.add(name)
                fragment = self.fragments[name]
            if self._applies(fragment.type_condition, type_):
                self._collect(type_, fragment.selection_set.selections, out, seen, truth)

    def _applies(self, condition: Any, type_: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        wanted: Any = self.schema.get_type(condition.name.value)
        return not isinstance(wanted, GraphQLObjectType) and self.schema.is_sub_type(wanted, type_)


def _included(node: Any, truth: Truth) -> bool:
    """@skip and @include."""
    for directive in node.directives or ():
        if directive.name.value in ("skip", "include"):
            value = directive.arguments[0].value
            held = truth(value.name.value) if isinstance(value, VariableNode) else value.value
            if held is (directive.name.value == "skip"):
                return False
    return True
