"""Tests of one value.  All members given must hold; a value that is null makes every test but ``isNull`` UNKNOWN."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from domain.time import Duration
from domain.words import Says, Words

_EQ = Says(Words("equal", "等于"))
_NE = Says(Words("not equal", "不等于"))
_NULL = Says(Words("without a value, or with one if false", "是否为空"))
_BEFORE, _UP_TO = Says(Words("before", "早于")), Says(Words("on or before", "不晚于"))
_AFTER, _FROM = Says(Words("after", "晚于")), Says(Words("on or after", "不早于"))
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextTest:
    """A test of a text; case matters."""

    eq: Annotated[str | None, _EQ] = None
    ne: Annotated[str | None, _NE] = None
    in_: Annotated[Texts | None, Says(Words("one of these", "属于"))] = None
    not_in: Annotated[Texts | None, Says(Words("none of these", "不属于"))] = None
    contains: Annotated[str | None, Says(Words("contains", "包含"))] = None
    starts_with: Annotated[str | None, Says(Words("starts with", "开头为"))] = None
    ends_with: Annotated[str | None, Says(Words("ends with", "结尾为"))] = None
    is_null: Annotated[bool | None, _NULL] = None


@dataclass(frozen=True, slots=True)
class NumberTest:
    """A test of a number."""

    eq: Annotated[Decimal | None, _EQ] = None
    ne: Annotated[Decimal | None, _NE] = None
    gt: Annotated[Decimal | None, Says(Words("greater", "大于"))] = None
    gte: Annotated[Decimal | None, Says(Words("at least", "至少"))] = None
    lt: Annotated[Decimal | None, Says(Words("less", "小于"))] = None
    lte: Annotated[Decimal | None, Says(Words("at most", "至多"))] = None
    is_null: Annotated[bool | None, _NULL] = None


@dataclass(frozen=True, slots=True)
class DateTest:
    """A test of a day.  Days begin and end in the clock's zone."""

    eq: Annotated[date | None, _EQ] = None
    before: Annotated[date | None, _BEFORE] = None
    on_or_before: Annotated[date | None, _UP_TO] = None
    after: Annotated[date | None, _AFTER] = None
    on_or_after: Annotated[date | None, _FROM] = None
    in_last: Annotated[Duration | None, Says(Words("in the last", "最近"), "Whole days, today the last of them.")] = (
        None
    )
    is_null: Annotated[bool | None, _NULL] = None


@dataclass(frozen=True, slots=True)
class TimeTest:
    """A test of an instant."""

    before: Annotated[datetime | None, _BEFORE] = None
    on_or_before: Annotated[datetime | None, _UP_TO] = None
    after: Annotated[datetime | None, _AFTER] = None
    on_or_after: Annotated[datetime | None, _FROM] = None
    in_last: Annotated[Duration | None, Says(Words("in the last", "最近"), "Exact, up to now.")] = None
    is_null: Annotated[bool | None, _NULL] = None


@dataclass(frozen=True, slots=True)
class BooleanTest:
    """A test of a yes or no."""

    eq: Annotated[bool | None, _EQ] = None
    is_null: Annotated[bool | None, _NULL] = None


@dataclass(frozen=True, slots=True)
class SetTest:
    """A test of a set of texts."""

    has_any: Annotated[Texts | None, Says(Words("has one of these", "含任一"))] = None
    has_all: Annotated[Texts | None, Says(Words("has all of these", "含全部"))] = None
    has_none: Annotated[Texts | None, Says(Words("has none of these", "均不含"))] = None
    is_empty: Annotated[bool | None, Says(Words("empty, or not if false", "是否为空集"))] = None
    size: Annotated[NumberTest | None, Says(Words("how many it has", "个数"))] = None


@dataclass(frozen=True, slots=True)
class ValueTest:
    """A test of a value, by its type."""

    one_of: ClassVar = True
    text: Annotated[TextTest | None, Says(Words("of a text", "文本"), "TEXT, ENUM and closed lists.")] = None
    number: Annotated[NumberTest | None, Says(Words("of a number", "数字"))] = None
    date: Annotated[DateTest | None, Says(Words("of a day", "日期"))] = None
    time: Annotated[TimeTest | None, Says(Words("of an instant", "时刻"))] = None
    boolean: Annotated[BooleanTest | None, Says(Words("of a yes or no", "布尔"))] = None
    set: Annotated[SetTest | None, Says(Words("of a set", "集合"), "MULTI_ENUM.")] = None


@dataclass(frozen=True, slots=True)
class DurationTest:
    """A test of how long ago."""

    gt: Annotated[Duration | None, Says(Words("longer", "大于"))] = None
    gte: Annotated[Duration | None, Says(Words("at least", "至少"))] = None
    lt: Annotated[Duration | None, Says(Words("shorter", "小于"))] = None
    lte: Annotated[Duration | None, Says(Words("at most", "至多"))] = None
