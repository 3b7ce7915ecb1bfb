"""Single values of rules in JSON: decimals, dates, instants and durations are texts, as in the GraphQL API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from domain.time import Duration

_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Scalar(NamedTuple):
    """``read`` raises ValueError; ``says`` is what it wants, in English and Chinese."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    says: tuple[str, str]


def read_decimal(given: Any) -> Decimal:
    """A plain decimal number as a text, or a whole number."""
    if isinstance(given, bool) or not isinstance(given, str | int) or not _DECIMAL.fullmatch(text := str(given)):
        raise ValueError
    return Decimal(text)


def read_date(given: Any) -> date:
    """A day."""
    return date.fromisoformat(_text(given, _DATE))


def read_instant(given: Any) -> datetime:
    """An instant with an offset, in UTC."""
    text = _text(given, _INSTANT).upper().replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error


def write_instant(at: datetime) -> str:
    """An instant in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_duration(given: Any) -> Duration:
    """An ISO 8601 duration."""
    return Duration.parse(_of(str)(given))


def read_enum(of: type[Enum]) -> Callable[[Any], Enum]:
    """A member by its name."""

    def read(given: Any) -> Enum:
        if not isinstance(given, str) or given not in of.__members__:
            raise ValueError
        return of[given]

    return read


def _text(given: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(given, str) or not pattern.fullmatch(given):
        raise ValueError
    return given


def _of(kind: type) -> Callable[[Any], Any]:
    def read(given: Any) -> Any:
        if type(given) is not kind:
            raise ValueError
        return given

    return read


def same(value: Any) -> Any:
    """The value itself."""
    return value


SCALARS: Mapping[Any, Scalar] = {
    str: Scalar(_of(str), same, ("a text", "文本")),
    bool: Scalar(_of(bool), same, ("true or false", "true 或 false")),
    int: Scalar(_of(int), same, ("a whole number", "整数")),
    Decimal: Scalar(read_decimal, lambda value: f"{value:f}", ('a decimal like "12.50"', '形如 "12.50" 的数')),
    date: Scalar(read_date, date.isoformat, ("a day like 2026-01-31", "形如 2026-01-31 的日期")),
    datetime: Scalar(
        read_instant, write_instant, ("an instant like 2026-01-31T09:30:00Z", "形如 2026-01-31T09:30:00Z 的时刻")
    ),
    Duration: Scalar(read_duration, str, ("a duration like P30D", "形如 P30D 的时长")),
}
