"""Tests of one value.  All members given must hold; a value that is null makes every test but ``isNull`` UNKNOWN."""

from __future__ import annotations

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
    cast,
    extract,
    func,
    literal,
    literal_column,
    not_,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.rules import worded_tests as say
from domain.rules.comparing import Compare, compared, texts_of
from domain.rules.moment import INSTANT, LOCAL, Moment
from domain.rules.text.phrase import OWN, Phrase
from domain.rules.turns import Turns, day_once_ago, day_once_ahead, once_ago, once_ahead, while_in
from domain.rules.window import Period, first_day
from domain.time import Duration
from domain.words import Says, Words

_EQ = Says(Words("equal", "等于"))
_NE = Says(Words("not equal", "不等于"))
_NULL = Says(Words("without a value, or with one if false", "是否为空"))
_BEFORE, _UP_TO = Says(Words("before", "早于")), Says(Words("on or before", "不晚于"))
_AFTER, _FROM = Says(Words("after", "晚于")), Says(Words("on or after", "不早于"))
Texts = tuple[str, ...]
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

    eq: Annotated[str | None, _EQ, say.IS] = None
    ne: Annotated[str | None, _NE, say.IS_NOT] = None
    in_: Annotated[
        Texts | None,
        Says(Words("one of these", "属于")),
        Phrase("in ({})", "为 ({})", says=Words("is one of {}", "为{}之一")),
    ] = None
    not_in: Annotated[
        Texts | None,
        Says(Words("none of these", "不属于")),
        Phrase("not in ({})", "不为 ({})", says=Words("is none of {}", "不是{}中的任何一个")),
    ] = None
    contains: Annotated[str | None, Says(Words("contains", "包含")), Phrase("contains {}", "包含 {}")] = None
    starts_with: Annotated[str | None, Says(Words("starts with", "开头为")), Phrase("starts with {}", "开头为 {}")] = (
        None
    )
    ends_with: Annotated[str | None, Says(Words("ends with", "结尾为")), Phrase("ends with {}", "结尾为 {}")] = None
    is_null: Annotated[bool | None, _NULL, say.EMPTY, say.FILLED] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a text passes.  strpos, left and right, not LIKE: nothing a caller types is a wildcard."""
        del moment
        made = compared(self, value, Text(), _EQUAL)
        if self.in_ is not None:
            made.append(value == any_(texts_of(self.in_)))
        if self.not_in is not None:
            made.append(value != all_(texts_of(self.not_in)))
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

    eq: Annotated[Decimal | None, _EQ, say.IS] = None
    ne: Annotated[Decimal | None, _NE, say.IS_NOT] = None
    gt: Annotated[Decimal | None, Says(Words("greater", "大于")), say.GT] = None
    gte: Annotated[Decimal | None, Says(Words("at least", "至少")), say.GTE] = None
    lt: Annotated[Decimal | None, Says(Words("less", "小于")), say.LT] = None
    lte: Annotated[Decimal | None, Says(Words("at most", "至多")), say.LTE] = None
    is_null: Annotated[bool | None, _NULL, say.EMPTY, say.FILLED] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a number passes."""
        del moment
        return and_(*compared(self, value, Numeric(), _NUMBERS))


