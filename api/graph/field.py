"""One field's declaration: where its value comes from, read off the signature of a domain function.

    name: Same                          a column of the mapped class, with its type, nullability and description
    spend = value(domain.spend)         an SQL expression of (row, arguments, injected values)
    items = many(domain.items_of)       a SELECT; ``one`` for at most one row, ``pages`` for a Relay connection
    explanation = load(domain.explain)  Python, once for all keys of the answer
    create = write(domain.create, row="thing")      a mutation: a transaction, then the row it left behind

Argument names, types, defaults and descriptions are those of the domain function.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from inspect import Parameter, getdoc, signature
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

FIELD = "graph"  # key in StrawberryField.metadata
T = TypeVar("T")
NO_DEFAULT = Parameter.empty
WRITE_COST = 10  # a transaction, or an item of one


class Rows(Generic[T]):
    """Stands for ``Select[T]`` when annotations are read: SQLAlchemy's own forgets T at run time."""


class Same:
    """Annotation: the attribute of the domain class with this name."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its Python type without ``Annotated``, its default (``NO_DEFAULT``), what it means."""

    hint: Any
    default: Any = NO_DEFAULT
    doc: str | None = None


CONNECTION_ARGUMENTS = {
    "first": Argument(int | None, None, "How many rows from the start, 1 to 250; 50 when neither is given."),
    "after": Argument(str | None, None, "Rows after this cursor."),
    "last": Argument(int | None, None, "How many rows from the end, 1 to 250."),
    "before": Argument(str | None, None, "Rows before this cursor."),
}
AS_OF = Argument(datetime | None, None, "As it was at this instant, with all that hangs below; now when left out.")


@dataclass(frozen=True, slots=True)
class Write:
    """What a mutation answers: the success type's row field and its further fields, and the problem types."""

    row: str
    success: str | None = None
    extra: tuple[str, ...] = ()
    problems: tuple[type, ...] = ()
    result: str | None = None
    each: bool = False  # a list of items, each of which succeeds or fails by itself
    control: bool = False  # written behind ``Doors.control``

    @property
    def names(self) -> tuple[str, str, str]:
        """The GraphQL names of the row, of the success and of the result."""
        kind = pascal(self.row)
        return kind, self.success or f"{kind}Success", self.result or f"{kind}Result"


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field's value comes from.

    ``how`` is column, id, value, one, many, pages, load, find, node, nodes, write, or part (of a connection).
    """

    how: str
    call: Callable[..., Any] | None = None
    row: bool = False  # the function's first parameter is the row
    args: dict[str, Argument] = field(default_factory=dict)
    above: tuple[str, ...] = ()  # parameters that are arguments of the field whose object this is a field of
    inherited: dict[str, Argument] = field(default_factory=dict)  # those
    injected: tuple[str, ...] = ()
    hint: Any = None  # Python or GraphQL type, when not derived
    by: Any = None  # pages: order keys; an Enum class of them adds the argument orderBy
    by_requires: Mapping[str, str] = field(default_factory=dict)  # scopes that members of that Enum ask for
    # parameter -> the values of all rows, by id, in what the product keeps of the tenant
    stored: Mapping[str, Callable[[Any], Mapping[Any, Any]]] = field(default_factory=dict)
    plain: tuple[str, ...] = ()  # arguments handed over as Python values; the SQL's shape decides the plan
    ids: Mapping[str, str] = field(default_factory=dict)  # UUID argument -> GraphQL type it names
    says: Mapping[str, str] = field(default_factory=dict)  # argument -> description
    key: str = "id"  # load: the row's column handed to the batch
    keys: Callable[[Any], Mapping[str, Any]] | None = None  # find: key -> id, in what the product keeps of the tenant
    requires: str | None = None
    unmasked: str | None = None  # the scope without which ``instead`` is shown
    instead: Callable[..., Any] | None = None
    past: bool = False  # whether it can be asked as of an instant: it then has the argument asOf
    cost: int = 1
    proven: bool = False  # SQL cannot yield NULL here
    doc: str | None = None
    deprecated: str | None = None  # since when, and what instead
    write: Write | None = None

    def __call__(self, call: Callable[..., Any]) -> "Field":
        return replace(self, call=call)


def _kind(how: str) -> Callable[..., Any]:
    def declare(call: Callable[..., Any] | None = None, **options: Any) -> Any:
        return Field(how, call, **options)

    return declare


value, one, many, pages, load = map(_kind, ("value", "one", "many", "pages", "load"))


def masked(scope: str, instead: Callable[..., Any], **options: Any) -> Any:
    """A column that callers without ``scope`` see through ``instead(row)``, an SQL expression."""
    return Field("column", unmasked=scope, instead=instead, **options)


def find(type_name: str, **options: Any) -> Any:
    """The row of a typed id, or null; with ``keys``, of an id or a key."""
    id_doc, key_doc = f"Id of the {type_name}.", f"Key of the {type_name}, instead of the id."
    args = {"id": Argument(Identity, doc=id_doc)}
    if "keys" in options:
        args = {"id": Argument(Identity | None, None, id_doc), "key": Argument(str | None, None, key_doc)}
    options.setdefault("doc", f"The {type_name} of an id{' or a key' if 'keys' in options else ''}, or null.")
    return Field("find", args=args, hint=f"{type_name} | None", **options)


def write(
    call: Callable[..., Any],
    *,
    row: str,
    success: str | None = None,
    extra: tuple[str, ...] = (),
    problems: tuple[type, ...] = (),
    result: str | None = None,
    **options: Any,
) -> Any:
    """A mutation field.  ``call(session, …)`` returns the row, or a tuple of it and the values of ``extra``.

    ``success`` and ``result`` name the types; by default ``SegmentSuccess`` and ``SegmentResult`` for a row
    ``segment``.  ``problems`` are the refusals that are answered as members of the result.
    """
    options.setdefault("cost", WRITE_COST)
    return Field("write", call, write=Write(row, success, extra, problems, result), **options)


def write_values(
    call: Callable[..., Any], *, names: tuple[str, ...], success: str, problems: tuple[type, ...] = (), **options: Any
) -> Any:
    """A mutation of what no tenant's row holds, behind ``Doors.control``.  ``call(connection, …)`` returns a tuple of
    plain values, one for each of ``names``.  A repeat under an idempotency key is the function's own affair."""
    result = f"{success.removesuffix('Success')}Result"
    options.setdefault("cost", WRITE_COST)
    return Field("write", call, write=Write("", success, names, problems, result, control=True), **options)


