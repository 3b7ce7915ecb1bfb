"""The past: tables as they looked at an instant, hidden behind their own names where a question is asked as of it.

``WITH orders AS NOT MATERIALIZED (SELECT … FROM orders …)`` before a sub-select hides the table from all that it asks;
PostgreSQL puts the definition in place of each reference, so indexes are used as before and what nobody reads is not
looked up.  No question, of today or to come, can forget the instant.  The definitions stand with the tables.

As of an instant are what had happened, and values as they were; identities (who is merged, deleted, erased), rules,
settings and products are those of today.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

from domain.base import Stored

PAST = "past"  # key in Table.info


@dataclass(frozen=True, slots=True)
class Past:
    """How a table, as ``now``, looked at the instant ``{at}``: SQL.

    ``rows``: which there were.  ``columns``: what those held that may have held something else.  ``joined``: what is
    joined as ``next`` for that.
    """

    table: Any
    rows: str
    columns: Mapping[str, str]
    joined: str = ""

    def shadow(self, at: str, text: str) -> str:
        """The table in place of itself, for a statement.  What that does not name is left as it is."""
        then = {name: was for name, was in self.columns.items() if re.search(rf"\b{name}\b", text)}
        shown = (f"{then[c.name]} AS {c.name}" if c.name in then else f"now.{c.name}" for c in self.table.columns)
        joined = self.joined if any("next." in each for each in (self.rows, *then.values())) else ""
        made = f"SELECT {', '.join(shown)} FROM {self.table.name} AS now{joined} WHERE {self.rows}"
        return f"{self.table.name} AS NOT MATERIALIZED ({made.replace('{at}', at)})"


def as_it_was(stored: type[Stored], rows: str, columns: Mapping[str, str], joined: str = "") -> None:
    """Declare how a table looked; see ``Past``."""
    table: Any = stored.__table__
    assert columns.keys() <= set(table.columns.keys())
    table.info[PAST] = Past(table, rows, columns, joined)


def happened(stored: type[Stored], at: str, **columns: str) -> None:
    """Declare a table whose rows are there from the instant in their column ``at`` on."""
    as_it_was(stored, f"now.{at} <= {{at}}", columns)


def not_yet(column: str) -> str:
    """SQL: an instant, as far as it had come."""
    return f"CASE WHEN now.{column} <= {{at}} THEN now.{column} END"


@lru_cache(maxsize=4096)
def hiding(text: str, at: str) -> str:
    """``WITH …``, to stand before a statement: the tables that it names, as they were at the SQL expression ``at``."""
    made = shadows(text, at)
    return f"WITH {', '.join(made)} " if made else ""


def shadows(text: str, at: str) -> list[str]:
    """The tables that a statement names and that had a past, as they were, in an order in which they can stand."""
    return [past.shadow(at, text) for name, past in _pasts().items() if re.search(rf"\b{name}\b", text)]


@cache
def _pasts() -> Mapping[str, Past]:
    # A definition sees those before it.  Histories are what the others are made of, and read them whole: they are last.
    tables: list[Table] = list(Stored.metadata.tables.values())
    found: dict[str, Past] = {table.name: table.info[PAST] for table in tables if PAST in table.info}
    told = {name: " ".join((past.rows, past.joined, *past.columns.values())) for name, past in found.items()}
    read = {name for name in found if any(re.search(rf"\b{name}\b", of) for of in told.values())}
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
    inner = str(compiler.process(element.element, **kw))
    own = list(outside.values())
    for each, former in kept:
        each.clear()
        each.update(former)
    text = " ".join((inner, *own))
    if not shadows(text, ""):  # the instant would be a parameter that nothing names
        return inner
    before = ", ".join((*shadows(text, compiler.process(element.at, **kw)), *own))
    return f"(WITH {before} SELECT {inner})"
