"""The views of one schema: which GraphQL type shows which domain class, and what the compiler is given.

    view = Views(inject={"clock": clock_of}, refused=Refused, problem=Problem)

    @view(domain.Segment, "seg")        # "seg" gives the field id, and makes it a Node
    class Segment:
        name: Same
        members = pages(domain.members, by=domain.MemberOrder)

Nothing is public unless named.  ``schema()`` builds the Strawberry schema when all views are declared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from dataclasses import field as attribute
from enum import Enum
from inspect import get_annotations
from typing import Any, get_args, get_origin, get_type_hints

from sqlalchemy import BigInteger, Select, inspect

from api.graph.field import (
    Argument,
    Field,
    Identity,
    Same,
    bare,
    read,
    said_of,
)
from api.graph.plain import arguments_of, doc_of, fields_of, problem_fields
from api.graph.scalars import SCALARS, BigInt, Json, Scalar


@dataclass(frozen=True, slots=True)
class Held:
    """An injected value read from what the product keeps of the tenant (``env.stored``)."""

    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class View:
    """One output type: its fields by Python name."""

    name: str
    fields: dict[str, Field]
    doc: str | None = None
    interfaces: tuple[str, ...] = ()
    abstract: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One input type, made of a frozen dataclass, or of fields that ``convert(given, env)`` makes a domain value of."""

    name: str
    of: Any
    fields: dict[str, Argument]
    doc: str | None = None
    one_of: bool = False
    convert: Callable[[Any, Any], Any] | None = None
    ids: Mapping[str, str] = attribute(default_factory=dict)