def write_each(call: Callable[..., Any], *, row: str = "", problems: tuple[type, ...] = (), **options: Any) -> Any:
    """A mutation of many items.  ``call(session, …)`` returns a list, in their order, of objects with ``id`` and
    ``problem``: the row it left behind (null where rows have no id), or a refusal.  Answers ``BatchResult``."""
    batch = Write(row, "BatchResult", (), problems, "BatchResult", each=True)
    options.setdefault("cost", WRITE_COST)
    return Field("write", call, write=batch, **options)


class Identity:
    """Annotation of an argument that is a typed id as text, read by the planner."""


def read(made: Field, inject: Mapping[str, Any]) -> Field:
    """``made`` with arguments, type and description taken from its function."""
    if made.call is None:
        return made
    hints = get_type_hints(made.call, localns={"Select": Rows}, include_extras=True)
    parameters = dict(signature(made.call).parameters)
    row = False
    for first in list(parameters)[: {"load": 2, "write": 1}.get(made.how, 1)]:
        if made.how in ("load", "write"):
            del parameters[first]
        elif get_origin(hints.get(first)) is type:
            row = bool(parameters.pop(first))
    taken = {"now", *inject, *(("selected",) if made.how == "load" else ())}
    found = {
        name: _argument(hints.get(name, Any), parameter, made.says.get(name))
        for name, parameter in parameters.items()
        if name not in taken and name not in made.stored
    }
    args = {name: argument for name, argument in found.items() if name not in made.above}
    inherited = {name: found[name] for name in made.above}
    injected = tuple(name for name in parameters if name in taken)
    hint = made.hint or hints.get("return")
    doc = made.doc or getdoc(made.call)
    return replace(made, row=row, args=args, inherited=inherited, injected=injected, hint=hint, doc=doc)


def _argument(hint: Any, parameter: Parameter, said: str | None) -> Argument:
    return Argument(bare(hint), parameter.default, said or said_of(hint))


def bare(hint: Any) -> Any:
    """The hint without ``Annotated``."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def said_of(hint: Any) -> str | None:
    """What metadata of ``Annotated`` says: ``label`` (a text, or words with ``en``) and ``doc``."""
    if get_origin(hint) is not Annotated:
        return None
    for says in get_args(hint)[1:]:
        label, doc = getattr(says, "label", ""), getattr(says, "doc", "")
        label = getattr(label, "en", label)
        if label or doc:
            head = f"{label[:1].upper()}{label[1:]}." if label else ""
            return f"{head} {doc}".strip()
    return None


def without_none(hint: Any) -> tuple[Any, bool]:
    """(the hint without None, whether None was in it)."""
    if get_origin(hint) in (Union, UnionType):
        rest = tuple(a for a in get_args(hint) if a is not NoneType)
        if len(rest) < len(get_args(hint)):
            return Union[rest], True  # noqa: UP007  a union made from a tuple
    return hint, False


def items_of(hint: Any) -> Any | None:
    """The item's hint of a list, tuple of any length or sequence; null when it is none of them."""
    if get_origin(hint) in (list, tuple):
        return get_args(hint)[0]
    return None


def pascal(name: str) -> str:
    """The GraphQL type name of a Python name: ``attribute_definition`` → ``AttributeDefinition``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def camel(name: str) -> str:
    """The GraphQL name of a Python name; a trailing underscore only avoided a keyword."""
    head, *rest = name.rstrip("_").split("_")
    return head + pascal("_".join(rest))
