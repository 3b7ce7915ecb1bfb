"""Aggregates compared with others: with the window before, and with the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import ColumnElement, Numeric, case, literal_column

from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.moment import Moment
from domain.rules.shape import Column, camel
from domain.rules.tests import NumberTest
from domain.rules.window import Counted, Window, preceding
from domain.words import Says, Words

_ZERO, _HUNDRED = (literal_column(text, Numeric()) for text in ("0", "100"))


class TrendFunction(StrEnum):
    """What is compared over time."""

    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"


class ShareFunction(StrEnum):
    """What is compared with the whole."""

    COUNT = "COUNT"
    SUM = "SUM"


@dataclass(frozen=True, slots=True)
class TrendTest:
    """How much more there is than in the equally long window right before, in percent: -30 is 30 % less.

    UNKNOWN unless there was more than 0 then.
    """

    fn: Annotated[TrendFunction, Says(Words("function", "函数"))]
    change: Annotated[NumberTest, Says(Words("change", "变化"), unit="%")]
    field: Annotated[str | None, Says(Words("field", "字段"), "Of a sum or mean."), Column] = None

    def holds(self, value: ColumnElement[Any], base: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether the change passes."""
        return self.change.holds(self.measured(value, base), moment)

    def measured(self, value: ColumnElement[Any], base: ColumnElement[Any]) -> ColumnElement[Any]:
        """The change."""
        return case((base > _ZERO, _HUNDRED * (value - base) / base))

    @property
    def asked(self) -> NumberTest:
        """What it is put to."""
        return self.change

    def issues(self, numbers: tuple[str, ...], window: Window) -> Iterator[RuleIssue]:
        """A field that cannot be compared, a window that has none before it."""
        yield from _field_issues(self.field, self.fn is TrendFunction.COUNT, numbers)
        if preceding(window) is None:
            yield issue((), "This window has none before it: say last, ago, between or a period.",
                        "此时间窗没有紧邻的前一窗：请用 last、ago、between 或周期。")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShareTest:
    """How much of all the customer's events in the window those that match are, in percent.

    UNKNOWN unless all of them are more than 0.
    """

    fn: Annotated[ShareFunction, Says(Words("function", "函数"))]
    share: Annotated[NumberTest, Says(Words("share", "占比"), unit="%")]
    field: Annotated[str | None, Says(Words("field", "字段"), "Of a sum."), Column] = None

    def holds(self, value: ColumnElement[Any], base: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether the share passes."""
        return self.share.holds(self.measured(value, base), moment)

    def measured(self, value: ColumnElement[Any], base: ColumnElement[Any]) -> ColumnElement[Any]:
        """The share."""
        return case((base > _ZERO, _HUNDRED * value / base))

    @property
    def asked(self) -> NumberTest:
        """What it is put to."""
        return self.share

    def issues(self, numbers: tuple[str, ...], window: Window) -> Iterator[RuleIssue]:
        """A field that cannot be summed, a window of events that match, of which all match."""
        yield from _field_issues(self.field, self.fn is ShareFunction.COUNT, numbers)
        if isinstance(window, Counted):
            yield issue((), "A share is of a window of time.", "占比须基于时间窗。")


def _field_issues(field: str | None, counts: bool, numbers: tuple[str, ...]) -> Iterator[RuleIssue]:
    if counts and field is not None:
        yield issue("field", "A count has no field.", "计数不取字段。")
    elif not counts and field is None:
        yield issue("field", "This is required.", "此项必填。")
    elif field is not None and field not in numbers:
        yield unknown("field", camel(field), map(camel, numbers))
