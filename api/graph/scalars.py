"""Scalars: how one Python type looks in GraphQL, as an SQL parameter, and in the JSON that PostgreSQL makes.

Texts with NUL or lone surrogates and numbers that are not finite are refused in one place, ``clean``; the
executor asks it for every variable and every literal of a document.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, Double, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

LONGEST_DECIMAL = 40  # characters; PostgreSQL's numeric could take 131,072 digits
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")


class BigInt(int):
    """Annotation: a whole number of 64 bits, as a string in JSON."""


class Json:
    """Annotation: any JSON value."""


def same(given: Any) -> Any:
    """The value itself."""
    return given


@dataclass(frozen=True, slots=True)
class Scalar:
    """``parse`` takes a JSON value (ValueError refuses it), ``write`` makes one, ``bound`` is what the driver takes."""

    name: str
    doc: str
    sql: TypeEngine[Any]
    parse: Callable[[Any], Any] = same
    write: Callable[[Any], Any] = same
    bound: Callable[[Any], Any] = same
    textual: bool = False  # PostgreSQL's JSON would print a number; cast to text
    builtin: bool = False


def parse_decimal(given: Any) -> Decimal:
    """A decimal written plainly, as a string (exact) or a whole number."""
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise ValueError('A Decimal is a string like "12.50".')
    text = str(given)
    if len(text) > LONGEST_DECIMAL or not _DECIMAL.fullmatch(text):
        raise ValueError('A Decimal is a string like "12.50".')
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError('A Decimal is a string like "12.50".') from error


def parse_datetime(given: Any) -> datetime:
    """An instant in RFC 3339 with an offset, in UTC."""
    if not isinstance(given, str) or not _RFC3339.fullmatch(given):
        raise ValueError("A DateTime is RFC 3339 with an offset, like 2026-01-31T09:30:00Z.")
    try:
        return datetime.fromisoformat(given.upper().replace("Z", "+00:00")).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("A DateTime lies between the years 1 and 9999.") from error


def write_datetime(given: datetime) -> str:
    """As PostgreSQL prints it in UTC: zeros at the end of the fraction are cut."""
    text = given.astimezone(UTC).isoformat()
    return text if not given.microsecond else f"{text[:19]}.{given.microsecond:06d}".rstrip("0") + text[26:]


def parse_date(given: Any) -> date:
    """A day, ISO 8601."""
    if not isinstance(given, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        raise ValueError("A Date is ISO 8601, like 2026-01-31.")
    return date.fromisoformat(given)


def parse_bigint(given: Any) -> int:
    """A whole number of 64 bits."""
    if isinstance(given, bool) or not isinstance(given, (str, int)) or not re.fullmatch(r"-?\d{1,19}", str(given)):
        raise ValueError("A BigInt is a string of digits.")
    if not -(2**63) <= (number := int(given)) < 2**63:
        raise ValueError("A BigInt has at most 64 bits.")
    return number


SCALARS: Mapping[Any, Scalar] = {
    str: Scalar("String", "", Text(), builtin=True),
    int: Scalar("Int", "", Integer(), builtin=True),
    float: Scalar("Float", "", Double(), builtin=True),
    bool: Scalar("Boolean", "", Boolean(), builtin=True),
    Decimal: Scalar("Decimal", "An exact number as a string.", Numeric(), parse_decimal, str, textual=True),
    datetime: Scalar(
        "DateTime", "An instant, RFC 3339; answers are in UTC.", DateTime(True), parse_datetime, write_datetime
    ),
    date: Scalar("Date", "A day, ISO 8601.", Date(), parse_date, date.isoformat),
    BigInt: Scalar("BigInt", "A 64-bit whole number as a string.", BigInteger(), parse_bigint, str, textual=True),
    Json: Scalar("JSON", "Any JSON value.", JSONB()),
}


def array(scalar: Scalar) -> TypeEngine[Any]:
    """The SQL type of a list of them."""
    return ARRAY(scalar.sql)


def clean(given: Any) -> bool:
    """Whether PostgreSQL can hold every text and number in a JSON value: no NUL, no lone surrogate, all finite."""
    stack = [given]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\0" in item or not (item.isascii() or _encodable(item)):
                return False
        elif isinstance(item, float):
            if not isfinite(item):
                return False
        elif isinstance(item, dict):
            stack += item
            stack += item.values()
        elif isinstance(item, list):
            stack += item
    return True


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
