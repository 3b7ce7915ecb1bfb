"""Tests of one value.  All members given must hold; a value that is null makes every test but ``isNull`` UNKNOWN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Text,
    all_,
    and_,
    any_,
    case,
    func,
    literal,
    literal_column,
    not_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from domain.rules.moment import INSTANT, Moment
from domain.time import Duration
from domain.words import Says, Words

_EQ = Says(Words("equal", "等于"))
_NE = Says(Words("not equal", "不等于"))
_NULL = Says(Words("without a value, or with one if false", "是否为空"))
_BEFORE, _UP_TO = Says(Words("before", "早于")), Says(Words("on or before", "不晚于"))
_AFTER, _FROM = Says(Words("after", "晚于")), Says(Words("on or after", "不早于"))
Texts = tuple[str, ...]
Compare = Callable[[Any, Any], ColumnElement[bool]]
_COMPARE: dict[str, Compare] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_ZERO: ColumnElement[Any] = literal_column("0", Integer())
_EQUAL: dict[str, Compare] = {"eq": eq, "ne": ne}
_NUMBERS = {**_EQUAL, **_COMPARE}
_TIMES: dict[str, Compare] = {"before": lt, "on_or_before": le, "after": gt, "on_or_after": ge}
_DAYS = {"eq": eq, **_TIMES}


@dataclass(frozen=True, slots=True)
class TextTest:
    """A test of a text; case matters."""

    asks: ClassVar = True

    eq: Annotated[str | None, _EQ] = None
    ne: Annotated[str | None, _NE] = None
    in_: Annotated[Texts | None, Says(Words("one of these", "属于"))] = None
    not_in: Annotated[Texts | None, Says(Words("none of these", "不属于"))] = None
    contains: Annotated[str | None, Says(Words("contains", "包含"))] = None
    starts_with: Annotated[str | None, Says(Words("starts with", "开头为"))] = None
    ends_with: Annotated[str | None, Says(Words("ends with", "结尾为"))] = None
    is_null: Annotated[bool | None, _NULL] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a text passes.  strpos, left and right, not LIKE: nothing a caller types is a wildcard."""
        del moment
        made = _compared(self, value, Text(), _EQUAL)
        if self.in_ is not None:
            made.append(value == any_(_texts(self.in_)))
        if self.not_in is not None:
            made.append(value != all_(_texts(self.not_in)))
        if self.contains is not None:
            made.append(func.strpos(value, literal(self.contains, Text()), type_=Integer()) > _ZERO)
        for part, side in ((self.starts_with, func.left), (self.ends_with, func.right)):
            if part is not None:
                made.append(side(value, literal(len(part), Integer()), type_=Text()) == literal(part, Text()))
        return and_(*made)


@dataclass(frozen=True, slots=True)
class NumberTest:
    """A test of a number."""

    asks: ClassVar = True

    eq: Annotated[Decimal | None, _EQ] = None
    ne: Annotated[Decimal | None, _NE] = None
    gt: Annotated[Decimal | None, Says(Words("greater", "大于"))] = None
    gte: Annotated[Decimal | None, Says(Words("at least", "至少"))] = None
    lt: Annotated[Decimal | None, Says(Words("less", "小于"))] = None
    lte: Annotated[Decimal | None, Says(Words("at most", "至多"))] = None
    is_null: Annotated[bool | None, _NULL] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a number passes."""
        del moment
        return and_(*_compared(self, value, Numeric(), _NUMBERS))


@dataclass(frozen=True, slots=True)
class DateTest:
    """A test of a day.  Days begin and end in the clock's zone."""

    asks: ClassVar = True

    eq: Annotated[date | None, _EQ] = None
    before: Annotated[date | None, _BEFORE] = None
    on_or_before: Annotated[date | None, _UP_TO] = None
    after: Annotated[date | None, _AFTER] = None
    on_or_after: Annotated[date | None, _FROM] = None
    in_last: Annotated[Duration | None, Says(Words("in the last", "最近"), "Whole days, today the last of them.")] = (
        None
    )
    is_null: Annotated[bool | None, _NULL] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a day passes."""
        made = _compared(self, value, Date(), _DAYS)
        if self.in_last is not None:
            made += [value > moment.day_before(self.in_last), value <= moment.day_before(Duration())]
        return and_(*made)


@dataclass(frozen=True, slots=True)
class TimeTest:
    """A test of an instant."""

    asks: ClassVar = True

    before: Annotated[datetime | None, _BEFORE] = None
    on_or_before: Annotated[datetime | None, _UP_TO] = None
    after: Annotated[datetime | None, _AFTER] = None
    on_or_after: Annotated[datetime | None, _FROM] = None
    in_last: Annotated[Duration | None, Says(Words("in the last", "最近"), "Exact, up to now.")] = None
    is_null: Annotated[bool | None, _NULL] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether an instant passes."""
        made = _compared(self, value, INSTANT, _TIMES)
        if self.in_last is not None:
            made += [value > moment.before(self.in_last), value <= moment.now]
        return and_(*made)


@dataclass(frozen=True, slots=True)
class BooleanTest:
    """A test of a yes or no."""

    asks: ClassVar = True

    eq: Annotated[bool | None, _EQ] = None
    is_null: Annotated[bool | None, _NULL] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a yes or no passes."""
        del moment
        return and_(*_compared(self, value, Boolean(), _EQUAL))


@dataclass(frozen=True, slots=True)
class SetTest:
    """A test of a set of texts."""

    asks: ClassVar = True

    has_any: Annotated[Texts | None, Says(Words("has one of these", "含任一"))] = None
    has_all: Annotated[Texts | None, Says(Words("has all of these", "含全部"))] = None
    has_none: Annotated[Texts | None, Says(Words("has none of these", "均不含"))] = None
    is_empty: Annotated[bool | None, Says(Words("empty, or not if false", "是否为空集"))] = None
    size: Annotated[NumberTest | None, Says(Words("how many it has", "个数"))] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a set passes: an array of texts, or a JSON array of them."""
        is_json = isinstance(value.type, JSONB)
        some, every = ("?|", "?&") if is_json else ("&&", "@>")
        size = func.jsonb_array_length(value) if is_json else func.cardinality(value)
        made: list[ColumnElement[bool]] = []
        if self.has_any is not None:
            made.append(value.bool_op(some)(_texts(self.has_any)))
        if self.has_all is not None:
            made.append(value.bool_op(every)(_texts(self.has_all)))
        if self.has_none is not None:
            made.append(not_(value.bool_op(some)(_texts(self.has_none))))
        if self.is_empty is not None:
            made.append(size == _ZERO if self.is_empty else size > _ZERO)
        if self.size is not None:
            passes = self.size.holds(size, moment)
            made.append(passes if self.size.is_null is None else case((value.is_not(None), passes)))
        return and_(*made)


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

    asks: ClassVar = True

    gt: Annotated[Duration | None, Says(Words("longer", "大于"))] = None
    gte: Annotated[Duration | None, Says(Words("at least", "至少"))] = None
    lt: Annotated[Duration | None, Says(Words("shorter", "小于"))] = None
    lte: Annotated[Duration | None, Says(Words("at most", "至多"))] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether an instant is so long ago."""
        made = [
            _COMPARE[name](moment.before(ago), value)
            for name in ("gt", "gte", "lt", "lte")
            if (ago := getattr(self, name)) is not None
        ]
        return and_(*made)


def _texts(given: Texts) -> ColumnElement[Any]:
    """A list as one parameter: the text of the statement does not depend on its length."""
    return literal(list(given), ARRAY(Text()))


def _compared(
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
