"""Leaves out of a statement's row sources the columns that nothing reads.

PostgreSQL plans without them anyway, but it reads, checks and copies them whenever it analyses the text again: at each
change of tenant, because the path has changed.  A customer has forty columns, a question some six.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Integer, Label, Select, literal_column

ONE: Any = literal_column("1", Integer())
Reads = set[tuple[int, str]]  # (hash of a FROM element, which its annotated copies share; key of a column)


def narrowed(sources: Iterable[Any], reads: Reads) -> bool:
    """Take out of the subqueries ``sources`` what is not read.  Whether anything was."""
    return sum(_narrowed(source, reads) for source in sources) > 0


def _narrowed(source: Any, reads: Reads) -> bool:
    inner = source.element
    if not isinstance(inner, Select) or inner._distinct or inner._distinct_on:
        return False
    every = list(inner.selected_columns)
    kept = [column for column in every if not _bare(column) or (hash(source), column.key) in reads]
    if len(kept) == len(every):
        return False
    source.element = inner.with_only_columns(*(kept or [ONE]), maintain_column_froms=True)
    return True


def _bare(column: Any) -> bool:
    """Whether it is a column and no more: without an aggregate the rest could be another number of rows."""
    return isinstance(column.element if isinstance(column, Label) else column, Column)
