"""What one operation carries, and how its arguments are read: ids, variables, literals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from graphql import (
    FieldNode,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import get_argument_values
from graphql.utilities import coerce_input_literal

from api.graph.variables import Variables

Getter = Callable[["Env"], Any]
NOBODY = UUID(int=0)  # the id of no row: what a foreign or garbled id becomes


class NothingHeld(Exception):
    """The stored value of the tenant is needed and this process does not hold it."""


class Confinement(Protocol):
    """What a caller may not see, taken out of the statements themselves."""

    @property
    def gone(self) -> Any:
        """The fault when nothing may be seen any more."""

    def whole(self, text: str, parameters: int) -> tuple[str, tuple[Any, ...]]:
        """An operation's statement of so many parameters with less behind it, and its further parameters; no row
        comes of it when nothing may be seen any more."""

    def part(self, text: str, parameters: int) -> tuple[str, tuple[Any, ...]]:
        """The same of a statement that a loaded field asks."""


@dataclass(slots=True)
class Env:
    """One operation's request.  ``place`` is the tenant's name in cursors; ``held`` what is remembered of it."""

    declared: Variables
    variables: dict[str, Any]  # coerced
    now: datetime
    tenant: Any = None
    place: str = ""
    scopes: frozenset[str] = frozenset()
    locale: str = "en"
    secret: bytes = b""
    raw: Mapping[str, Any] = field(default_factory=dict)  # variables as they came
    held: Any = None
    choices: Any = None  # what PostgreSQL's estimates chose before: ``Choices``
    used_stored: bool = False
    written: Any = None  # a mutation's payload: id of the row it left behind
    extra: Mapping[str, Any] = field(default_factory=dict)  # and the further fields of its success
    actor: str = ""  # who asks, as histories name it
    idempotency_key: str | None = None
    purse: Any = None  # out of which it pays: ``Purse``
    cost: int = 0  # what it was charged
    response_name: str = ""  # of the mutation that runs
    caller: Any = None  # what the product knows of who asks: ``confined``, and what its injectors and doors need
    memo: dict[Any, Any] = field(default_factory=dict)
    statements: int = 0  # that read for it

    @property
    def definitions(self) -> Any:
        """Of the variables, in the document."""
        return self.declared.definitions

    @property
    def confined(self) -> Confinement | None:
        """What the caller may not see; null: nothing is kept from it."""
        return None if self.caller is None else self.caller.confined

    @property
    def values(self) -> Any:
        """graphql-core's VariableValues."""
        return self.once("values", lambda: self.declared.core(self.raw))

    @property
    def stored(self) -> Any:
        """What the product keeps of the tenant.  Reading it makes the plan check its version."""
        self.used_stored = True
        if self.held is None:
            raise NothingHeld
        return self.held

    def once(self, slot: Any, make: Callable[[], Any]) -> Any:
        """``make()``, remembered for the operation."""
        if slot not in self.memo:
            self.memo[slot] = make()
        return self.memo[slot]


def parse_id(given: Any, prefix: str | None = None) -> UUID | None:
    """The key in a typed id; null for garbage or another type's, so that all of them answer alike."""
    if not isinstance(given, str):
        return None
    kind, _, hexed = given.partition("_")
    if len(hexed) != 32 or (prefix and kind != prefix) or hexed != hexed.lower() or not hexed.isalnum():
        return None
    try:
        return UUID(hexed)
    except ValueError:
        return None


def typed_id(prefix: str, key: UUID) -> str:
    """The id a client sees."""
    return f"{prefix}_{key.hex}"


class Arguments:
    """The arguments of one field: by Python name, a getter and whether it is the same in every request."""

    def __init__(self, gfield: GraphQLField, node: FieldNode, slot: Any) -> None:
        self.gfield, self.node, self.slot = gfield, node, slot
        self.given = {argument.name.value: argument.value for argument in node.arguments or ()}
        self.names = {
            (backed.python_name if (backed := a.extensions.get("strawberry-definition")) else name): name
            for name, a in gfield.args.items()
        }

    def whole(self, env: Env) -> dict[str, Any]:
        """All arguments coerced.  Right for everything, and slow: used when a literal holds variables."""
        made = env.once(self.slot, lambda: get_argument_values(self.gfield, self.node, env.values))
        assert isinstance(made, dict)
        return made

    def find(self, name: str, env: Env) -> tuple[Getter, bool]:
        """(getter, constant?) of an argument; an argument that is not given is None."""
        called = self.names[name]
        node, argument = self.given.get(called), self.gfield.args[called]
        if not _varies(node):
            fixed = self.whole(env).get(called)
            return (lambda env: fixed), True
        if isinstance(node, VariableNode) and argument.default_value is Undefined:
            variable = node.name.value
            return (lambda env: env.variables.get(variable)), False
        read = literal(argument.type, node, env)
        return read or (lambda env: self.whole(env).get(called)), False


def literal(type_: Any, node: Any, env: Env) -> Getter | None:
    """Reads a literal that holds variables.  Null where graphql-core must coerce it again for each request.

    Variables that cannot be null have been coerced to the type of their place, so nothing is left to do but to put
    them there.
    """
    inner = type_.of_type if is_non_null_type(type_) else type_
    if not _varies(node):
        fixed = coerce_input_literal(node, type_)
        return None if fixed is Undefined else (lambda env: fixed)
    if isinstance(node, VariableNode):
        return env.declared.never_null.get(node.name.value)
    if isinstance(node, ListValueNode) and is_list_type(inner):
        items = [literal(inner.of_type, item, env) for item in node.values]
        made = [item for item in items if item]
        return (lambda env: [item(env) for item in made]) if len(made) == len(items) else None
    if isinstance(node, ObjectValueNode) and is_input_object_type(inner):
        return _object(inner, node, env)
    return None


def _object(type_: Any, node: ObjectValueNode, env: Env) -> Getter | None:
    given = {member.name.value: member.value for member in node.fields}
    made: dict[str, Getter] = {}
    for name, member in type_.fields.items():  # in the type's order, as graphql-core has it
        if name in given:
            read = literal(member.type, given[name], env)
            if read is None or member.out_name not in (None, name):
                return None
            made[name] = read
        elif member.default is not None or member.default_value is not Undefined:
            return None
    return lambda env: {name: read(env) for name, read in made.items()}


def _varies(node: Any) -> bool:
    """Whether a value node holds a variable."""
    if node is None:
        return False
    if isinstance(node, VariableNode):
        return True
    return any(map(_varies, getattr(node, "values", None) or ())) or any(
        _varies(inner.value) for inner in getattr(node, "fields", None) or ()
    )
