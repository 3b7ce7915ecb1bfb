"""How long something takes or is ago, and what a test says where there is nothing to test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Annotated, Any, ClassVar

from sqlalchemy import Boolean, ColumnElement, Integer, Numeric, and_, func, literal, literal_column, true

from domain.rules.moment import MICROSECOND, Moment
from domain.rules.text.phrase import Choice, Phrase
from domain.rules.turns import Turns, once_ago
from domain.time import Duration
from domain.words import Says, Words

_LONGER = Phrase("> {}", "> {}", says=Words("more than {}", "超过{}"))
_AS_LONG = Phrase(">= {}", ">= {}", says=Words("at least {}", "至少{}"))
_SHORTER = Phrase("< {}", "< {}", says=Words("less than {}", "不到{}"))
_AS_SHORT = Phrase("<= {}", "<= {}", says=Words("at most {}", "至多{}"))

_COMPARE: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_ZERO: ColumnElement[Any] = literal_column("0", Integer())
EMPTY = Says(Words("without events", "无事件时"), "UNKNOWN, TRUE, or as if it were 0.")


class OnEmpty(StrEnum):
    """What a test says where there is nothing to test: UNKNOWN, TRUE, or what it says of 0."""

    NO_MATCH = "NO_MATCH"
    MATCH = "MATCH"
    ZERO = "ZERO"

    def filled(self, value: ColumnElement[Any], zero: ColumnElement[Any]) -> ColumnElement[Any]:
        """The value that is tested."""
        return func.coalesce(value, zero, type_=value.type) if self is OnEmpty.ZERO else value

    def concluded(self, passes: ColumnElement[bool]) -> ColumnElement[bool]:
        """What is concluded."""
        return func.coalesce(passes, true(), type_=Boolean()) if self is OnEmpty.MATCH else passes


EMPTY_AS = Choice(
    {
        OnEmpty.NO_MATCH: Words("unknown", "未知"),
        OnEmpty.MATCH: Words("match", "符合"),
        OnEmpty.ZERO: Words("zero", "零"),
    }
)
_AS = Phrase("empty as {}", "空值 视为 {}", says=Words("without any: {}", "无数据视为{}"))


@dataclass(frozen=True, slots=True)
class DurationTest:
    """A test of a length of time."""

    asks: ClassVar = True

    gt: Annotated[Duration | None, Says(Words("longer", "大于")), _LONGER] = None
    gte: Annotated[Duration | None, Says(Words("at least", "至少")), _AS_LONG] = None
    lt: Annotated[Duration | None, Says(Words("shorter", "小于")), _SHORTER] = None
    lte: Annotated[Duration | None, Says(Words("at most", "至多")), _AS_SHORT] = None
    on_empty: Annotated[OnEmpty, EMPTY, EMPTY_AS, _AS] = OnEmpty.NO_MATCH

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether an instant is so long ago."""
        at = self.on_empty.filled(value, moment.now)
        made = [_COMPARE[name](moment.before(ago), at) for name, ago in self.given()]
        return self.on_empty.concluded(and_(*made))

    def turns(self, value: ColumnElement[Any], moment: Moment) -> Turns:
        """When an instant becomes so long ago: at least so, and longer."""
        found = [at for _, ago in self.given() for at in once_ago(value, ago, moment)]
        return [*found, *(at + MICROSECOND for at in found)]

    def lasts(self, seconds: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a number of seconds is so long; months are not compared."""
        long = self.on_empty.filled(seconds, _ZERO)
        made = [_COMPARE[name](long, literal(Decimal(asked.seconds), Numeric())) for name, asked in self.given()]
        return self.on_empty.concluded(and_(*made))

    def given(self) -> list[tuple[str, Duration]]:
        """The comparisons that are asked."""
        return [(name, asked) for name in _COMPARE if (asked := getattr(self, name)) is not None]
