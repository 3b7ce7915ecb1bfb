"""The state of one planning: what was looked at, bound, entered and charged.

The planner may *look* at a value of the request (a directive's variable, a scope, an enum, the shape of a
rule).  Whatever it looked at, and nothing else, decides whether a plan fits the next request: the cache key
cannot forget anything.
"""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import DateTime, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.types import TypeEngine

from api.graph import sql
from api.graph.field import Field
from api.graph.request import Arguments, Env, Getter
from api.graph.selection import Nodes, Selections
from api.graph.view import Views


@dataclass(slots=True)
class Plan:
    """A statement and how to run it.  ``keys``: response key → a column, or a getter of bytes."""

    text: str
    getters: tuple[Getter, ...]
    keys: tuple[tuple[bytes, int | Getter], ...]
    loads: list["Load"]
    refusals: list[Getter]
    costs: list[tuple[int, tuple[Getter, ...]]]
    selections: Selections
    marked: bool  # whether the answer can hold a mark
    version: int | None  # the column with the version of the stored value, if it was used
    compiled: bool  # false when graphql-core answers a part: introspection
    settings: str = ""  # what is set for the transaction before it

    def cost(self, env: Env) -> int:
        """Points: each field's weight times the page sizes above it."""
        total = 0
        for weight, factors in self.costs:
            for factor in factors:
                weight *= factor(env)
            total += weight
        return total


class Load(Protocol):
    """Fills a slot of the answer: keys as text → JSON-ready values, in the same order."""

    async def __call__(self, fetch: Any, keys: list[str], env: Env) -> list[Any]:
        """``fetch(select)`` runs a statement in the same snapshot."""


class Planning:
    """What all parts of the planner share.  ``object`` is the planner's own."""

    def __init__(self, selections: Selections, views: Views, env: Env, number: Callable[[Any], int]) -> None:
        self.number = number  # of an SQL's structure, the same for equal ones
        self.schema, self.selections, self.views, self.env = selections.schema, selections, views, env
        self.looks: list[tuple[Getter, Any]] = []
        self.getters: dict[str, Getter] = {}
        self.named: dict[str, Getter] = {}  # of the getters those of ``bind``
        self.undecided: list[Any] = []  # questions to PostgreSQL without whose answers there is no plan
        self.settings = ""  # for the transaction of the plan
        # SQLAlchemy names parameters by their addresses, so nothing may be freed before the statement is compiled.
        self.made: list[Any] = []
        self.loads: list[Load] = []
        self.refusals: list[Getter] = []
        self.entered: list[Any] = []  # all that ``enter`` made
        self.rows: list[Any] = []  # enclosing FROM elements, outermost first
        self.known: dict[int, Getter] = {}  # row -> getter of its id, where the request names it
        self.above: dict[int, Arguments] = {}  # row -> the arguments of the field that it is the object of
        self.factors: tuple[Getter, ...] = ()
        self.costs: dict[tuple[Getter, ...], int] = {}
        self.slots = 0
        self.now = self.bind(lambda env: env.now, DateTime(timezone=True))
        self.as_of: Getter = lambda env: env.now.isoformat()
        self.past: Getter | None = None  # the instant, where tables are those of one

    # ── reading the request
    def look(self, getter: Getter) -> Any:
        """A value of the request that planning depends on; the plan is kept under it."""
        found = getter(self.env)
        self.looks.append((getter, found))
        return found

    def bind(self, getter: Getter, type_: TypeEngine[Any] | Any) -> Any:
        """A parameter of the statement, read from each request by ``getter``."""
        name = f"g{len(self.getters)}"
        self.getters[name] = self.named[name] = getter
        return bindparam(name, type_=type_)

    def slot(self, kind: str) -> Any:
        """A key of ``env.memo`` for this place.  Plans on one path of the decision tree share it, and what is made."""
        self.slots += 1
        return (kind, self.slots)

    def argument(self, field: Field, name: str, arguments: Arguments, row: Any) -> tuple[Getter, bool]:
        """(getter, constant?) of a field's argument, or of one that it has from the field above."""
        found = self.above[id(row)] if name in field.inherited else arguments
        return found.find(name, self.env)

    def charge(self, weight: int) -> None:
        """Add to the operation's cost, times the page sizes above."""
        self.costs[self.factors] = self.costs.get(self.factors, 0) + weight

    def release(self) -> None:
        """Forget the request: the plan's getters live on, and must not keep its variables alive."""
        del self.env, self.looks, self.made, self.entered

    def collect(self, type_: Any, nodes: Iterable[Any]) -> dict[str, Nodes]:
        """Field nodes by response key; the variable of a @skip or @include is a look."""
        return self.selections.collect(type_, nodes, lambda variable: bool(self.look(_truth(variable))))

    # ── rows
    def enter(self, query: Any) -> Any:
        """A query as a row source that sees the enclosing rows."""
        rows = query.correlate(*self.rows).subquery() if self.rows else query.subquery()
        self.entered.append(rows)
        return rows

    @contextmanager
    def inside(self, rows: Any) -> Any:
        """Below: expressions may refer to ``rows``."""
        self.rows.append(rows)
        try:
            yield
        finally:
            self.rows.pop()

    def object(self, type_: Any, nodes: Nodes, row: Any) -> sql.Object:
        """The selection as a JSON object of ``row``."""
        raise TypeError("only the Planner plans objects")

    def gather(self, rows: Any, type_: Any, nodes: Nodes, fold: Callable[[Any], Any]) -> Any:
        """The rows as objects, in a FROM of their own: a tenth cheaper than an object expression per row."""
        with self.inside(rows):
            made = self.object(type_, nodes, rows.c)
        if not made.flat:
            return select(fold(made)).select_from(rows).correlate(*self.rows).scalar_subquery()
        return self.fold(made.pairs, rows, fold)

    def fold(self, pairs: dict[str, Any], rows: Any, fold: Callable[[Any], Any], *, one_row: bool = False) -> Any:
        """``fold`` over the rows' objects; ``one_row`` when the pairs are aggregates of the whole."""
        inner = select(*(e.label(k) for k, e in pairs.items())).select_from(rows).correlate(*self.rows)
        if one_row:
            inner = inner.having(literal_column("true"))  # one row, even when nothing selected is an aggregate
        objects = inner.subquery("_")
        item = func.row_to_json(literal_column("_"), type_=JSON())
        return select(fold(item)).select_from(objects).correlate(*self.rows).scalar_subquery()


def whole(item: Any) -> Any:
    """The fold of at most one row: the row itself."""
    return item


def _truth(variable: str) -> Getter:
    return lambda env: bool(env.variables[variable])