class Views:
    """What a schema shows.

    ``inject``: parameter name → ``make(planner) -> value`` or ``Held``.  ``refused``: exception class with a
    ``problem``.  ``problem``: base class of problems, the interface Problem.  ``stored_version``: SELECT of the
    version of what the product keeps of a tenant.  ``says``: descriptions of common arguments.  ``past(expression,
    at)``: an expression whose tables are those of an instant; ``hiding(text, at)``: what does so before a statement.
    """

    def __init__(
        self,
        *,
        scalars: Mapping[Any, Scalar] = SCALARS,
        inject: Mapping[str, Any] | None = None,
        refused: Any = (),
        problem: type | None = None,
        stored_version: Select[Any] | None = None,
        says: Mapping[str, str] | None = None,
        past: Callable[[Any, Any], Any] | None = None,
        hiding: Callable[[str, str], str] | None = None,
    ) -> None:
        self.scalars, self.inject, self.refused = scalars, dict(inject or {}), refused
        self.stored_version, self.says = stored_version, dict(says or {})
        self.past, self.hiding = past, hiding
        self.views: dict[str, View] = {}
        self.of_class: dict[Any, str] = {}  # domain class -> GraphQL name
        self.model: dict[str, Any] = {}  # GraphQL name -> mapped class
        self.prefix: dict[str, str] = {}  # GraphQL name -> id prefix
        self.by_id: dict[str, Callable[[Any], Select[Any]]] = {}
        self.kind_of_prefix: dict[str, str] = {}
        self.inputs: dict[Any, Input] = {}
        self.enums: dict[type[Enum], Mapping[str, str]] = {}
        self.unions: dict[str, list[str]] = {}
        self.problem_base = problem
        self.textual = frozenset(s.name for s in scalars.values() if s.textual)
        self.roots: dict[str, dict[str, Field]] = {"Query": {}, "Mutation": {}}
        self.views["Node"] = View(
            "Node", {"id": Field("id", hint=Identity, proven=True, doc="Globally unique.")}, NODE, abstract=True
        )
        self.views["PageInfo"] = View("PageInfo", dict(PAGE_INFO), "Where a page lies in its connection.")
        if problem:
            self.of_class[problem] = "Problem"
            self.views["Problem"] = View("Problem", problem_fields(problem), doc_of(problem), abstract=True)

    def hidden(self, text: str, values: Sequence[Any], at: Any) -> tuple[str, Sequence[Any]]:
        """A statement and its parameters, its tables those of an instant."""
        assert self.hiding, "Views(hiding=…) says how tables looked"
        tables = self.hiding(text, f"${len(values) + 1}")
        return (f"{tables}SELECT _was.* FROM ({text}) AS _was", [*values, at]) if tables else (text, values)

    # ── declarations
    def __call__(
        self,
        model: Any = None,
        prefix: str | None = None,
        *,
        requires: str | None = None,
        by_id: Callable[[Any], Select[Any]] | None = None,
    ) -> Any:
        """Declare a view of a mapped class, of a dataclass, or (without one) of whatever a SELECT yields.

        ``by_id(id)`` is the SELECT of the row with an id, where that is not simply the row of that key.
        """

        def declare(cls: type) -> type:
            made: dict[str, Field] = {}
            if prefix:
                made["id"] = Field("id", hint=Identity, proven=True, requires=requires, doc="Globally unique.")
            made |= self._fields(cls, model, requires)
            name = cls.__name__
            doc = cls.__doc__ or (doc_of(model) if model else None)
            self.views[name] = View(name, made, doc, ("Node",) if prefix else ())
            self.of_class[cls] = name
            if model:
                self.of_class[model], self.model[name] = name, model
            if by_id:
                self.by_id[name] = by_id
            if prefix:
                self.prefix[name], self.kind_of_prefix[prefix] = prefix, name
            return cls

        return declare

    def scalar(self, hint: Any) -> Scalar:
        """How values of a Python type are written; a dict is any JSON."""
        return self.scalars[Json if hint is Any or get_origin(hint) is dict else hint]

    def query(self, cls: type) -> type:
        """Add the class's fields to Query."""
        self.roots["Query"] |= self._fields(cls, None, None)
        return cls

    def mutation(self, cls: type) -> type:
        """Add the class's fields to Mutation."""
        made = self._fields(cls, None, None)
        for field in made.values():
            self._success(field)
        self.roots["Mutation"] |= made
        return cls

    def enum(self, of: type[Enum], **says: str) -> None:
        """Describe an enum's values; one that is not named here is described by its own name."""
        self.enums[of] = says

    def input(
        self,
        of: Any,
        name: str | None = None,
        *,
        convert: Callable[[Any, Any], Any] | None = None,
        fields: Mapping[str, Argument] | None = None,
        one_of: bool = False,
        doc: str | None = None,
        ids: Mapping[str, str] | None = None,
    ) -> None:
        """Declare an input: of a frozen dataclass (fields, defaults, ``Annotated`` metadata are read from it), or
        of any domain value that ``convert(given, env)`` makes from ``fields``; ``given`` has Python names."""
        known = dict(fields) if fields is not None else arguments_of(of)
        called = name or (of.__name__ if of.__name__.endswith("Input") else f"{of.__name__}Input")
        one = one_of or bool(getattr(of, "one_of", False))
        self.inputs[of] = Input(called, of, known, doc or doc_of(of), one, convert, dict(ids or {}))

    def union(self, name: str, *of: type) -> None:
        """Declare a union of dataclasses: what a loaded field answers with, and why it may be refused."""
        self.unions[name] = [self.shown(each) for each in of]

    def shown(self, of: type) -> str:
        """The name of a dataclass's view; derived from its fields when not declared."""
        if of not in self.of_class:
            self.of_class[of] = of.__name__
            problem = self.problem_base is not None and issubclass(of, self.problem_base)
            base = dict(self.views["Problem"].fields) if problem else {}
            made = base | fields_of(of)
            self.views[of.__name__] = View(of.__name__, made, doc_of(of), ("Problem",) if problem else ())
        return self.of_class[of]

    # ── reading the declarations
    def _fields(self, cls: type, model: Any, requires: str | None) -> dict[str, Field]:
        notes = get_annotations(cls)
        declared = [*notes, *(n for n, v in cls.__dict__.items() if isinstance(v, Field) and n not in notes)]
        made = {}
        for name in declared:
            given, note = cls.__dict__.get(name), notes.get(name)
            field = given if isinstance(given, Field) else Field("column")
            if field.how == "column" and note in (Same, "Same"):
                field = _same(field, model, name)
            elif note not in (None, Same, "Same"):
                known = (
                    field.how == "column"
                    and not (model is None or is_dataclass(model))
                    and name in inspect(model).columns
                )
                hint, known_as = _evaluated(note, cls), _same(field, model, name) if known else field
                field = replace(known_as, hint=bare(hint), doc=known_as.doc or said_of(hint))
            field = read(field, self.inject)
            made[name] = replace(field, requires=requires) if requires and not field.requires else field
        return made

    def _success(self, field: Field) -> None:
        """The success type and the members of the result of a mutation."""
        assert field.write
        row, written = field.write.row, field.write
        _, success, result = written.names
        if written.each:
            self.views |= {view.name: view for view in BATCH}
            for problem in written.problems:
                self.shown(problem)
            return
        hints = get_args(field.hint) if get_origin(field.hint) is tuple else (field.hint,)
        shown = {row: Field("part", hint=hints[0], proven=True, doc="The row as it now is.", cost=0)} if row else {}
        for name, hint in zip(written.extra, hints[len(shown) :], strict=True):
            shown[name] = Field("part", hint=bare(hint), doc=said_of(hint) or self.says.get(name), cost=0)
        self.views[success] = View(success, shown, "It is done.")
        members = self.unions.setdefault(result, [])
        names = [success, *(self.shown(p) for p in written.problems)]
        members += [n for n in names if n not in members]


