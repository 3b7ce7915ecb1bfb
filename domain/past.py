"""The past: tables as they looked at an instant, hidden behind their own names where a question is asked as of it.

``WITH orders AS NOT MATERIALIZED (SELECT … FROM orders …)`` before a sub-select hides the table from all that it asks;
PostgreSQL puts the definition in place of each reference, so indexes are used as before and what nobody reads is not
looked up.  No question, of today or to come, can forget the instant.  The definitions stand with the tables.

As of an instant are what had happened, and values as they were; identities (who is merged, deleted, erased), rules,
settings and products are those of today.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

from domain.base import Stored

PAST = "past"  # key in Table.info: a SELECT from the table as ``now``; ``{at}`` stands for the instant


def as_it_was(stored: type[Stored], rows: str = "true", joined: str = "", **columns: str) -> None:
    """Declare how a table looked at ``{at}``: which rows there were, and what columns held.

    Those that are not named hold what they hold now.  ``joined``: what else is read, for each row.
    """
    table: Any = stored.__table__
    assert columns.keys() <= set(table.columns.keys())
    shown = ", ".join(f"{columns[c.name]} AS {c.name}" if c.name in columns else f"now.{c.name}" for c in table.columns)
    table.info[PAST] = f"SELECT {shown} FROM {table.name} AS now{joined} WHERE {rows}"


def happened(stored: type[Stored], at: str, **columns: str) -> None:
    """Declare a table whose rows are there from the instant in their column ``at`` on."""
    as_it_was(stored, f"now.{at} <= {{at}}", **columns)


def not_yet(column: str) -> str:
    """SQL: an instant, as far as it had come."""
    return f"CASE WHEN now.{column} <= {{at}} THEN now.{column} END"


def hiding(text: str, at: str) -> str:
    """``WITH …``, to stand before a statement: the tables that it names, as they were at the SQL expression ``at``."""
    named = hidden_in(text)
    return f"WITH {', '.join(shadow(name, at) for name in named)} " if named else ""


def hidden_in(text: str) -> list[str]:
    """The tables that a statement names and that had a past, in the order in which they have to be hidden."""
    return [name for name in _definitions() if re.search(rf"\b{name}\b", text)]


def shadow(name: str, at: str) -> str:
    """A table as it was, in place of it."""
    return f"{name} AS NOT MATERIALIZED ({_definitions()[name].replace('{at}', at)})"


@cache
def _definitions() -> Mapping[str, str]:
    # A definition sees those before it.  Histories are what the others are made of, and read them whole: they are last.
    tables: list[Table] = list(Stored.metadata.tables.values())
    found = {table.name: table.info[PAST] for table in tables if PAST in table.info}
    read = {
        name for name in found if any(re.search(rf"\b{name}\b", of) for other, of in found.items() if other != name)
    }
    return {name: found[name] for name in sorted(found, key=lambda name: (name in read, name))}


class AsOf(ColumnElement[Any]):
    """An expression (a sub-select, or what has some) whose tables are those of an instant; both see enclosing rows.

    Its clock must be at that instant too.
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy declares it
        ("element", InternalTraversal.dp_clauseelement),
        ("at", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, element: Any, at: ColumnElement[Any]) -> None:
        self.element, self.at, self.type = element, at, element.type


@compiles(AsOf)
def _as_of(element: AsOf, compiler: Any, **kw: Any) -> str:
    kw.update(within_columns_clause=False)
    # SQLAlchemy would write the common table expressions of the element before the whole statement, which reads today.
    outside = compiler._init_cte_state()
    kept = [(each, dict(each)) for each in (outside, compiler.ctes_by_level_name, compiler.level_name_by_cte)]
    for each, _ in kept:
        each.clear()
    inner = compiler.process(element.element, **kw)
    own = list(outside.values())
    for each, former in kept:
        each.clear()
        each.update(former)
    named = hidden_in(" ".join((inner, *own)))
    at = compiler.process(element.at, **kw) if named else ""  # else it would be a parameter that nothing names
    before = ", ".join((*(shadow(name, at) for name in named), *own))
    return f"(WITH {before} SELECT {inner})" if before else inner
