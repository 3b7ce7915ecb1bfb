"""Every connection of the schema, and rows for it that can be taken away and put back exactly as they were.

A row that comes back lies where it lay, so the order of all rows is known once and for all, and what a page must hold
follows from which of them are there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type
from sqlalchemy import DateTime, Index, Integer, Table, Text, UniqueConstraint, delete, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.schema import core_schema
from api.views import view

CLONES = 9
# By which rule about Ulm all customers enter the planted list, and leave the planted segment of those from there.
OPERATOR = {"entering": "eq", "leaving": "ne"}
PAGING = ("first", "after", "last", "before")
# Rows that are computed, and the type whose rows they come and go with: all planted customers came into Ulm once.
MADE_OF = {"MembershipChange": "Customer"}
GIVEN = {"changes": ', from: "2025-01-01T00:00:00Z", to: "2025-12-31T00:00:00Z"'}


@dataclass(frozen=True, slots=True)
class Place:
    """A connection in one of its orders."""

    parent: str
    field: str
    order: str | None
    node: str  # type of its rows

    def __str__(self) -> str:
        return f"{self.parent}.{self.field}" + (f"({self.order})" if self.order else "")

    @property
    def model(self) -> Any:
        """The class of its rows, or of those that they come and go with."""
        return view.model[self.stored]

    @property
    def stored(self) -> str:
        """That class's type."""
        return MADE_OF.get(self.node, self.node)

    @property
    def query(self) -> str:
        """A document that asks one page of it; ``$parent`` is the id of the row that it hangs on."""
        node: Any = core_schema().type_map[self.node]
        leaves = ("id",) if "id" in node.fields else tuple(name for name, f in node.fields.items() if _plain(f))
        if self.node in MADE_OF:
            leaves += (f"{MADE_OF[self.node].lower()} {{ id }}",)
        order = f", orderBy: {self.order}" if self.order else ""
        order += GIVEN.get(self.field, "")
        asked = (
            f"{self.field}(first: $first, after: $after, last: $last, before: $before{order}) {{ totalCount"
            f" nodes {{ {' '.join(leaves)} }} edges {{ cursor node {{ {' '.join(leaves)} }} }}"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        )
        variables = "$first: Int, $after: String, $last: Int, $before: String"
        if self.parent == "SegmentDiff":
            rule = f'{{attribute: {{key: "city", test: {{text: {{{OPERATOR[self.field]}: "Ulm"}}}}}}}}'
            return (
                f"query({variables}, $parent: ID!) {{ node: segmentDiff(id: $parent, rule: {rule}) {{ at: {asked} }} }}"
            )
        if self.parent == "SetResult":
            named = "setAlgebra(expression: {segment: $parent})"
            return f"query({variables}, $parent: ID!) {{ node: {named} {{ at: {asked} }} }}"
        if self.parent == "Query":
            return f"query({variables}) {{ at: {asked} }}"
        return f"query({variables}, $parent: ID!) {{ node(id: $parent) {{ ... on {self.parent} {{ at: {asked} }} }} }}"


def _plain(field: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(field.type)) and not field.args


def places() -> Iterator[Place]:
    """All that the schema has.  A new connection is among them by itself."""
    for type_ in core_schema().type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for name, field in type_.fields.items():
            connection: Any = get_named_type(field.type)
            if connection.name.endswith("Connection"):
                node = get_named_type(connection.fields["nodes"].type).name
                sort: Any = field.args.get("orderBy")
                for order in get_named_type(sort.type).values if sort else (None,):
                    yield Place(type_.name, name, order, node)


def key_of(model: Any) -> Any:
    """The column that tells its rows from one another."""
    (key,) = inspect(model).local_table.primary_key.columns
    return key


async def cloned(session: AsyncSession, model: Any) -> list[Any]:
    """Rows like the first one but for what must be unique, many at the same instants; nothing refers to them."""
    key = key_of(model)
    (first, *_) = (await session.scalars(select(model).order_by(key))).all()
    table: Table = inspect(model).local_table
    row = {
        c.name: getattr(first, inspect(model).get_property_by_column(c).key) for c in table.columns if not c.computed
    }
    unique = {
        column.name
        for constraint in (*table.constraints, *table.indexes)
        if isinstance(constraint, UniqueConstraint) or (isinstance(constraint, Index) and constraint.unique)
        for column in constraint.columns
    }
    made = []
    for number in range(CLONES):
        new = dict(row) | {key.name: row[key.name] + number + 1 if isinstance(row[key.name], int) else uuid4()}
        for column in table.columns:
            value = row.get(column.name)
            if isinstance(column.type, DateTime) and value is not None and column.name not in unique:
                new[column.name] = None if column.nullable and number % 3 == 1 else value - timedelta(hours=number % 3)
            elif isinstance(column.type, Integer) and column.name in unique:
                new[column.name] = value + 1 + number
            elif isinstance(column.type, Text) and column.name in unique and value is not None:
                new[column.name] = f"{value}_{'abcdefghij'[(number * 7) % 10]}"
        if "display_name" in new:
            new["display_name"] = ("Li 0", "li 0", None, "王 小明")[number % 4]
        if "actor" in new:  # of rows without an id, what tells one from another
            new["actor"] = f"{new['actor']}_{number}"
        made.append(new)
    await session.execute(insert(table), made)
    return [new[key.name] for new in made]


class Shelf:
    """Rows of one table that were taken away."""

    def __init__(self, model: Any) -> None:
        self.table: Table = inspect(model).local_table
        self.key = key_of(model)
        self.away: dict[Any, dict[str, Any]] = {}

    async def keep_away(self, session: AsyncSession, wanted: set[Any]) -> None:
        """Take these away, and put back all others."""
        if gone := wanted - self.away.keys():
            columns = [column for column in self.table.columns if not column.computed]
            found = await session.execute(delete(self.table).where(self.key.in_(gone)).returning(*columns))
            self.away |= {row[self.key.name]: dict(row) for row in found.mappings()}
        if back := self.away.keys() - wanted:
            await session.execute(insert(self.table), [self.away.pop(one) for one in back])
