"""What a customer's fields held at an instant: ``before`` of the first change after it, else the column.

``updated_at`` is never before a change became true (``record_changes`` sees to it), so whoever was not touched since
needs no look at the history.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import KeyedColumnElement

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_ORDER = "c.valid_from, c.recorded_at"
_SINCE = "c.customer_id = now.id AND c.valid_from > {at}"


def field_then(column: KeyedColumnElement[Any], default: str = "NULL") -> str:
    """SQL: what a column held; ``default`` where it had no value."""
    name, type_ = column.name, column.type.compile(dialect=_DIALECT)
    value = f"CAST(next.before #>> '{{}}' AS {type_})"
    if isinstance(column.type, ARRAY):
        value = f"CAST(ARRAY(SELECT jsonb_array_elements_text(NULLIF(next.before, 'null'))) AS {type_})"
    if default != "NULL":
        value = f"coalesce({value}, {default})"
    return f"""CASE WHEN now.updated_at <= {{at}} THEN now.{name} ELSE (
        SELECT CASE WHEN next.id IS NULL THEN now.{name} ELSE {value} END
        FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
            SELECT c.id, c.before FROM attribute_change AS c
            WHERE {_SINCE} AND c.field = '{name}' ORDER BY {_ORDER} LIMIT 1
        ) AS next ON true) END"""


def attributes_then(columns: Iterable[str]) -> str:
    """SQL: what the tenant's own attributes held; ``columns`` are the fields that have one of their own."""
    others = ", ".join(f"'{name}'" for name in columns)
    return f"""CASE WHEN now.updated_at <= {{at}} THEN now.attributes ELSE (
        SELECT jsonb_strip_nulls(now.attributes || coalesce(jsonb_object_agg(next.field, next.before), '{{}}'))
        FROM (
            SELECT DISTINCT ON (c.field) c.field, c.before FROM attribute_change AS c
            WHERE {_SINCE} AND c.field NOT IN ({others}) ORDER BY c.field, {_ORDER}
        ) AS next) END"""
