"""A document: parsed within limits, validated, its operations, and the plans made for it."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    validate,
)

from api.graph.cache import Plans, Recent
from api.graph.errors import MOST_ERRORS, fault, invalid
from api.graph.limits import Limits, TooLarge, Unclean, parsed
from api.graph.selection import Selections
from api.graph.variables import Inputs, Variables

MOST_INPUTS = 1024  # remembered, of all documents
MOST_PINNED = 2000  # trusted documents that are kept


class Rejected(Exception):
    """The request is not executed: its errors, as they are answered."""

    def __init__(self, *errors: dict[str, Any]) -> None:
        super().__init__(errors)
        self.errors = list(errors)


@dataclass(slots=True)
class Document:
    """A valid document."""

    operations: list[OperationDefinitionNode]
    selections: Selections
    plans: Plans
    variables: dict[str | None, Variables]

    def operation(self, name: str | None, locale: str) -> OperationDefinitionNode:
        """The operation of that name, or the only one."""
        found = [o for o in self.operations if name is None or named(o) == name]
        if len(found) != 1:
            raise Rejected(fault("OPERATION", locale))
        return found[0]


def named(operation: OperationDefinitionNode) -> str | None:
    """The operation's name."""
    return operation.name.value if operation.name else None


class Documents:
    """The documents used recently.  Invalid and very long ones are not remembered."""

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, most: int = 1000, leaves: int = 64, longest: int = 16_384
    ) -> None:
        self.schema, self.limits, self.leaves, self.longest = schema, limits, leaves, longest
        self.recent: Recent[str, Document] = Recent(most)
        self.pinned: Recent[str, Document] = Recent(MOST_PINNED)
        self.inputs: Inputs = Recent(MOST_INPUTS)

    def known(self, text: str) -> Document | None:
        """The document of a text that was asked before."""
        return self.pinned.get(text) or self.recent.get(text)

    def get(self, text: str, locale: str, *, trusted: bool = False) -> Document:
        """The valid document of a text.  Rejected otherwise.  A trusted one is kept whatever else is asked."""
        found = self.known(text)
        if found is None:
            found = self._made(text, locale)
            if len(text) <= self.longest:
                (self.pinned if trusted else self.recent).put(text, found)
        return found

    def pin(self, text: str) -> None:
        """Keep a trusted document whatever else is asked.  Rejected when it is not valid."""
        self.pinned.put(text, self._made(text, "en"))

    def _made(self, text: str, locale: str) -> Document:
        try:
            ast = parsed(text, self.limits)
            errors = validate(self.schema, ast, max_errors=MOST_ERRORS)
        except GraphQLSyntaxError as error:
            raise Rejected(invalid(error, "GRAPHQL_PARSE_FAILED")) from error
        except TooLarge as error:
            raise Rejected(too_large(error, locale)) from error
        except Unclean as error:
            raise Rejected(fault("UNCLEAN", locale)) from error
        if errors:
            raise Rejected(*(invalid(e, "GRAPHQL_VALIDATION_FAILED") for e in errors[:MOST_ERRORS]))
        operations = [d for d in ast.definitions if isinstance(d, OperationDefinitionNode)]
        fragments = {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)}
        variables = {named(o): Variables(self.schema, o.variable_definitions or (), self.inputs) for o in operations}
        return Document(operations, Selections(self.schema, fragments), Plans(self.leaves), variables)


def too_large(error: TooLarge, locale: str) -> dict[str, Any]:
    """Which limit a document exceeds."""
    message = (
        f"文档超过 {error.what} 的上限 {error.most}。"
        if locale.lower().startswith("zh")
        else f"The document exceeds the limit of {error.most} for {error.what}."
    )
    extensions = {"code": "QUERY_TOO_COMPLEX", "limit": error.what, "most": error.most}
    return {"message": message, "extensions": extensions}
