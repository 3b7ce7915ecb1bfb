"""Aggregates of the events in a window, and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.rules.tests import DurationTest, NumberTest, TimeTest
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A field, and a test of how many different values it has."""

    field: Annotated[str, Says(Words("field", "字段"))]
    test: Annotated[NumberTest, Says(Words("test", "条件"))]


@dataclass(frozen=True, slots=True)
class FieldNumberTest:
    """A field, and a test of its aggregate."""

    field: Annotated[str, Says(Words("field", "字段"))]
    test: Annotated[NumberTest, Says(Words("test", "条件"))]


@dataclass(frozen=True, slots=True)
class AggregateTest:
    """One aggregate, compared.  Without events count, distinct and sum are 0 and the others UNKNOWN."""

    one_of: ClassVar = True
    exists: Annotated[bool | None, Says(Words("whether there is any", "是否存在"))] = None
    count: Annotated[NumberTest | None, Says(Words("how many", "次数"))] = None
    distinct: Annotated[FieldTest | None, Says(Words("how many different", "去重数"))] = None
    sum: Annotated[FieldNumberTest | None, Says(Words("sum", "合计"))] = None
    avg: Annotated[FieldNumberTest | None, Says(Words("mean", "平均"))] = None
    min: Annotated[FieldNumberTest | None, Says(Words("smallest", "最小"))] = None
    max: Annotated[FieldNumberTest | None, Says(Words("largest", "最大"))] = None
    first: Annotated[TimeTest | None, Says(Words("instant of the first", "首次时间"))] = None
    last: Annotated[TimeTest | None, Says(Words("instant of the last", "末次时间"))] = None
    recency: Annotated[DurationTest | None, Says(Words("how long ago the last was", "距末次多久"))] = None
