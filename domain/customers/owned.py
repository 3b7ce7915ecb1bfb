"""What is a customer's: every column of every table that names one, read from the metadata.

So a new table is merged and erased from its birth.  A column's ``info`` says where it is otherwise: ``STAYS`` is not
moved by a merge; ``GOES`` has its rows removed by an erasure; ``ERASED`` is the SQL of what an erasure leaves in a
column, ``KEPT`` for what it leaves alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from domain.base import Stored

STAYS = {"at merge": "stays"}
ERASED, KEPT = "at erasure", "kept"
GOES = {ERASED: "removed"}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Owned:
    """A column that names a customer."""

    table: Table
    column: Column[Any]

    @property
    def place(self) -> str:
        """Its name among all."""
        return f"{self.table.name}.{self.column.name}"

    @property
    def key(self) -> dict[str, str]:
        """The columns that name a row of it, and their types."""
        return {c.name: c.type.compile(dialect=_DIALECT) for c in self.table.primary_key.columns}

    def rivals(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What may be only once for a customer: the other columns of it, and the rows it holds for."""
        for one in (*self.table.constraints, *self.table.indexes):
            unique = isinstance(one, UniqueConstraint) or (isinstance(one, Index) and one.unique)
            if (unique or one is self.table.primary_key) and self.column.name in one.columns:  # type: ignore[attr-defined]
                where = one.dialect_options["postgresql"]["where"] if isinstance(one, Index) else None
                others = tuple(c.name for c in one.columns if c.name != self.column.name)  # type: ignore[attr-defined]
                yield others, "true" if where is None else str(where)


@cache
def owned() -> tuple[Owned, ...]:
    """All of them, those of the customer's own table first.  Call it when every table is known."""
    return tuple(
        Owned(table, column)
        for table in Stored.metadata.sorted_tables
        for column in table.columns
        if any(key.target_fullname == "customer.id" for key in column.foreign_keys)
    )


@cache
def moved() -> tuple[Owned, ...]:
    """Those that a merge moves to the winner."""
    return tuple(one for one in owned() if one.column.info.get("at merge") != "stays")
