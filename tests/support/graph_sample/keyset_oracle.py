"""Relay connections over lists, with the cursors that the compiler makes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLError

from api.graph.cursor import BadCursor, seal, unseal

SECRET, PLACE = b"k" * 32, "shop_one"
Key = tuple[Callable[[Any], Any], bool, bool]  # value of a row, descending, nulls first


def _bytes(text: Any) -> Any:
    return text.encode()  # the sample's database sorts by code point


BY_NAME: list[Key] = [(lambda r: r.name, False, False), (lambda r: r.id, False, False)]
SORTS: dict[str, list[Key]] = {
    "NEWEST": [(lambda r: r.placed_at, True, True), (lambda r: r.id, True, True)],
    "SHIPPED": [(lambda r: r.shipped_at, False, False), (lambda r: r.id, True, True)],
}


def ordered(rows: list[Any], keys: list[Key]) -> list[Any]:
    """The rows by the keys."""
    for read, descending, nulls_first in reversed(keys):
        some = sorted((r for r in rows if read(r) is not None), key=lambda r: _comparable(read(r)), reverse=descending)
        none = [r for r in rows if read(r) is None]
        rows = none + some if nulls_first else some + none
    return rows


def page(
    now: datetime,
    found: Callable[[], list[Any]],
    place: str,
    keys: list[Key],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """One page with its edges, info and total; GraphQLError for what may not be asked."""
    if first is not None and last is not None:
        raise GraphQLError("Give first or last, not both.")
    size = next((n for n in (first, last) if n is not None), 50)
    if not 1 <= size <= 250:
        raise GraphQLError("first and last must be 1 to 250.")
    rows = ordered(found(), keys)
    low, as_of = _at(rows, place, keys, after, now)
    high, as_of_before = _at(rows, place, keys, before, now)
    instant = as_of_before or as_of or now.isoformat()
    cut = rows[0 if low is None else low + 1 : high]
    part = cut[-size:] if last is not None else cut[:size]
    more, cursors = len(cut) > size, [seal(SECRET, f"{PLACE}:{place}", _values(r, keys), instant) for r in part]
    return {
        "nodes": part,
        "edges": [{"cursor": c, "node": r} for c, r in zip(cursors, part, strict=True)],
        "total_count": len(rows),
        "page_info": {
            "has_next_page": before is not None if last is not None else more,
            "has_previous_page": more if last is not None else after is not None,
            "start_cursor": cursors[0] if part else None,
            "end_cursor": cursors[-1] if part else None,
        },
    }


def _at(rows: list[Any], place: str, keys: list[Key], cursor: str | None, now: datetime) -> tuple[Any, str | None]:
    """(place of a cursor's row, its instant)."""
    if cursor is None:
        return None, None
    try:
        values, as_of = unseal(SECRET, f"{PLACE}:{place}", cursor)
    except BadCursor:
        raise GraphQLError("Not a cursor of this connection.") from None
    return next(n for n, r in enumerate(rows) if orjson.loads(_values(r, keys)) == values), as_of


def _values(row: Any, keys: list[Key]) -> str:
    made = [read(row) for read, _, _ in keys]
    return "[" + ", ".join("null" if v is None else orjson.dumps(_text(v)).decode() for v in made) + "]"


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix("+00:00").rstrip("0" if value.microsecond else "") + "+00"
    return str(value)


def _comparable(value: Any) -> Any:
    return value.bytes if isinstance(value, UUID) else _bytes(value) if isinstance(value, str) else value
