"""From views to a Strawberry schema: types, arguments, enums, inputs, unions.

Every annotation is spelled as text and resolved by Strawberry when all names are known, so views may be
declared in any order and refer to each other in circles.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum, EnumMeta
from types import NoneType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema, is_specified_scalar_type
from sqlalchemy import ColumnElement
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from api.graph.directives import directives_of
from api.graph.field import (
    AS_OF,
    CONNECTION_ARGUMENTS,
    FIELD,
    NO_DEFAULT,
    Argument,
    Field,
    Identity,
    Rows,
    bare,
    camel,
    items_of,
    without_none,
)
from api.graph.scalars import Json
from api.graph.view import Input, View, Views


def build(views: Views) -> strawberry.Schema:
    """The schema of all declared views.  Raises what Strawberry or GraphQL find wrong with them."""
    made = _Build(views)
    made.add_roots()
    for given in list(views.inputs.values()):
        made.input_type(given)
    made.add_types()
    schema = made.schema()
    _tell_one_of(core(schema))
    return schema


def core(schema: strawberry.Schema) -> GraphQLSchema:
    """graphql-core's schema inside Strawberry's."""
    return schema._schema


def _tell_one_of(schema: GraphQLSchema) -> None:
    """Strawberry checks @oneOf by a rule of its own, when it executes; graphql-core's validation must know of it."""
    for type_ in schema.type_map.values():
        definition = type_.extensions.get("strawberry-definition")
        if isinstance(type_, GraphQLInputObjectType) and definition is not None:
            type_.is_one_of = definition.is_one_of


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Types, fields, arguments, input fields and enum values without a description, by their coordinates."""
    out: list[str] = []
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        members: dict[str, Any] = {name: type_}
        for key, member in (getattr(type_, "fields", None) or getattr(type_, "values", None) or {}).items():
            members[f"{name}.{key}"] = member
            members |= {f"{name}.{key}({a}:)": argument for a, argument in getattr(member, "args", {}).items()}
        out += [coordinate for coordinate, member in members.items() if not member.description]
    return out


class _Build:
    def __init__(self, views: Views) -> None:
        self.views = views
        self.names: dict[str, Any] = {"ID": strawberry.ID, "NoneType": NoneType}
        self.spelled: set[str] = set()
        for of, scalar in views.scalars.items():
            self.names[scalar.name] = of
            self.names.setdefault(of.__name__, of)
        for of in views.enums:
            self.enum_type(of)

    def add_roots(self) -> None:
        """Query and Mutation are views without a class; ``node`` and ``nodes`` come by themselves."""
        views = self.views
        if views.prefix:
            one, many = Argument(Identity, doc="A typed id."), Argument(list[Identity], doc="Typed ids; at most 250.")
            views.roots["Query"] |= {
                "node": Field("node", args={"id": one}, hint="Node | None", doc="Anything by its id, or null."),
                "nodes": Field(
                    "nodes", args={"ids": many}, hint="list[Node | None]", doc="Many by their ids, null where none is."
                ),
            }
        for name, doc in (("Query", "What can be asked."), ("Mutation", "What can be changed.")):
            if views.roots[name]:
                views.views[name] = View(name, views.roots[name], doc)

    def add_types(self) -> None:
        """All views, interfaces first as they are base classes; spelling a type may declare more of them."""
        done: set[str] = set()
        while waiting := [v for v in self.views.views.values() if v.name not in done]:
            for view in sorted(waiting, key=lambda v: not v.abstract):
                done.add(view.name)
                self.add_type(view)
        for name, members in self.views.unions.items():
            union = strawberry.union(name, description=f"{members[0]}, or why it was refused.")
            self.names[name] = Annotated[Union[tuple(self.names[m] for m in members)], union]  # noqa: UP007

    def schema(self) -> strawberry.Schema:
        """Strawberry's schema of what was built."""
        custom = {
            of: strawberry.scalar(name=s.name, description=s.doc, serialize=s.write, parse_value=s.parse)
            for of, s in self.views.scalars.items()
            if not s.builtin
        }
        types = [self.names[v.name] for v in self.views.views.values() if v.interfaces]
        config = StrawberryConfig(scalar_map=custom)
        return strawberry.Schema(self.names["Query"], self.names.get("Mutation"), types=types, config=config)

    # ── types
    def add_type(self, view: View) -> None:
        """A Strawberry type or interface.  Dataclasses assigns ``Field.type``, which forgets the namespace."""
        bases = tuple(self.names[name] for name in view.interfaces)
        attributes = {name: self.field(field, name) for name, field in view.fields.items()}
        cls = type(view.name, bases, {"__annotations__": dict.fromkeys(attributes, Any), **attributes})
        make = strawberry.interface if view.abstract else strawberry.type
        out: Any = make(cls, name=view.name, description=view.doc)
        for made in out.__strawberry_definition__.fields:
            if made.name in view.fields:
                made.type_annotation = self.note(self.output(view.fields[made.name]))
        self.names[view.name] = out

    def field(self, field: Field, name: str) -> StrawberryField:
        """One output field with its arguments and directives."""
        made = StrawberryField(
            python_name=name,
            graphql_name=camel(name),
            type_annotation=self.note(self.output(field)),
            description=field.doc,
            deprecation_reason=field.deprecated,
            metadata={FIELD: field},
            base_resolver=None,
            directives=directives_of(field),
        )
        known = dict(field.args)
        if field.how == "pages":
            known |= CONNECTION_ARGUMENTS
            if isinstance(field.by, EnumMeta):
                known["order_by"] = Argument(field.by, next(iter(field.by)), "The order of the rows.")
        if field.past:
            known["as_of"] = AS_OF
        made.arguments = [self.argument(n, a) for n, a in known.items()]
        return made

    def argument(self, name: str, given: Argument) -> StrawberryArgument:
        """``= null`` says nothing and costs a look-up, so a default of None is left out."""
        default = strawberry.UNSET if given.default is None or given.default is NO_DEFAULT else given.default
        doc = given.doc or self.views.says.get(name)
        note = self.note(self.spell(given.hint))
        return StrawberryArgument(name, camel(name), note, description=doc, default=default)

    def enum_type(self, of: type[Enum]) -> str:
        """Register a Python enum under its own name."""
        if of.__name__ not in self.names:
            says = self.views.enums.get(of, {})
            made = strawberry.enum(of, description=of.__doc__)
            for value in made.__strawberry_definition__.values:  # type: ignore[attr-defined]
                value.description = says.get(value.name) or value.name.replace("_", " ").capitalize() + "."
            self.names[of.__name__] = made
        return of.__name__

    def input_type(self, given: Input) -> str:
        """Register an input type; a nullable field may be left out."""
        if given.name in self.spelled:
            return given.name
        self.spelled.add(given.name)  # before it is built: inputs may be recursive
        silent = given.one_of or bool(getattr(given.of, "partial", False))
        attributes = {
            name: StrawberryField(
                python_name=name,
                graphql_name=camel(name),
                type_annotation=self.note(self.spell(argument.hint)),
                description=argument.doc or self.views.says.get(name),
                default=_default(argument, silent),
            )
            for name, argument in given.fields.items()
        }
        cls = type(given.name, (), {"__annotations__": dict.fromkeys(attributes, Any), **attributes})
        made: Any = strawberry.input(cls, name=given.name, description=given.doc, one_of=given.one_of)
        for field in made.__strawberry_definition__.fields:
            field.type_annotation = self.note(self.spell(given.fields[field.python_name].hint))
        self.names[given.name] = made
        return given.name

    # ── spelling
    def note(self, spelled: str) -> StrawberryAnnotation:
        return StrawberryAnnotation(spelled, namespace=self.names)

    def output(self, field: Field) -> str:
        """The type of an output field, as text."""
        hint = field.hint
        if field.how == "write":
            assert field.write
            return field.write.names[2]
        if isinstance(hint, str):
            return hint
        if field.how == "load":
            hint = items_of(hint) or hint
        if get_origin(hint) is ColumnElement:
            (hint,) = get_args(hint)
        if get_origin(hint) is Rows:
            name = self.views.of_class[get_args(hint)[0]]
            if field.how == "pages":
                self.connection(name)
            one = "{}" if field.proven else "{} | None"
            return {"one": one, "many": "list[{}]", "pages": "{}Connection"}[field.how].format(name)
        return self.spell(hint, out=True)

    def spell(self, hint: Any, *, out: bool = False) -> str:
        """A hint as text; registers enums, inputs and dataclasses on the way."""
        if isinstance(hint, str):
            return hint
        rest, nullable = without_none(bare(hint))
        if rest in self.views.inputs and not out:
            made = self.input_type(self.views.inputs[rest])
        elif (item := items_of(rest)) is not None:
            made = f"list[{self.spell(item, out=out)}]"
        elif rest in (Identity, UUID):
            made = "ID"
        elif rest is Any or get_origin(rest) is dict or rest is Json:
            made = "JSON"
        elif rest in self.views.scalars:
            made = self.views.scalars[rest].name
        elif rest in self.views.of_class and out:
            made = self.views.of_class[rest]
        elif isinstance(rest, type) and issubclass(rest, Enum):
            made = self.enum_type(rest)
        elif is_dataclass(rest) and isinstance(rest, type):
            made = self.views.shown(rest) if out else self._derived(rest)
        else:
            raise TypeError(f"no GraphQL type for {hint!r}")
        return f"{made} | None" if nullable else made

    def _derived(self, of: type) -> str:
        self.views.input(of)
        return self.input_type(self.views.inputs[of])

    def connection(self, name: str) -> None:
        """The Relay types around a row type."""
        connection = f"{name}Connection"
        if connection in self.views.views:
            return
        parts: Mapping[str, tuple[str, str]] = {
            "nodes": (f"list[{name}]", "The rows of the page."),
            "edges": (f"list[{name}Edge]", "The rows of the page, each with its cursor."),
            "page_info": ("PageInfo", "Where the page lies."),
            "total_count": ("int", "How many rows there are on all pages; counted only when selected."),
        }
        edge = {"cursor": ("str", "Where the row lies in this order."), "node": (name, "The row.")}
        for type_name, fields, doc in ((connection, parts, f"A page of {name} rows."), (f"{name}Edge", edge, "A row.")):
            # What these hold is charged; a total is one more statement's worth.
            made = {n: Field("part", hint=h, doc=d, cost=int(n == "total_count")) for n, (h, d) in fields.items()}
            self.views.views[type_name] = View(type_name, made, doc)


def _default(given: Argument, silent: bool) -> Any:
    if silent or given.default is None or (given.default is NO_DEFAULT and without_none(given.hint)[1]):
        return strawberry.UNSET
    return strawberry.UNSET if given.default is NO_DEFAULT else given.default
