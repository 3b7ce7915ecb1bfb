"""What an erasure does to each table: read from the metadata, so that a new table is scrubbed from its birth.

Rows of a customer's, and rows that refer to those, lose their free text and all that a caller named freely; numbers,
dates, closed lists and references to other rows stay: they are the merchant's books, and name nobody.
"""

from functools import cache

from sqlalchemy import ARRAY, Column, Table, Text, TextClause, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from domain.base import Stored
from domain.customers.owned import ERASED, GOES, KEPT, owned
from domain.staging import statement

GROUP = "(SELECT g.id FROM customer AS g WHERE g.id = :customer OR g.merged_into = :customer)"


@cache
def scrubs() -> dict[str, TextClause]:
    """Table → the statement that scrubs the rows of :customer and of those who were merged into it."""
    made: dict[str, TextClause] = {}
    for table, rows in _reached().items():
        fates = {one.column.info.get(ERASED) for one in owned() if one.table is table}
        if table.name == "customer" or KEPT in fates:
            continue
        if GOES[ERASED] in fates:
            made[table.name] = statement(f"DELETE FROM {table.name} AS t WHERE {rows}")
            continue
        left = {column.name: sql for column in table.columns if (sql := _left(table, column)) is not None}
        if left:
            sets = ", ".join(f"{name} = {sql}" for name, sql in left.items())
            made[table.name] = statement(f"UPDATE {table.name} AS t SET {sets} WHERE {rows}")
    return made


def _reached() -> dict[Table, str]:
    """Table → which of its rows ``t`` are the customer's: SQL.  By its own column, else by the rows it refers to."""
    found: dict[Table, str] = {}
    for table in Stored.metadata.sorted_tables:  # those that are referred to come first
        mine = [one.column for one in owned() if one.table is table and one.table.name != "customer"]
        ways = [f"t.{column.name} IN {GROUP}" for column in mine]
        nobody = [f"t.{column.name} IS NULL" for column in mine]
        if all(column.nullable for column in mine):
            for column, key in ((c, k) for c in table.columns for k in c.foreign_keys):
                parent = key.column.table
                if parent in found and parent is not table:
                    inner = f"(SELECT t.{key.column.name} FROM {parent.name} AS t WHERE {found[parent]})"
                    ways.append(" AND ".join((*nobody, f"t.{column.name} IN {inner}")))
        if ways:
            found[table] = f"({' OR '.join(ways)})"
    return found


def _left(table: Table, column: Column[object]) -> str | None:
    """The SQL of what is left in a column; null: it is left alone."""
    told = column.info.get(ERASED)
    if told is not None:
        return None if told == KEPT else str(told)
    if column.primary_key or column.foreign_keys or not isinstance(column.type, Text | JSONB | ARRAY):
        return None
    if column.nullable:
        return "NULL"
    if column.server_default is not None:
        return f"'{column.server_default.arg}'"  # type: ignore[attr-defined]
    if any(column.name in one.columns for one in table.constraints if isinstance(one, UniqueConstraint)):
        return "CAST(t.id AS text)"
    if not isinstance(column.type, Text):
        raise TypeError(f"say in its info what an erasure leaves in {table.name}.{column.name}")
    return "''"
