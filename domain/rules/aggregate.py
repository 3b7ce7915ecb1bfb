"""Aggregates of the events in a window, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NamedTuple

from sqlalchemy import ColumnElement, Numeric, case, extract, literal_column, not_, type_coerce

from domain.rules.claims import Claim, Empty
from domain.rules.comparisons import ShareTest, TrendTest
from domain.rules.durations import EMPTY, EMPTY_AS, DurationTest, OnEmpty
from domain.rules.facts import Aggregate, Fact, Match, Source
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.moment import ClockZone, Moment
from domain.rules.seen import VALUES, Noun, Seen, Unit
from domain.rules.shape import Column, camel, only
from domain.rules.tests import NumberTest, TimeTest
from domain.rules.text.phrase import Phrase
from domain.rules.turns import Turns, turns_of
from domain.rules.window import Window, preceding
from domain.rules.worded import AGGREGATES
from domain.words import Says, Words

# Counts that only ask whether there is any row.
_ANY = (NumberTest(gt=Decimal(0)), NumberTest(gte=Decimal(1)))
_NONE = (NumberTest(eq=Decimal(0)), NumberTest(lte=Decimal(0)), NumberTest(lt=Decimal(1)))
_FUNCTIONS = {"first": "min", "last": "max", "recency": "max", "average_gap": "gap"}
_LENGTHS = ("span", "average_gap")
_ZERO = literal_column("0", Numeric())
_EMPTY = {OnEmpty.NO_MATCH: Empty.UNKNOWN, OnEmpty.MATCH: Empty.TRUE, OnEmpty.ZERO: Empty.ZERO}
Known = Mapping[str, ColumnElement[Any]]


class Fields(NamedTuple):
    """The fields of a source that can be aggregated: numbers, those whose different values are counted, amounts."""

    numbers: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    money: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A field, and a test of how many different values it has."""

    field: Annotated[str, Says(Words("field", "字段")), Column]
    test: Annotated[NumberTest, Says(Words("test", "条件"))]


@dataclass(frozen=True, slots=True)
class FieldNumberTest:
    """A field, and a test of its aggregate."""

    field: Annotated[str, Says(Words("field", "字段")), Column]
    test: Annotated[NumberTest, Says(Words("test", "条件"))]
    on_empty: Annotated[OnEmpty, EMPTY, EMPTY_AS] = OnEmpty.NO_MATCH

    def holds(self, value: ColumnElement[Any], moment: Moment) -> ColumnElement[bool]:
        """Whether the aggregate passes."""
        return self.on_empty.concluded(self.test.holds(self.on_empty.filled(value, _ZERO), moment))