@dataclass(frozen=True, slots=True)
class DateTest:
    """A test of a day.  Days begin and end in the clock's zone."""

    asks: ClassVar = True
    whole_days: ClassVar = True

    eq: Annotated[date | None, _EQ, say.IS] = None
    before: Annotated[date | None, _BEFORE, say.UNTIL] = None
    on_or_before: Annotated[date | None, _UP_TO, say.NOT_AFTER] = None
    after: Annotated[date | None, _AFTER, say.SINCE] = None
    on_or_after: Annotated[date | None, _FROM, say.NOT_BEFORE] = None
    in_last: Annotated[
        Duration | None, Says(Words("in the last", "最近"), "Whole days, today the last of them."), say.WITHIN
    ] = None
    in_next: Annotated[
        Duration | None, Says(Words("in the next", "未来"), "Whole days, today the first of them."), say.AHEAD
    ] = None
    in_period: Annotated[
        Period | None,
        Says(Words("in a period", "所在周期"), "Its days to come too."),
        Phrase("in {}", "处于 {}", says=Words("is in this {}", "在本{}")),
    ] = None
    weekday: Annotated[
        tuple[int, ...] | None,
        Says(Words("weekday", "星期"), "1 is Monday, 7 Sunday."),
        Phrase("weekday in ({})", "星期 为 ({})", says=Words("is on weekday {}", "在星期{}")),
    ] = None
    is_null: Annotated[bool | None, _NULL, say.EMPTY, say.FILLED] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a day passes."""
        made = compared(self, value, Date(), _DAYS)
        if self.in_last is not None:
            made += [value > moment.day_before(self.in_last), value <= moment.day_before(Duration())]
        if self.in_next is not None:
            made += [value >= moment.day_after(Duration()), value < moment.day_after(self.in_next)]
        if self.in_period is not None:
            made += [value >= first_day(self.in_period, moment), value < first_day(self.in_period.moved(1), moment)]
        if self.weekday is not None:
            asked = literal(list(self.weekday), ARRAY(Integer()))
            made.append(cast(extract("isodow", value), Integer()) == any_(asked))
        return and_(*made)

    def turns(self, value: ColumnElement[Any], moment: Moment) -> Turns:
        """When a day comes into what is asked, or leaves it."""
        made = day_once_ago(value, Duration(), moment) if self.in_last or self.in_next else []
        if self.in_last is not None:
            made += day_once_ago(value, self.in_last, moment)
        if self.in_next is not None:
            made += day_once_ahead(value, self.in_next, moment)
        if self.in_period is not None:
            made += while_in(self.in_period, cast(value, LOCAL), moment)
        return made


@dataclass(frozen=True, slots=True)
class TimeTest:
    """A test of an instant."""

    asks: ClassVar = True

    before: Annotated[datetime | None, _BEFORE, say.UNTIL] = None
    on_or_before: Annotated[datetime | None, _UP_TO, say.NOT_AFTER] = None
    after: Annotated[datetime | None, _AFTER, say.SINCE] = None
    on_or_after: Annotated[datetime | None, _FROM, say.NOT_BEFORE] = None
    in_last: Annotated[Duration | None, Says(Words("in the last", "最近"), "Exact, up to now."), say.WITHIN] = None
    in_next: Annotated[Duration | None, Says(Words("in the next", "未来"), "Exact, after now."), say.AHEAD] = None
    is_null: Annotated[bool | None, _NULL, say.EMPTY, say.FILLED] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether an instant passes."""
        made = compared(self, value, INSTANT, _TIMES)
        if self.in_last is not None:
            made += [value > moment.before(self.in_last), value <= moment.now]
        if self.in_next is not None:
            made += [value > moment.now, value <= moment.after(self.in_next)]
        return and_(*made)

    def turns(self, value: ColumnElement[Any], moment: Moment) -> Turns:
        """When an instant comes into what is asked, or leaves it."""
        made = [value] if self.in_last or self.in_next else []
        made += [] if self.in_last is None else once_ago(value, self.in_last, moment)
        return made + ([] if self.in_next is None else once_ahead(value, self.in_next, moment))


@dataclass(frozen=True, slots=True)
class BooleanTest:
    """A test of a yes or no."""

    asks: ClassVar = True

    eq: Annotated[bool | None, _EQ, say.IS] = None
    is_null: Annotated[bool | None, _NULL, say.EMPTY, say.FILLED] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a yes or no passes."""
        del moment
        return and_(*compared(self, value, Boolean(), _EQUAL))


@dataclass(frozen=True, slots=True)
class SetTest:
    """A test of a set of texts."""

    asks: ClassVar = True

    has_any: Annotated[
        Texts | None,
        Says(Words("has one of these", "含任一")),
        Phrase("has any ({})", "含任一 ({})", says=Words("include one of {}", "含{}之一")),
    ] = None
    has_all: Annotated[
        Texts | None,
        Says(Words("has all of these", "含全部")),
        Phrase("has all ({})", "含全部 ({})", says=Words("include all of {}", "含{}全部")),
    ] = None
    has_none: Annotated[
        Texts | None,
        Says(Words("has none of these", "均不含")),
        Phrase("has none ({})", "均不含 ({})", says=Words("include none of {}", "不含{}中的任何一个")),
    ] = None
    is_empty: Annotated[
        bool | None,
        Says(Words("empty, or not if false", "是否为空集")),
        Phrase("is empty", "为空集", {OWN: True}, Words("are none", "没有任何值")),
        Phrase("is not empty", "不为空集", {OWN: False}, Words("are some", "有值")),
    ] = None
    size: Annotated[
        NumberTest | None,
        Says(Words("how many it has", "个数")),
        Phrase("size {}", "个数 {}", says=Words("number {}", "个数{}")),
    ] = None

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether a set passes: an array of texts, or a JSON array of them."""
        is_json = isinstance(value.type, JSONB)
        some, every = ("?|", "?&") if is_json else ("&&", "@>")
        size = func.jsonb_array_length(value) if is_json else func.cardinality(value)
        made: list[ColumnElement[bool]] = []
        if self.has_any is not None:
            made.append(value.bool_op(some)(texts_of(self.has_any)))
        if self.has_all is not None:
            made.append(value.bool_op(every)(texts_of(self.has_all)))
        if self.has_none is not None:
            made.append(not_(value.bool_op(some)(texts_of(self.has_none))))
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
    text: Annotated[TextTest | None, Says(Words("of a text", "文本"), "TEXT, ENUM and closed lists."), say.ITSELF] = (
        None
    )
    number: Annotated[NumberTest | None, Says(Words("of a number", "数字")), say.ITSELF] = None
    date: Annotated[DateTest | None, Says(Words("of a day", "日期")), say.ITSELF] = None
    time: Annotated[TimeTest | None, Says(Words("of an instant", "时刻")), say.ITSELF] = None
    boolean: Annotated[BooleanTest | None, Says(Words("of a yes or no", "布尔")), say.ITSELF] = None
    set: Annotated[SetTest | None, Says(Words("of a set", "集合"), "MULTI_ENUM."), say.ITSELF] = None
