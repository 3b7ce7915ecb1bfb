"""Comparing a value with what a test holds: each member that is given becomes one condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, literal
from sqlalchemy.types import TypeEngine

Compare = Callable[[Any, Any], ColumnElement[bool]]


def texts_of(given: Sequence[str]) -> ColumnElement[Any]:
    """A list as one parameter: the text of the statement does not depend on its length."""
    return literal(list(given), ARRAY(Text()))


def compared(
    test: Any, value: ColumnElement[Any], type_: TypeEngine[Any], compare: Mapping[str, Compare]
) -> list[ColumnElement[bool]]:
    """The comparisons of a test that are given, and whether the value is null if that is asked."""
    made = [
        operator(value, literal(given, type_))
        for name, operator in compare.items()
        if (given := getattr(test, name, None)) is not None
    ]
    if test.is_null is not None:
        made.append(value.is_(None) if test.is_null else value.is_not(None))
    return made
