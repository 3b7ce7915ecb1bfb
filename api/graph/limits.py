"""How large a document may be: one pass over the syntax, each fragment counted once, before anything slower sees it."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSyntaxError, OperationDefinitionNode, parse
from graphql.language import FieldNode, FloatValueNode, FragmentSpreadNode, StringValueNode


@dataclass(frozen=True, slots=True)
class Limits:
    """Most of each in one document; ``fields`` as if all fragments were inlined.

    ``duplicates``: pairs of fields with the same response name at the same place.  Validation compares each
    pair, so 500 fields could cost it a quarter of a second.
    """

    depth: int = 15
    fields: int = 500
    aliases: int = 50
    directives: int = 20
    tokens: int = 2000
    duplicates: int = 10_000


class TooLarge(ValueError):
    """The document exceeds a limit: ``what`` (a field of Limits) and ``most``."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(what)
        self.what, self.most = what, most


class Unclean(ValueError):
    """A literal that PostgreSQL cannot hold."""


class Size(NamedTuple):
    """Of a selection set, fragments inlined."""

    fields: int
    depth: int


def parsed(text: str, limits: Limits) -> DocumentNode:
    """The syntax of a document within its limits.  TooLarge, Unclean or GraphQLSyntaxError."""
    try:
        document = parse(text, max_tokens=limits.tokens)
    except RecursionError as error:
        raise TooLarge("depth", limits.depth) from error
    except GraphQLSyntaxError as error:
        if f"more than {limits.tokens} tokens" in error.message:
            raise TooLarge("tokens", limits.tokens) from error
        if "nested too deeply" in error.message:
            raise TooLarge("depth", limits.depth) from error
        raise
    _Count(document, limits).check()
    return document


class _Count:
    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        definitions = document.definitions
        self.operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        self.fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self.sizes: dict[str, Size] = {}
        self.open: set[str] = set()
        self.cyclic = False
        self.aliases = self.directives = 0

    def check(self) -> None:
        """Raise what is exceeded."""
        sizes = [self._fragment(name) for name in self.fragments]
        sizes += [self._selections(operation) for operation in self.operations]
        self._most("depth", max((size.depth for size in sizes), default=0))
        self._most("fields", max((size.fields for size in sizes), default=0))
        self._most("aliases", self.aliases)
        self._most("directives", self.directives)
        if not self.cyclic:
            self._most("duplicates", sum(self._pairs(operation) for operation in self.operations))

    def _most(self, what: str, count: int) -> None:
        if count > (most := getattr(self.limits, what)):
            raise TooLarge(what, most)

    def _pairs(self, operation: OperationDefinitionNode) -> int:
        """Fields that share a place and a response name, in pairs.  Few fields are left to look at by now."""
        pairs, levels = 0, [[operation.selection_set]]
        while levels:
            places: dict[str, list[Any]] = {}
            self._places([s for s in levels.pop() if s], places, set())
            for nodes in places.values():
                pairs += len(nodes) ** 2 if len(nodes) > 1 else 0
                levels.append([node.selection_set for node in nodes])
        return pairs

    def _places(self, sets: list[Any], places: dict[str, list[Any]], seen: set[str]) -> None:
        for node in (node for each in sets for node in each.selections):
            if isinstance(node, FieldNode):
                places.setdefault((node.alias or node.name).value, []).append(node)
            elif not isinstance(node, FragmentSpreadNode):
                self._places([node.selection_set], places, seen)
            elif node.name.value in self.fragments and node.name.value not in seen:
                seen.add(node.name.value)
                self._places([self.fragments[node.name.value].selection_set], places, seen)

    def _fragment(self, name: str) -> Size:
        """Counted once, whatever uses it.  A cycle counts nothing here: validation refuses it."""
        self.cyclic = self.cyclic or name in self.open
        if name not in self.sizes:
            self.sizes[name] = Size(0, 0)
            self.open.add(name)
            fragment = self.fragments.get(name)
            if fragment is not None:
                self.sizes[name] = self._selections(fragment)
            self.open.discard(name)
        return self.sizes[name]

    def _selections(self, owner: Any) -> Size:
        self._written(owner)
        fields = depth = 0
        for node in owner.selection_set.selections:
            if isinstance(node, FragmentSpreadNode):
                self._written(node)
                inner = self._fragment(node.name.value)
            elif node.selection_set is None:
                self._written(node)
                inner = Size(0, 0)
            else:
                inner = self._selections(node)
            own = isinstance(node, FieldNode)
            fields, depth = fields + inner.fields + own, max(depth, inner.depth + own)
        return Size(min(fields, self.limits.fields + 1), depth)

    def _written(self, node: Any) -> None:
        """Aliases, directives and literals, as often as they are written."""
        directives = getattr(node, "directives", None) or ()
        self.directives += len(directives)
        self.aliases += getattr(node, "alias", None) is not None
        values = [a.value for owner in (node, *directives) for a in getattr(owner, "arguments", None) or ()]
        for variable in getattr(node, "variable_definitions", None) or ():
            self.directives += len(variable.directives or ())
            if variable.default_value is not None:
                values.append(variable.default_value)
        _check_literals(values)


def _check_literals(values: list[Any]) -> None:
    while values:
        value = values.pop()
        if isinstance(value, StringValueNode) and "\0" in value.value:
            raise Unclean
        if isinstance(value, FloatValueNode) and not isfinite(float(value.value)):
            raise Unclean
        values += getattr(value, "values", None) or ()
        values += [inner.value for inner in getattr(value, "fields", None) or ()]
