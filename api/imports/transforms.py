"""How a map makes a field of cells: a column, several joined, or a constant; then a few closed transforms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.imports.files import Cells
from api.imports.shape import Path, table, wrong
from domain.refusal import ProblemCode
from domain.values import BadValue, shown

Source = Callable[[Cells], Any]
Step = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: the columns it comes from, and how to make it.  Making may raise ``BadValue``."""

    columns: tuple[str, ...]
    make: Source


def field(value: Any, path: Path) -> Field:
    """A field from its entry in the map: the name of a column, or a table."""
    if isinstance(value, str):
        return Field((value,), lambda cells: cells.get(value))
    found = table(
        value,
        path,
        column=str,
        columns=list,
        constant=object,
        joined_by=str,
        values=dict,
        otherwise=str,
        date_format=str,
        decimal_mark=str,
        split_by=str,
        prefix=str,
        when_empty=object,
    )
    columns, source = _source(found, path)
    steps = _steps(found)
    if not steps and "when_empty" not in found:
        return Field(columns, source)
    return Field(columns, _chained(source, steps, found.get("when_empty")))


def _source(found: dict[str, Any], path: Path) -> tuple[tuple[str, ...], Source]:
    given = [name for name in ("column", "columns", "constant") if name in found]
    if len(given) != 1:
        raise wrong(path, "needs one of column, columns, constant.", "须有 column、columns、constant 之一。")
    if "constant" in found:
        constant = found["constant"]
        return (), lambda cells: constant
    if "column" in found:
        column = found["column"]
        return (column,), lambda cells: cells.get(column)
    columns, joint = tuple(map(str, found["columns"])), found.get("joined_by", " ")
    return columns, lambda cells: joint.join(text for name in columns if (text := str(cells.get(name) or "").strip()))


def _steps(found: dict[str, Any]) -> list[Step]:
    steps: list[Step] = []
    if "values" in found:
        steps.append(_mapped({str(key): str(one) for key, one in found["values"].items()}, found.get("otherwise")))
    if "decimal_mark" in found:
        mark = found["decimal_mark"]
        group = "." if mark == "," else ","
        steps.append(lambda text: text.replace(group, "").replace(mark, ".").replace(" ", "").replace("\u00a0", ""))
    if "date_format" in found:
        steps.append(_dated(found["date_format"]))
    if "prefix" in found:
        prefix = found["prefix"]
        steps.append(lambda text: f"{prefix}{text}")
    if "split_by" in found:
        separator = found["split_by"]
        steps.append(lambda text: text.split(separator))
    return steps


def _chained(source: Source, steps: list[Step], when_empty: Any) -> Source:
    def make(cells: Cells) -> Any:
        value = source(cells)
        if value is None or (isinstance(value, str) and not value.strip()):
            return when_empty
        for step in steps:
            value = step(value.strip() if isinstance(value, str) else str(value))
        return value

    return make


def _mapped(values: dict[str, str], otherwise: str | None) -> Step:
    def step(text: str) -> str:
        found = values.get(text, otherwise)
        if found is None:
            listed = ", ".join(list(values)[:25])
            raise BadValue(
                ProblemCode.NOT_AN_OPTION,
                f"The map has no value for {shown(text)}; it has {listed}.",
                f"映射中没有 {shown(text)} 的对应值；已有：{listed}。",
            )
        return found

    return step


def _dated(format_: str) -> Step:
    def step(text: str) -> datetime:
        try:
            return datetime.strptime(text, format_)
        except ValueError:
            raise BadValue(
                ProblemCode.BAD_DATE,
                f"{shown(text)} is not a date of the form {format_}.",
                f"{shown(text)} 不是 {format_} 格式的日期。",
            ) from None

    return step
