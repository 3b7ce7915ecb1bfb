"""An operation as one SQL statement: each selected field by how it was declared."""

from collections.abc import Callable
from typing import Any

import orjson
from graphql import GraphQLObjectType, get_named_type, is_abstract_type, is_list_type, is_non_null_type
from sqlalchemy import Integer, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import JSON

from api.graph import abstract, batch, load, past, sql, stored
from api.graph.call import RefusedHere, Stored, call
from api.graph.choice import Undecided
from api.graph.connection import Rows, pages
from api.graph.field import FIELD, Field
from api.graph.introspect import INTROSPECTION, introspection
from api.graph.planning import Plan, Planning, whole
from api.graph.project import project
from api.graph.request import NOBODY, Arguments, Env, Getter, parse_id
from api.graph.selection import Nodes


class Planner(Planning):
    """Plans one operation, or the payload of one mutation field."""

    introspects = False

    # ── the whole
    def plan(self, root: GraphQLObjectType, operations: list[Any]) -> Plan:
        """The plan of a query's root fields."""
        wanted = self.collect(root, operations)
        return self.finish({key: self._root(root, nodes) for key, nodes in wanted.items()})

    def _root(self, root: GraphQLObjectType, nodes: Nodes) -> Any:
        name = nodes[0].name.value
        if name == "__typename":
            return _constant(f'"{root.name}"'.encode())
        if name in INTROSPECTION:
            self.introspects = True
            self.charge(INTROSPECTION[name])
            return introspection(self.selections, self.env.definitions, nodes)
        return self.field(root, nodes, None)

    def payload(self, success: GraphQLObjectType, field: Field, nodes: Nodes) -> Plan:
        """What a mutation answers: the row it left behind, read after commit, and what else the function returned."""
        assert field.write
        made: dict[str, Any] = {}
        for key, inner in self.collect(success, nodes).items():
            name = inner[0].name.value
            if name == "__typename":
                made[key] = _constant(f'"{success.name}"'.encode())
                continue
            gfield = success.fields[name]
            python = gfield.extensions["strawberry-definition"].python_name
            if field.write.each:
                made[key] = batch.items(self, field.write.names[0], gfield, inner)
            elif python == field.write.row:
                row = self.by_id(get_named_type(gfield.type), inner, lambda env: env.written)
                made[key] = sql.never_null(row, "GONE")
            else:
                made[key] = _extra(project(self, gfield.type, inner), python)
        return self.finish(made)

    def finish(self, fields: dict[str, Any]) -> Plan:
        """The statement: each root field is a column of one row, so Python joins bytes.

        Undecided when something has to be chosen first.
        """
        if self.undecided:
            raise Undecided(self.undecided)
        columns: list[Any] = []
        keys: list[tuple[bytes, int | Getter]] = []
        for key, made in fields.items():
            start = f'{"," if keys else "{"}"{key}":'.encode()
            if callable(made) and not hasattr(made, "compile"):
                keys.append((start, made))
                continue
            keys.append((start, len(columns)))
            item = made if isinstance(made.type, JSON) else func.to_json(made)
            columns.append(item.label(f"c{len(columns)}"))
        version = None
        if self.env.used_stored:
            assert self.views.stored_version is not None, "Views(stored_version=…) says how to read it"
            version = len(columns)
            columns.append(self.views.stored_version.scalar_subquery().cast(Integer).label("v"))
        text, getters = self.statement(select(*columns)) if columns else ("", ())
        costs = [(weight, factors) for factors, weight in self.costs.items()]
        return Plan(
            text,
            getters,
            tuple(keys),
            self.loads,
            self.refusals,
            costs,
            self.selections,
            marked=sql.MARK in text,
            version=version,
            compiled=not self.introspects,
            settings=self.settings,
        )

    def statement(self, query: Any) -> tuple[str, tuple[Getter, ...]]:
        """The text of a SELECT over what was entered, and the getters of its parameters."""
        text, binds = sql.compiled(query, self.entered)
        getters: list[Getter] = []
        for bound in binds:
            value, driver = bound.effective_value, sql.driver_value(bound)
            getter = self.getters.get(bound.key)
            if getter is None:
                getters.append(_constant(driver(value) if driver else value))
            else:
                getters.append(_driven(getter, driver) if driver else getter)
        return text, tuple(getters)

    # ── objects and fields
    def object(self, type_: Any, nodes: Nodes, row: Any) -> sql.Object:
        """The selection as a JSON object of ``row``."""
        return sql.Object({key: self.field(type_, inner, row) for key, inner in self.collect(type_, nodes).items()})

    def field(self, parent: GraphQLObjectType, nodes: Nodes, row: Any) -> Any:
        """One field of a row (or of the root, without one), as a JSON-ready expression."""
        name = nodes[0].name.value
        if name == "__typename":
            return sql.text(parent.name)
        gfield = parent.fields[name]
        backing = gfield.extensions["strawberry-definition"]
        declared: Field = backing.metadata[FIELD]
        self.charge(declared.cost)
        if declared.requires and not self.look(_holds(declared.requires)):
            return sql.mark("FORBIDDEN")
        masked = declared.unmasked and not self.look(_holds(declared.unmasked))
        instead = declared.instead if masked else None
        arguments = Arguments(gfield, nodes[0], self.slot("args"))
        one = _One(self, parent, declared, gfield, backing.python_name, nodes, row, arguments)
        try:
            made = past.as_of(self, arguments, one.planned) if declared.past else one.planned(instead)
        except RefusedHere as refused:
            return refused.mark
        may_be_null = bool(declared.stored) or (declared.how in ("value", "one", "column") and not declared.proven)
        return sql.never_null(made) if may_be_null and is_non_null_type(gfield.type) else made

    def gather(self, rows: Any, type_: Any, nodes: Nodes, fold: Callable[[Any], Any]) -> Any:
        """The rows as objects; of an abstract type, each by what its columns ``kind`` and ``id`` name."""
        if not is_abstract_type(type_):
            return super().gather(rows, type_, nodes, fold)
        kinds = [t.name for t in self.schema.get_possible_types(type_) if t.name in self.views.prefix]
        with self.inside(rows):
            item = abstract.by_kind(self, kinds, nodes, rows.c)
        return select(fold(item)).select_from(rows).correlate(*self.rows).scalar_subquery()

    def by_id(self, type_: Any, nodes: Nodes, key: Getter) -> Any:
        """The row of a type with the id that ``key`` reads from the request, as an object or null."""
        found, known = self.select_by_id(type_.name, self.bind(key, Uuid()))
        return self.one(found, type_, nodes, key if known else None)

    def by_key(self, type_: Any, nodes: Nodes, key: Getter, ids: Callable[[Any], Any]) -> Any:
        """The row of a type with a key; ``ids`` are those of rows of which something is stored."""
        model = self.views.model[type_.name]
        found = select(model).where(model.key == self.bind(key, Text()))
        return self.one(found, type_, nodes, lambda env: ids(env.stored).get(key(env), NOBODY))

    def select_by_id(self, name: str, key: Any) -> tuple[Any, bool]:
        """(SELECT of the row that an id names, whether it is simply the row of that key)."""
        if name in self.views.by_id:
            return self.views.by_id[name](key), False
        model = self.views.model[name]
        return select(model).where(model.id == key), True

    def one(
        self, query: Any, type_: Any, nodes: Nodes, known: Getter | None = None, above: Arguments | None = None
    ) -> Any:
        """At most one row as an object; ``known`` reads its id from the request; ``above``: the field's arguments."""
        rows = self.enter(query)
        if known:
            self.known[id(rows.c)] = known
        if above:
            self.above[id(rows.c)] = above
        return self.gather(rows, type_, nodes, whole)


