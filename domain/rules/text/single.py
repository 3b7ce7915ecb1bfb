"""Single values in texts: read from a token or a few, and written."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import unknown
from domain.rules.scalars import SCALARS, read_decimal
from domain.rules.shape import Column, IdOf, snake
from domain.rules.terms import Terms
from domain.rules.text.keywords import FALSE, TRUE, UNIT_OF, UNITS, keywords
from domain.rules.text.lexer import Token
from domain.rules.text.parts import Part
from domain.rules.text.place import Wrong
from domain.time import Duration
from domain.words import Words

if TYPE_CHECKING:
    from domain.rules.text.reader import Reader

_TEXT, _NAME = Words('a text like "…"', '形如 "…" 的文本'), Words("a field", "字段")
_NUMBER, _WHOLE = Words("a number", "数值"), Words("a whole number", "整数")
_DAY, _INSTANT = (
    Words("a day like 2026-01-31", "形如 2026-01-31 的日期"),
    Words("an instant like 2026-01-31T09:30:00Z", "形如 2026-01-31T09:30:00Z 的时刻"),
)
_DURATION = Words("a duration like 30 days", "形如 30 天的时长")
_ID = Words("an id", "编号")
# What stands for values that are written by hand, by kind; names are offered one by one.
PLACEHOLDERS = {
    _TEXT: "TEXT",
    _NAME: "",
    _NUMBER: "NUMBER",
    _WHOLE: "NUMBER",
    _DAY: "DAY",
    _INSTANT: "INSTANT",
    _DURATION: "DURATION",
    _ID: "TEXT",
}
_SPELLED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WORD = re.compile("[A-Za-z_][A-Za-z0-9_]*")
# The fields of sources, in sentences.
COLUMNS = {
    "net_total": Words("net total", "净额"),
    "gross_total": Words("total before returns", "退货前金额"),
    "quantity": Words("quantity", "数量"),
    "net_amount": Words("net amount", "行净额"),
    "score": Words("score", "评分"),
    "channel": Words("channel", "渠道"),
    "store": Words("store", "门店"),
    "product": Words("product", "商品"),
    "order": Words("order", "订单"),
    "type": Words("type", "类型"),
    "name": Words("name", "名称"),
}
_KINDS = {Decimal: "number", int: "number", Duration: "number", date: "day", datetime: "instant"}


def begins(hint: Any, token: Token) -> bool:
    """Whether a value of this type may begin with the token."""
    return token.kind == _KINDS.get(hint, "text")


def read_single(reader: Reader, hint: Any, part: Part) -> Any:
    """One value by its type."""
    if part.choice:
        return _chosen(reader, part.choice.words)
    if part.named or part.member.of is Column:
        return _name(reader, hint, part)
    if hint is bool:
        return _truth(reader)
    if hint is Duration:
        return _duration(reader)
    if hint in (Decimal, int):
        return _number(reader, hint)
    if hint in (date, datetime):
        return _instant(reader, hint)
    text = _taken(reader, "text", _ID if hint is UUID else _TEXT)
    if hint is UUID:
        return _id(reader, text.value, part)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _option(text.value, hint)
    return text.value


def _taken(reader: Reader, kind: str, wanted: Words) -> Token:
    token = reader.token
    if token.kind != kind:
        raise reader.fail(wanted)
    reader.at += 1
    return token


def _name(reader: Reader, hint: Any, part: Part) -> Any:
    """A name without quotes.  One that is a keyword as well stands in backquotes, unless only fields may stand here."""
    token = reader.token
    if token.kind not in ("name", "quoted") and not (part.member.of is Column and _is_word(token)):
        raise reader.fail(_NAME)
    reader.at += 1
    name = token.value if token.kind == "quoted" else token.raw
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _option(name, hint)
    if token.kind == "quoted":
        return name
    if part.member.of is Column:
        return snake(name)
    return part.named.read(name) if part.named else name


def _is_word(token: Token) -> bool:
    return token.kind == "word" and token.raw.isascii()


def _chosen(reader: Reader, words: Any) -> Any:
    for value, said in words.items():
        if reader.follows((said.en,)):
            reader.at += 1
            return value
    raise reader.fail(*words.values())


def _truth(reader: Reader) -> bool:
    for value, said in ((True, TRUE), (False, FALSE)):
        if reader.follows((said.en,)):
            reader.at += 1
            return value
    raise reader.fail(TRUE, FALSE)


def _duration(reader: Reader) -> Duration:
    months = seconds = 0
    read = False
    while reader.token.kind == "number" and reader.tokens[reader.at + 1].value in UNIT_OF:
        number, unit = _number(reader, int), UNIT_OF[reader.token.value]
        reader.at += 1
        months, seconds, read = months + number * unit.months, seconds + number * unit.seconds, True
    if read and reader.completes:
        _note_more(reader)
    if not read:
        if reader.token.kind == "number":
            reader.at += 1
            raise reader.fail(*(Words(unit.many, unit.zh) for unit in UNITS))
        raise reader.fail(_DURATION)
    return Duration(months, seconds)


def _note_more(reader: Reader) -> None:
    """A duration may go on: with a number, and behind that with a unit."""
    reader.note(_DURATION)
    if reader.token.kind == "number":
        reader.at += 1
        reader.note(*(Words(unit.many, unit.zh) for unit in UNITS))
        reader.at -= 1


def _number(reader: Reader, hint: Any) -> Any:
    wanted = _WHOLE if hint is int else _NUMBER
    token = reader.token
    if token.kind != "number" or (hint is int and ("." in token.value or len(token.value) > 10)):
        raise reader.fail(wanted)
    try:
        number = read_decimal(token.value)
    except ValueError:
        raise reader.fail(Words("a number of at most 40 digits", "至多 40 位的数值")) from None
    reader.at += 1
    return int(number) if hint is int else number


def _instant(reader: Reader, hint: Any) -> Any:
    wanted, kind = (_DAY, "day") if hint is date else (_INSTANT, "instant")
    token = reader.token
    if token.kind != kind:
        raise reader.fail(wanted)
    try:
        value = SCALARS[hint].read(token.value)
    except ValueError:
        raise reader.fail(wanted) from None
    reader.at += 1
    return value


def _option(text: str, of: type[Enum]) -> Enum:
    if text.upper() in of.__members__:
        return of[text.upper()]
    found = unknown((), text, map(str.lower, of.__members__))
    raise Wrong(replace(found, code=ProblemCode.INVALID_RULE))


def _id(reader: Reader, text: str, part: Part) -> UUID:
    of = part.member.of
    try:
        return UUID(text.removeprefix(f"{of.prefix}_" if isinstance(of, IdOf) else ""))
    except ValueError:
        reader.at -= 1
        raise reader.fail(_ID) from None


def written_single(value: Any, part: Part, locale: str, terms: Terms) -> str:
    """One value as texts have it."""
    if part.choice:
        return part.choice.words[value].of(locale)
    if isinstance(value, Enum):
        return value.name.lower() if part.named else quoted(value.name.lower())
    if part.named:
        return _bare(part.named.write(value), value, terms)
    if part.member.of is Column:
        return str(value)
    return quoted(str(value)) if isinstance(value, str) else _plain(value, part, locale)


def said_single(value: Any, part: Part, locale: str, terms: Terms) -> str:
    """One value as sentences have it."""
    if part.choice:
        return part.choice.words[value].of(locale)
    if part.named and part.named.label:
        return part.named.label(value, terms).of(locale)
    if isinstance(value, Enum):
        return value.name.lower().replace("_", " ")
    if part.named:
        return str(value).replace("_", " ")
    if part.member.of is Column:
        return COLUMNS.get(value, Words(value.replace("_", " "), value)).of(locale)
    if isinstance(value, str):
        return Words(f'"{value}"', f"“{value}”").of(locale)
    if isinstance(value, Duration) and locale == "zh":
        return _length(value, locale).replace(" ", "")
    return f"{value:,f}" if isinstance(value, Decimal) else _plain(value, part, locale)


def quoted(text: str, quote: str = '"') -> str:
    """A text in quotes; what cannot be seen is spelled out, so that a text reads as it is."""
    return quote + "".join(_seen(letter, quote) for letter in text) + quote


def _seen(letter: str, quote: str) -> str:
    if letter in (quote, "\\"):
        return f"\\{letter}"
    if letter in _SPELLED:
        return _SPELLED[letter]
    return letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}"


def _bare(word: str | None, name: str, terms: Terms) -> str:
    """A name without quotes if it is read as one, else in backquotes."""
    if word is not None and _WORD.fullmatch(word) and word.lower() not in keywords(terms.vocabulary).english:
        return word
    return quoted(name, "`")


def _plain(value: Any, part: Part, locale: str) -> str:
    if isinstance(value, bool):
        return (TRUE if value else FALSE).of(locale)
    if isinstance(value, Duration):
        return _length(value, locale)
    if isinstance(value, UUID):
        return quoted(f"{part.member.of.prefix}_{value.hex}" if isinstance(part.member.of, IdOf) else str(value))
    return str(SCALARS[type(value)].write(value))


def _length(duration: Duration, locale: str) -> str:
    made, months, seconds = [], duration.months, duration.seconds
    for unit in UNITS:
        if unit.one == "week":
            continue
        if unit.months:
            number, months = divmod(months, unit.months)
        else:
            number, seconds = divmod(seconds, unit.seconds)
        if number:
            made.append(f"{number} {unit.zh if locale == 'zh' else unit.one if number == 1 else unit.many}")
    return " ".join(made) or Words("0 days", "0 天").of(locale)
