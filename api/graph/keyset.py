"""Order keys: their direction, their reverse, and the rows beyond given values of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, tuple_
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, UnaryExpression


def direction(key: ColumnElement[Any]) -> tuple[ColumnElement[Any], bool, bool]:
    """(expression, descending, nulls first) of an ORDER BY element."""
    descending, nulls = False, None
    while isinstance(key, UnaryExpression) and key.modifier is not None:
        if key.modifier is operators.desc_op:
            descending = True
        elif key.modifier is operators.nulls_first_op:
            nulls = True
        elif key.modifier is operators.nulls_last_op:
            nulls = False
        key = key.element
    return key, descending, descending if nulls is None else nulls


def flipped(key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same element, from the other end, nulls included."""
    inner, descending, nulls_first = direction(key)
    turned = inner.asc() if descending else inner.desc()
    return turned.nulls_last() if nulls_first else turned.nulls_first()


def nullable(key: ColumnElement[Any]) -> bool:
    """Whether an order key may be null: only a column says that it cannot, also under a collation."""
    inner, _, _ = direction(key)
    if isinstance(inner, BinaryExpression) and inner.operator is operators.collate:
        inner = inner.left
    return bool(getattr(inner, "nullable", True))


def beyond(order: Sequence[ColumnElement[Any]], values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Rows after ``values`` in ``order``: one ROW comparison (an index range) if directions agree without nulls."""
    keys = [direction(key) for key in order]
    nulls = [nullable(key) for key in order]
    if len({descending for _, descending, _ in keys}) == 1 and not any(nulls):
        left, right = tuple_(*(key for key, _, _ in keys)), tuple_(*values)
        return left < right if keys[0][1] else left > right
    found: ColumnElement[bool] = false()
    for (key, descending, nulls_first), given, null in reversed(list(zip(keys, values, nulls, strict=True))):
        past: ColumnElement[bool] = key < given if descending else key > given
        if null:
            both = (given.is_(None), key.is_not(None)) if nulls_first else (key.is_(None), given.is_not(None))
            past = or_(past, and_(*both))
        same = key.is_not_distinct_from(given) if null else key == given
        found = or_(past, and_(same, found))
    return found
