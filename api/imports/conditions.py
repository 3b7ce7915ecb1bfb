"""Conditions of a map on the cells of a row: a closed set of tests, all of which must hold."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from api.imports.files import Cells
from api.imports.shape import Path, table, wrong

Condition = Callable[[Cells], bool]
TESTS: dict[str, type | tuple[type, ...]] = {
    "empty": bool,
    "equals": (str, list),
    "not_equals": (str, list),
    "starts_with": (str, list),
    "ends_with": (str, list),
    "contains": (str, list),
    "less_than": (int, float),
    "at_most": (int, float),
    "greater_than": (int, float),
    "at_least": (int, float),
}


def condition(value: Any, path: Path, **others: type | tuple[type, ...]) -> Condition:
    """The condition that a table of ``column`` and tests states; ``others`` are keys the caller reads."""
    found = table(value, path, column=str, **TESTS, **others)
    tests = [_test(name, found[name]) for name in TESTS if name in found]
    if "column" not in found or not tests:
        known = ", ".join(TESTS)
        raise wrong(path, f"needs a column and one of {known}.", f"须有 column 及以下之一：{known}。")
    column = found["column"]
    if len(tests) == 1:
        (only,) = tests
        return lambda cells: only(_text(cells.get(column)))
    return lambda cells: all(test(_text(cells.get(column))) for test in tests)


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def _test(name: str, wanted: Any) -> Callable[[str], bool]:
    if name == "empty":
        return lambda text: (not text) is wanted
    if name in ("less_than", "at_most", "greater_than", "at_least"):
        return _number_test(name, Decimal(str(wanted)))
    options = tuple(wanted) if isinstance(wanted, list) else (wanted,)
    match name:
        case "equals":
            return lambda text: text in options
        case "not_equals":
            return lambda text: text not in options
        case "starts_with":
            return lambda text: text.startswith(options)
        case "ends_with":
            return lambda text: text.endswith(options)
    return lambda text: any(option in text for option in options)


def _number_test(name: str, wanted: Decimal) -> Callable[[str], bool]:
    """A test of numbers; text that is none meets no such test."""
    compare: dict[str, Callable[[Decimal], bool]] = {
        "less_than": lambda number: number < wanted,
        "at_most": lambda number: number <= wanted,
        "greater_than": lambda number: number > wanted,
        "at_least": lambda number: number >= wanted,
    }
    holds = compare[name]

    def test(text: str) -> bool:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return False
        return not number.is_nan() and holds(number)

    return test
