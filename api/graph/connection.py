"""Relay connections: one page by keyset, forward or backward, with cursors, page info and total in one expression."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import get_named_type
from sqlalchemy import ARRAY, Boolean, DateTime, Integer, Text, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from api.graph import keyset, sql
from api.graph.choice import Either
from api.graph.cursor import BadCursor, seal, unseal
from api.graph.field import Field
from api.graph.planning import Planning
from api.graph.request import Arguments, Env, Getter
from api.graph.selection import Nodes

PAGE, MOST = 50, 250
# Sizes that stand in the statement.  PostgreSQL cannot keep its plan of a LIMIT that is a parameter: it would guess
# a tenth of the rows, and so plans again at each call, which costs as much as reading 50 rows.
USUAL = frozenset((10, 20, 25, 50, 100))
ONE: Any = literal_column("1", Integer())


@dataclass(frozen=True, slots=True)
class Page:
    """One request's page arguments.  ``shape``: backward?, after?, before?, what is wrong, the size if it is usual."""

    size: int
    cursors: dict[str, list[str | None]]
    as_of: str
    shape: tuple[bool, bool, bool, str, int]

    @classmethod
    def read(cls, given: dict[str, Any], keys: int, place: str, secret: bytes) -> "Page":
        """Of ``first``, ``after``, ``last`` and ``before``; ``keys`` is how many values a cursor holds."""
        first, last = given["first"], given["last"]
        wrong = "FIRST_AND_LAST" if first is not None and last is not None else ""
        size = next((n for n in (first, last) if n is not None), PAGE)
        if not 1 <= size <= MOST:
            wrong = wrong or "PAGE_SIZE"
        cursors: dict[str, list[str | None]] = {}
        as_of = ""
        for which in ("after", "before"):
            if given[which] is not None:
                try:
                    cursors[which], as_of = unseal(secret, place, given[which])
                    if len(cursors[which]) != keys:
                        raise BadCursor
                except BadCursor:
                    wrong = wrong or "BAD_CURSOR"
        usual = size if size in USUAL else 0
        return cls(size, cursors, as_of, (last is not None, "after" in cursors, "before" in cursors, wrong, usual))


@dataclass(frozen=True, slots=True)
class Rows:
    """What makes the domain's SELECT: as a page of it is read, and as all of it is counted."""

    page: Callable[[], Any]
    whole: Callable[[], Any]


@dataclass(slots=True)
class Connection:
    """One connection being planned."""

    planner: Planning
    type: Any
    nodes: Nodes
    order: tuple[Any, ...]
    place: Getter  # what a cursor is bound to
    page: Callable[[Env], Page]
    size: Any  # a constant or a parameter
    backward: bool
    after: bool
    before: bool
    outside: tuple[Any, ...]  # page sizes above
    whole: Callable[[], Any] | None  # makes the SELECT to count by, where it is not that of the page
    query: Any = None
    rows: Any = None
    node_type: Any = None
    peek: bool = False

    # ── the page
    def limited(self) -> Any:
        """The domain's SELECT, beyond the cursors, ordered, one page long (a row longer to see whether more follow)."""
        rest = self.query
        turned = tuple(map(keyset.flipped, self.order))
        for given, which, keys in ((self.after, "after", self.order), (self.before, "before", turned)):
            if given:
                rest = rest.where(keyset.beyond(keys, [self._value(which, place) for place in range(len(keys))]))
        named = (keyset.direction(key)[0].label(f"_k{place}") for place, key in enumerate(self.order))
        ordered = rest.add_columns(*named).order_by(None).order_by(*(turned if self.backward else self.order))
        return ordered.limit(self.size + ONE if self.peek else self.size)

    def _value(self, which: str, place: int) -> Any:
        page = self.page
        given = self.planner.bind(lambda env: page(env).cursors[which][place], Text())
        return cast(given, keyset.direction(self.order[place])[0].type)

    def planned(self) -> Any:
        """The connection object."""
        planner = self.planner
        wanted = planner.collect(self.type, self.nodes)
        names = {nodes[0].name.value for nodes in wanted.values()}
        self.peek = "pageInfo" in names
        rows = planner.enter(self.limited())
        if [n[0].name.value for n in wanted.values()] == ["nodes"] and not self.backward:
            ((key, nodes),) = wanted.items()
            return sql.Object({key: planner.gather(rows, self.node_type, nodes, sql.listed)})
        if self.peek or self.backward:
            numbered = func.row_number().over().label("_n")
            rows = planner.enter(select(rows, numbered))
        self.rows = rows
        pairs = {key: self._part(nodes) for key, nodes in wanted.items()}
        if not names & {"nodes", "edges", "pageInfo"}:
            return sql.Object(pairs)
        return planner.fold(pairs, rows, lambda item: item, one_row=True)

    def _part(self, nodes: Nodes) -> Any:
        match nodes[0].name.value:
            case "nodes":
                with self.planner.inside(self.rows):
                    made = self.planner.object(self.node_type, nodes, self.rows.c)
                return self.gathered(made)
            case "edges":
                return self.gathered(self.edge(nodes))
            case "pageInfo":
                return self.info(nodes)
            case "totalCount":
                return self.total()
            case _:
                return sql.text(self.type.name)

    def gathered(self, item: Any) -> Any:
        """The page's items as a JSON array, in order, without the row that only shows there is more."""
        number = self.rows.c.get("_n")
        made = func.json_agg(aggregate_order_by(item, number.desc()) if self.backward else item)
        kept = made.filter(number <= self.size) if self.peek else made
        return func.coalesce(kept, sql.EMPTY_LIST, type_=JSON())

    def edge(self, nodes: Nodes) -> Any:
        """One edge of the current row."""
        planner = self.planner
        type_ = get_named_type(self.type.fields["edges"].type)
        made: dict[str, Any] = {}
        with planner.inside(self.rows):
            for key, inner in planner.collect(type_, nodes).items():
                match inner[0].name.value:
                    case "cursor":
                        made[key] = self.cursor()
                    case "node":
                        made[key] = planner.object(self.node_type, inner, self.rows.c)
                    case _:
                        made[key] = sql.text(type_.name)
        return sql.Object(made)

    def info(self, nodes: Nodes) -> Any:
        """PageInfo.  The other end needs no query: a page reached by a cursor has something on that side."""
        more = func.count() > self.size
        made: list[Any] = []
        for key, inner in self.planner.collect(get_named_type(self.type.fields["pageInfo"].type), nodes).items():
            made.append(sql.text(key))
            match inner[0].name.value:
                case "hasNextPage":
                    made.append(literal(self.before, Boolean()) if self.backward else more)
                case "hasPreviousPage":
                    made.append(more if self.backward else literal(self.after, Boolean()))
                case "startCursor":
                    made.append(self.end(last=False))
                case "endCursor":
                    made.append(self.end(last=True))
                case _:
                    made.append(sql.text("PageInfo"))
        return func.json_build_object(*made, type_=JSON())

    def end(self, *, last: bool) -> Any:
        """Cursor of the page's first or last row."""
        number = self.rows.c.get("_n")
        at = aggregate_order_by(self.cursor(), number.desc() if last != self.backward else number.asc())
        return func.array_agg(at, type_=ARRAY(JSON())).filter(number <= self.size)[ONE]

    def cursor(self) -> Any:
        """The row's order values, sealed by Python: the key never reaches the database."""
        planner, place, as_of = self.planner, self.place, self.planner.as_of

        async def fill(fetch: Any, keys: list[str], env: Env) -> list[Any]:
            return [seal(env.secret, place(env), key, as_of(env)) for key in keys]

        planner.loads.append(fill)
        values = (cast(self.rows.c[f"_k{n}"], Text) for n in range(len(self.order)))
        return sql.slot(len(planner.loads) - 1, func.json_build_array(*values))

    def total(self) -> Any:
        """How many rows the domain's SELECT has, without order and cursor."""
        planner = self.planner
        planner.costs[self.outside] = planner.costs.get(self.outside, 0) + 1
        query = self.whole() if self.whole else self.query
        every = planner.enter(query.order_by(None))
        return select(func.count()).select_from(every).correlate(*planner.rows).scalar_subquery()