@dataclass(frozen=True, slots=True)
class AggregateTest:
    """One aggregate, compared.  Without events count, distinct and sum are 0 and the others UNKNOWN."""

    one_of: ClassVar = True
    phrases: ClassVar = AGGREGATES
    exists: Annotated[bool | None, Says(Words("whether there is any", "是否存在"))] = None
    count: Annotated[NumberTest | None, Says(Words("how many", "次数"))] = None
    distinct: Annotated[FieldTest | None, Says(Words("how many different", "去重数"))] = None
    sum: Annotated[FieldNumberTest | None, Says(Words("sum", "合计"))] = None
    avg: Annotated[FieldNumberTest | None, Says(Words("mean", "平均"))] = None
    min: Annotated[FieldNumberTest | None, Says(Words("smallest", "最小"))] = None
    max: Annotated[FieldNumberTest | None, Says(Words("largest", "最大"))] = None
    stddev: Annotated[
        FieldNumberTest | None, Says(Words("standard deviation", "标准差"), "Of a sample: two or more.")
    ] = None
    first: Annotated[TimeTest | None, Says(Words("instant of the first", "首次时间"))] = None
    last: Annotated[TimeTest | None, Says(Words("instant of the last", "末次时间"))] = None
    recency: Annotated[DurationTest | None, Says(Words("how long ago the last was", "距末次多久"))] = None
    span: Annotated[DurationTest | None, Says(Words("from the first to the last", "首末间隔"), "No months.")] = None
    average_gap: Annotated[
        DurationTest | None, Says(Words("mean time to the next", "平均间隔"), "No months; of two or more.")
    ] = None
    trend: Annotated[TrendTest | None, Says(Words("change against the window before", "环比"))] = None
    share: Annotated[ShareTest | None, Says(Words("share of all", "占比"))] = None

    @property
    def presence(self) -> bool | None:
        """Whether there are to be rows, if nothing else is asked."""
        if self.count is not None:
            return True if self.count in _ANY else False if self.count in _NONE else None
        return self.exists

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""
        return only(self)[0] in ("exists", "count", "distinct", "sum")

    def facts(
        self,
        source: Source,
        where: tuple[Match, ...],
        window: Window,
        clock: ClockZone = ClockZone.TENANT,
        whole: tuple[Match, ...] = (),
    ) -> dict[str, Aggregate]:
        """What must be known of the rows that match; ``whole``: what rows match that a share is of."""
        name, test = only(self)
        if self.presence is not None:
            return {"value": Aggregate(source, "exists", None, where, window, clock)}
        function = test.fn.lower() if isinstance(test, TrendTest | ShareTest) else _FUNCTIONS.get(name, name)
        value = Aggregate(source, function, getattr(test, "field", None), where, window, clock)
        if self.trend is not None:
            return {"value": value, "base": replace(value, window=preceding(window) or window)}
        return {"value": value} | ({} if self.share is None else {"base": replace(value, where=whole)})

    def concluded(self, known: Known, moment: Moment) -> ColumnElement[bool]:
        """What is concluded from it."""
        value = known["value"]
        if self.presence is not None:
            return value if self.presence else not_(value)
        name, test = only(self)
        if isinstance(test, TrendTest | ShareTest):
            return test.holds(value, known["base"], moment)
        if name in _LENGTHS:
            made: ColumnElement[bool] = test.lasts(value)
        else:
            made = (test.test if isinstance(test, FieldTest) else test).holds(value, moment)
        return made

    def seen(self, known: Known, moment: Moment, noun: Noun, fields: Fields) -> Seen:
        """What is known, and the test it is put to.  Of presence the number is not known: null stands for some."""
        value, (name, test) = known["value"], only(self)
        if self.presence is not None:
            asked = NumberTest(gte=Decimal(1)) if self.presence else NumberTest(eq=Decimal(0))
            return Seen(case((not_(value), _ZERO)), Unit.COUNT, asked, noun)
        if isinstance(test, TrendTest | ShareTest):
            return Seen(test.measured(value, known["base"]), Unit.PERCENT, test.asked)
        match name:
            case "count":
                return Seen(value, Unit.COUNT, test, noun)
            case "distinct":
                return Seen(value, Unit.COUNT, test.test, VALUES)
            case "first" | "last":
                return Seen(value, Unit.INSTANT, test)
            case "recency":
                return Seen(type_coerce(extract("epoch", moment.now - value), Numeric()), Unit.SECONDS, test)
            case "span" | "average_gap":
                return Seen(value, Unit.SECONDS, test)
        return Seen(value, Unit.MONEY if test.field in fields.money else Unit.NUMBER, test.test)

    def turns(self, value: ColumnElement[Any], moment: Moment) -> Turns:
        """When what is asked of an event's instant turns."""
        return turns_of(only(self)[1], value, moment)

    def claim(self, facts: Mapping[str, Aggregate]) -> Claim:
        """What it says of the aggregate; whether there are rows is said of their number."""
        value = facts["value"]
        if self.presence is not None:
            there = NumberTest(gt=Decimal(0)) if self.presence else NumberTest(eq=Decimal(0))
            return claim_of_number(replace(value, function="count"), there)
        name, test = only(self)
        if isinstance(test, TrendTest | ShareTest):
            asked = test.change if isinstance(test, TrendTest) else test.share
            return Claim((name, *facts.items()), asked)
        subject: Any = value if len(facts) == 1 else tuple(facts.items())
        if isinstance(test, TimeTest):
            return Claim(subject, test)
        empty = _EMPTY[getattr(test, "on_empty", OnEmpty.NO_MATCH)]
        if isinstance(test, DurationTest):
            return Claim(("age", subject, None) if name == "recency" else subject, test, empty)
        if name == "sum":
            return Claim(subject, test.test, Empty.NEVER)
        return claim_of_number(subject, test if name == "count" else test.test, empty)

    def issues(self, fields: Fields, window: Window) -> Iterator[RuleIssue]:
        """A field that the source does not have, or cannot be aggregated so; a window it cannot be asked of."""
        name, test = only(self)
        place = ("having", name)
        if isinstance(test, TrendTest | ShareTest):
            yield from (found.below(place) for found in test.issues(fields.numbers, window))
        known = fields.distinct if name == "distinct" else fields.numbers
        if isinstance(test, FieldTest | FieldNumberTest) and test.field not in known:
            yield unknown((*place, "field"), camel(test.field), map(camel, known))
        if name in _LENGTHS:
            for member, asked in test.given():
                if asked.months:
                    yield issue((*place, member), "Say it in days: months differ in length.", "请用天：各月长短不一。")


def claim_of_number(subject: Fact, test: NumberTest, empty: Empty = Empty.UNKNOWN) -> Claim:
    """What is said of a number: how many there are is always known, whole, and not less than 0."""
    function = subject.function if isinstance(subject, Aggregate) else ""
    if function in ("count", "distinct"):
        return Claim(subject, test, Empty.NEVER, whole=True, least=Decimal(0))
    return Claim(subject, test, Empty.NEVER if function == "sum" else empty)


def aggregated(en: str, zh: str) -> tuple[Phrase, ...]:
    """The phrases of a condition with ``having`` and ``window``: there are such events, there are none, an aggregate.

    ``en`` and ``zh`` are the patterns of the events; sentences call them by the condition's ``subject``.
    """
    when, when_zh = "[{window}] [in {clock} time]", "[{window}] [以 {clock} 时间]"
    clock = Words("[ in {clock} time]", "[（按{clock}时间）]")
    return (
        Phrase(
            f"exists {en} {when}",
            f"存在 {zh} {when_zh}",
            {"having": AggregateTest(exists=True)},
            Words(f"there are {{subject}}[ {{window}}]{clock.en}", f"[{{window}}]有{{subject}}{clock.zh}"),
        ),
        Phrase(
            f"no {en} {when}",
            f"没有 {zh} {when_zh}",
            {"having": AggregateTest(exists=False)},
            Words(f"there are no {{subject}}[ {{window}}]{clock.en}", f"[{{window}}]没有{{subject}}{clock.zh}"),
        ),
        Phrase(
            f"{en}{{having}} [in {{clock}} time]",
            f"{zh}{{having}} [以 {{clock}} 时间]",
            says=Words(f"{{having}}{clock.en}", f"{{having}}{clock.zh}"),
        ),
    )
