"""What one value must be: checks shared by single writes and imports, each with its words of refusal.

A check takes a value as it came (text of a file, or typed) and gives the value to store, or raises ``BadValue``.
Null and blank text are the caller's affair: a check never sees them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import orjson

from domain.money import is_currency
from domain.refusal import ProblemCode
from domain.words import Words

Check = Callable[[Any], Any]

LONGEST_TEXT, LONGEST_COMMENT, MOST_TEXTS = 1_000, 50_000, 200
LONGEST_KEY = 300  # characters; keys are indexed
WIDEST = Decimal(10) ** 16  # numeric(20, 4)
LONGEST_NUMBER = 40  # characters
MOST_BITS = 1_000  # of an integer that is written out
# In every zone these lie on a day that Python knows.
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_TRUE = frozenset(("true", "yes", "y", "1", "t", "是"))
_FALSE = frozenset(("false", "no", "n", "0", "f", "否"))


class BadValue(Exception):
    """A value that cannot be stored."""

    def __init__(self, code: ProblemCode, en: str, zh: str) -> None:
        super().__init__(en)
        self.code, self.text = code, Words(en, zh)


def shown(value: Any) -> str:
    """A value as an error message may quote it: short, and printable whatever it holds."""
    text = str(value) if not isinstance(value, int) or value.bit_length() <= MOST_BITS else "a very long number"
    quoted = ascii(text) if not text.isprintable() else repr(text)
    return quoted if len(quoted) <= 60 else f"{quoted[:57]}…"


def text_of(value: Any) -> str:
    """Text that PostgreSQL and JSON can hold: no NUL, no lone surrogate."""
    # Python refuses to write out an integer of thousands of digits.
    if isinstance(value, list | dict | bool) or (isinstance(value, int) and value.bit_length() > MOST_BITS):
        raise BadValue(ProblemCode.BAD_TEXT, f"{shown(value)} is not text.", f"{shown(value)} 不是文本。")
    text = value if isinstance(value, str) else str(value)
    if "\0" in text or not _encodable(text):
        raise BadValue(
            ProblemCode.BAD_TEXT,
            "The text holds a NUL or bytes that are not of its encoding.",
            "文本含有空字符（NUL）或与编码不符的字节。",
        )
    return text


def text(longest: int = LONGEST_TEXT) -> Check:
    """Text of at most so many characters."""

    def check(value: Any) -> str:
        found = text_of(value)
        if len(found) > longest:
            raise BadValue(ProblemCode.TOO_LONG, f"Longer than {longest} characters.", f"超过 {longest} 个字符。")
        return found

    return check


def texts(value: Any) -> list[str]:
    """A list of short texts, none blank, each once, in order."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise BadValue(
            ProblemCode.BAD_TEXT, f"{shown(value)} is not a list of texts.", f"{shown(value)} 不是文本列表。"
        )
    found = list(dict.fromkeys(stripped for one in given if (stripped := text()(one).strip())))
    if len(found) > MOST_TEXTS:
        raise BadValue(ProblemCode.TOO_LONG, f"More than {MOST_TEXTS} texts.", f"超过 {MOST_TEXTS} 项。")
    return found


def decimal(value: Any) -> Decimal:
    """A finite decimal number that ``numeric(20, 4)`` can hold."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise _no_number(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise _no_number(value)
    try:
        number = Decimal(str(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise _no_number(value) from None
    if number.is_nan() or number.is_infinite():
        raise _no_number(value)
    if abs(number) >= WIDEST or (isinstance(value, str) and len(value) > LONGEST_NUMBER) or _is_dust(number):
        raise out_of_range(f"{shown(value)} is too large, too small or too long.", f"{shown(value)} 超出范围。")
    return number


def between(low: Decimal | int, high: Decimal | int) -> Check:
    """A number from ``low`` to ``high``, both included."""

    def check(value: Any) -> Decimal:
        number = decimal(value)
        if not low <= number <= high:
            raise out_of_range(
                f"{shown(value)} is not between {low} and {high}.", f"{shown(value)} 不在 {low} 与 {high} 之间。"
            )
        return number

    return check


def integer(low: int = -(2**31), high: int = 2**31 - 1) -> Check:
    """A whole number from ``low`` to ``high``."""

    def check(value: Any) -> int:
        number = between(low, high)(value)
        if number != number.to_integral_value():
            raise BadValue(
                ProblemCode.NOT_A_NUMBER, f"{shown(value)} is not a whole number.", f"{shown(value)} 不是整数。"
            )
        return int(number)

    return check


def boolean(value: Any) -> bool:
    """True or false; of text: true, yes, y, 1, 是 and their opposites."""
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise BadValue(ProblemCode.NOT_AN_OPTION, f"{shown(value)} is neither yes nor no.", f"{shown(value)} 不是布尔值。")


def one_of(options: type[StrEnum] | tuple[str, ...]) -> Check:
    """One of the options."""
    allowed = frozenset(str(option) for option in options)

    def check(value: Any) -> str:
        if str(value) not in allowed:
            listed = ", ".join(sorted(allowed)[:25])
            raise BadValue(
                ProblemCode.NOT_AN_OPTION,
                f"{shown(value)} is none of {listed}.",
                f"{shown(value)} 不在可选值之内：{listed}。",
            )
        return str(value)

    return check


def day(value: Any) -> date:
    """A calendar day: a date, or ISO 8601 text of one (a time of day after it is dropped)."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise _no_date(value) from None


def instant(zone: tzinfo) -> Check:
    """An instant in UTC.  A time without an offset is read in ``zone``; of a time that occurs twice, the first."""

    def check(value: Any) -> datetime:
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            made = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _no_date(value) from None
        if not EARLIEST <= made <= LATEST:
            raise out_of_range(f"{shown(value)} is too early or too late.", f"{shown(value)} 超出可用的时间范围。")
        return made

    return check


def currency(value: Any) -> str:
    """An ISO 4217 code, upper case."""
    code = str(value).upper()
    if not is_currency(code):
        raise BadValue(
            ProblemCode.UNKNOWN_CURRENCY, f"{shown(value)} is not a currency.", f"{shown(value)} 不是货币代码。"
        )
    return code


def required(en: str, zh: str) -> BadValue:
    """What is missing."""
    return BadValue(ProblemCode.REQUIRED, f"{en} is missing.", f"缺少{zh}。")


def out_of_range(en: str, zh: str) -> BadValue:
    """A number or date that cannot be stored or cannot be meant."""
    return BadValue(ProblemCode.OUT_OF_RANGE, en, zh)


def as_json(checked: Mapping[str, Any]) -> str:
    """Checked values as JSON: a decimal is a number with every digit, which PostgreSQL reads exactly."""
    return orjson.dumps(checked, default=_number).decode()


def _number(value: Any) -> orjson.Fragment:
    return orjson.Fragment(format(value, "f"))


def _is_dust(number: Decimal) -> bool:
    """Whether it is so small that only its exponent is short."""
    return bool(number) and number.adjusted() < -12


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_number(value: Any) -> BadValue:
    return BadValue(ProblemCode.NOT_A_NUMBER, f"{shown(value)} is not a number.", f"{shown(value)} 不是数字。")


def _no_date(value: Any) -> BadValue:
    return BadValue(
        ProblemCode.BAD_DATE,
        f"{shown(value)} is not a date (ISO 8601, or the format the map names).",
        f"{shown(value)} 不是日期（ISO 8601 或映射所定格式）。",
    )