def pages(
    planner: Planning, field: Field, arguments: Arguments, type_: Any, nodes: Nodes, place: str, rows: Rows
) -> Any:
    """The connection of a field whose SELECT ``rows`` makes."""
    order = field.by
    if isinstance(order, type):
        getter, constant = arguments.find("order_by", planner.env)
        sort = getter(planner.env) if constant else planner.look(getter)
        order, place = sort.value, f"{place}({sort.name})"
        scope = field.by_requires.get(sort.name)
        if scope and not planner.look(lambda env: scope in env.scopes):
            return sql.mark("FORBIDDEN")
    found = {name: arguments.find(name, planner.env) for name in ("first", "after", "last", "before")}
    read = {name: getter for name, (getter, _) in found.items()}
    slot, keys, bound = planner.slot("page"), len(order), _bound(place, planner.past)

    def page(env: Env) -> Page:
        made = env.once(slot, lambda: Page.read({n: g(env) for n, g in read.items()}, keys, bound(env), env.secret))
        assert isinstance(made, Page)
        return made

    backward, after, before, wrong, usual = planner.look(lambda env: page(env).shape)
    if wrong:
        return sql.mark(wrong)
    written = page(planner.env).size if found["first"][1] and found["last"][1] else usual
    size = literal_column(str(written), Integer()) if written else planner.bind(lambda env: page(env).size, Integer())
    chosen = any(isinstance(planner.views.inject.get(name), Either) for name in field.injected)
    whole = rows.whole if chosen else None
    outside = planner.factors
    one = Connection(planner, type_, nodes, tuple(order), bound, page, size, backward, after, before, outside, whole)
    one.node_type = get_named_type(type_.fields["nodes"].type)
    return _below(planner, one, rows.page)


def _bound(place: str, past: Getter | None) -> Getter:
    """What a cursor is bound to: the tenant, the place, and the instant that is asked about."""
    if past is None:
        return lambda env: f"{env.place}:{place}"
    return lambda env: f"{env.place}:{place}@{past(env).isoformat()}"


def _below(planner: Planning, one: Connection, make: Callable[[], Any]) -> Any:
    """Plan the page.  Later pages read at the first page's instant, with all that hangs below."""
    now, as_of, factors, page = planner.now, planner.as_of, planner.factors, one.page
    if one.after or one.before:
        planner.as_of = lambda env: page(env).as_of
        planner.now = planner.bind(lambda env: datetime.fromisoformat(page(env).as_of), DateTime(timezone=True))
    try:
        one.query = make()
        planner.factors = (*factors, lambda env: page(env).size)
        return one.planned()
    finally:
        planner.now, planner.as_of, planner.factors = now, as_of, factors