NODE = "Anything with an id of its own."
PAGE_INFO = {
    "has_next_page": Field("part", hint=bool, doc="Whether rows follow.", cost=0),
    "has_previous_page": Field("part", hint=bool, doc="Whether rows precede.", cost=0),
    "start_cursor": Field("part", hint=str | None, doc="Cursor of the first row.", cost=0),
    "end_cursor": Field("part", hint=str | None, doc="Cursor of the last row.", cost=0),
}
# What a mutation of many items answers.
BATCH = (
    View(
        "BatchResult",
        {"items": Field("part", hint="list[BatchItem]", doc="One for each item of the list, in its order.", cost=0)},
        "What became of each item of a list: each succeeds or fails by itself.",
    ),
    View(
        "BatchItem",
        {
            "index": Field("part", hint=int, doc="Its place in the list, from 0.", cost=0),
            "node": Field(
                "part", hint="Node | None", doc="What is stored of it; null if refused, or without an id.", cost=0
            ),
            "problem": Field(
                "part", hint="Problem | None", doc="Why it was refused; nothing of it was stored.", cost=0
            ),
        },
        "What became of one item.",
    ),
)


def _same(field: Field, model: Any, name: str) -> Field:
    if is_dataclass(model):
        hint = get_type_hints(model, include_extras=True)[name]
        return replace(field, hint=bare(hint), doc=field.doc or said_of(hint))
    column = inspect(model).columns.get(name)
    if column is None:
        raise TypeError(f"{model.__name__} has no column {name!r}")
    hint = get_args(get_type_hints(model)[name])[0]
    if isinstance(column.type, BigInteger):  # Int has 32 bits
        hint = {int: BigInt, int | None: BigInt | None}.get(hint, hint)
    return replace(field, hint=hint, doc=field.doc or column.doc, proven=not column.nullable)


def _evaluated(note: Any, cls: type) -> Any:
    """An annotation as the class's module means it; a text that it cannot resolve yet names GraphQL types."""
    if not isinstance(note, str):
        return note
    of: Any = type("_", (), {"__annotations__": {"note": note}, "__module__": cls.__module__})
    try:
        return get_type_hints(of, include_extras=True)["note"]
    except NameError:
        return note