class _One:
    """One field being planned."""

    __slots__ = ("arguments", "declared", "gfield", "name", "nodes", "parent", "planner", "row", "type")

    def __init__(
        self,
        planner: Planner,
        parent: Any,
        declared: Field,
        gfield: Any,
        name: str,
        nodes: Nodes,
        row: Any,
        arguments: Arguments,
    ) -> None:
        self.planner, self.parent, self.declared, self.gfield, self.name = planner, parent, declared, gfield, name
        self.nodes, self.row, self.arguments = nodes, row, arguments
        self.type = get_named_type(gfield.type)

    def planned(self, instead: Callable[..., Any] | None = None) -> Any:
        """The field's expression."""
        return stored.branches(self, self.compute) if self.declared.stored else self.compute(None, instead)

    def compute(self, extra: Stored | None, instead: Callable[..., Any] | None = None) -> Any:
        """The field's expression; ``extra`` is the stored parameter."""
        planner = self.planner
        match self.declared.how:
            case "column" | "part":
                return self.leaf(instead(self.row) if instead else getattr(self.row, self.name))
            case "id":
                return sql.typed_id(planner.views.prefix[self.parent.name], self.row.id)
            case "value":
                return self.leaf(instead(self.row) if instead else self.call(extra))
            case "one":
                return planner.one(self.call(extra), self.type, self.nodes, above=self.arguments)
            case "many":
                return planner.gather(planner.enter(self.call(extra)), self.type, self.nodes, sql.listed)
            case "pages":
                place = f"{self.parent.name}.{self.nodes[0].name.value}"
                return pages(planner, self.declared, self.arguments, self.type, self.nodes, place, self.made(extra))
            case "load":
                return load.load(planner, self.declared, self.gfield, self.arguments, self.nodes, self.row)
            case "find":
                return self.find()
            case "node":
                return abstract.node(planner, self.arguments, self.nodes)
            case "nodes":
                return abstract.nodes(planner, self.arguments, self.nodes)
        raise TypeError(f"a {self.declared.how} is not planned")

    def call(self, extra: Stored | None, *, usual: bool = False) -> Any:
        """The domain's SQL."""
        return call(self.planner, self.declared, self.arguments, self.row, extra, usual=usual)

    def made(self, extra: Stored | None) -> Rows:
        """The domain's SQL of a connection: for a page, and to count all rows."""
        return Rows(lambda: self.call(extra, usual=True), lambda: self.call(extra))

    def leaf(self, expression: Any) -> Any:
        """By the declared scalar, not by ``expression.type``: ``func.round(...)`` has no type of its own."""
        if self.type.name not in self.planner.views.textual:
            return expression
        type_ = self.gfield.type.of_type if is_non_null_type(self.gfield.type) else self.gfield.type
        return sql.textual(expression, many=is_list_type(type_))

    def find(self) -> Any:
        """The row of this type with the id given, or with the key."""
        planner, prefix = self.planner, self.planner.views.prefix[self.type.name]
        getter, _ = self.arguments.find("id", planner.env)
        if self.declared.keys is not None:
            key, _ = self.arguments.find("key", planner.env)
            by_id, by_key = (planner.look(_given(each)) for each in (getter, key))
            if by_id is by_key:
                return sql.mark("ID_OR_KEY")
            if by_key:
                return planner.by_key(self.type, self.nodes, key, self.declared.keys)
        return planner.by_id(self.type, self.nodes, lambda env: parse_id(getter(env), prefix))


def _given(getter: Getter) -> Getter:
    return lambda env: getter(env) is not None


def _holds(scope: str) -> Getter:
    return lambda env: scope in env.scopes


def _constant(value: Any) -> Getter:
    return lambda env: value


def _driven(getter: Getter, driver: Callable[[Any], Any]) -> Getter:
    return lambda env: driver(getter(env))


def _extra(write: Callable[[Any, Env], Any], name: str) -> Getter:
    return lambda env: orjson.dumps(write(env.extra[name], env))
