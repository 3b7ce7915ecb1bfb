"""rank: where the customer stands among others by a metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from sqlalchemy import ARRAY, ColumnElement, Integer, Numeric, any_, case, cast, false, func, literal, literal_column
from sqlalchemy.dialects.postgresql import array

from domain.customers.conditions.metric import window_issues
from domain.customers.population import Ranked, Ranking, Standing, TieRule
from domain.rules.claims import Claim, Empty
from domain.rules.issues import RuleIssue, issue
from domain.rules.metrics import METRIC, MetricKey
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.seen import Seen, Unit
from domain.rules.shape import camel, only
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest
from domain.rules.text.phrase import Named, Phrase
from domain.rules.tree import Rule
from domain.rules.window import ALL_TIME, Window
from domain.words import Says, Words

MOST_QUANTILES, MOST_PLACES = 1_000, 10**9
_ONE, _HUNDRED = literal_column("1", Integer()), literal_column("100", Integer())


@dataclass(frozen=True, slots=True)
class QuantileTest:
    """So many parts of equal size, and which of them are meant: 1 has the smallest values."""

    of: Annotated[int, Says(Words("parts", "等份数"), "5: quintiles.")]
    in_: Annotated[tuple[int, ...], Says(Words("which", "第几份"))]


@dataclass(frozen=True, slots=True)
class RankTest:
    """Where somebody stands.  Of a percentage a started customer counts as a whole one."""

    one_of: ClassVar = True
    top_percent: Annotated[Decimal | None, Says(Words("largest percent", "最大的百分之几"), unit="%")] = None
    bottom_percent: Annotated[Decimal | None, Says(Words("smallest percent", "最小的百分之几"), unit="%")] = None
    top_n: Annotated[int | None, Says(Words("largest", "最大的几名"))] = None
    bottom_n: Annotated[int | None, Says(Words("smallest", "最小的几名"))] = None
    quantile: Annotated[QuantileTest | None, Says(Words("quantile", "分位"))] = None

    @property
    def largest(self) -> bool:
        """Whether the largest value comes first."""
        return self.top_percent is not None or self.top_n is not None

    def holds(self, place: ColumnElement[Any], size: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a place of so many passes."""
        percent = self.top_percent if self.top_percent is not None else self.bottom_percent
        if percent is not None:
            return (place - _ONE) * _HUNDRED < size * literal(percent, Numeric())
        if self.quantile is not None:
            parts = literal(self.quantile.of, Integer())
            part = cast(func.div(place * parts + size - _ONE, size), Integer())
            return part == any_(literal(list(self.quantile.in_), ARRAY(Integer())))
        return place <= literal(self.top_n if self.top_n is not None else self.bottom_n, Integer())

    def issues(self) -> Iterator[RuleIssue]:
        """Percentages, places and parts that cannot be."""
        name, asked = only(self)
        if isinstance(asked, Decimal) and not 0 < asked <= 100:
            yield issue(("test", camel(name)), "More than 0, at most 100.", "须大于 0 且不超过 100。")
        if isinstance(asked, int) and not 1 <= asked <= MOST_PLACES:
            yield issue(("test", camel(name)), f"1 to {MOST_PLACES}.", f"须在 1 至 {MOST_PLACES} 之间。")
        if isinstance(asked, QuantileTest):
            if not 2 <= asked.of <= MOST_QUANTILES:
                yield issue(("test", "quantile", "of"), f"2 to {MOST_QUANTILES}.", f"须为 2 至 {MOST_QUANTILES}。")
            elif not all(1 <= part <= asked.of for part in asked.in_):
                yield issue(("test", "quantile", "in"), f"1 to {asked.of}.", f"须在 1 至 {asked.of} 之间。")


def _phrase(en: str, zh: str, says: Words) -> Phrase:
    more = ("[{window}] [among ({population})] [ties {ties}] [in {clock} time]",
            "[{window}] [总体 ({population})] [并列 {ties}] [以 {clock} 时间]")  # fmt: skip
    end = Words(
        "[ {window}][ among those of whom {population}][ (ties: {ties})][ in {clock} time]",
        "[（总体：{population}）][（并列：{ties}）][（按{clock}时间）]",
    )
    return Phrase(f"{en} by {{by}} {more[0]}", f"{zh} 按 {{by}} {more[1]}",
                  says=Words(f"{says.en} by {{by}}{end.en}", f"[{{window}}]按{{by}}{says.zh}{end.zh}"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rank:
    """Where the customer stands by a metric.  Who is not in the population or has no value is on no list: FALSE."""

    keyword: ClassVar = "rank"
    example: ClassVar = "top 20 % by net_spend over last 1 year"
    phrases: ClassVar = (
        _phrase("top {test.top_percent} %", "前 {test.top_percent} %",
                Words("is in the top {test.top_percent} %", "排在前{test.top_percent}%")),
        _phrase("bottom {test.bottom_percent} %", "后 {test.bottom_percent} %",
                Words("is in the bottom {test.bottom_percent} %", "排在后{test.bottom_percent}%")),
        _phrase("top {test.top_n}", "前 {test.top_n}", Words("is among the top {test.top_n}", "排在前{test.top_n}名")),
        _phrase("bottom {test.bottom_n}", "后 {test.bottom_n}",
                Words("is among the bottom {test.bottom_n}", "排在后{test.bottom_n}名")),
        _phrase("quantile ({test.quantile.in_}) of {test.quantile.of}",
                "分位 ({test.quantile.in_}) 项于 {test.quantile.of}",
                Words("is in part {test.quantile.in_} of {test.quantile.of}",
                      "处于{test.quantile.of}等份中的第{test.quantile.in_}份")),
    )  # fmt: skip
    by: Annotated[MetricKey, Says(Words("metric", "指标")), METRIC]
    test: Annotated[RankTest, Says(Words("test", "条件"))]
    window: Annotated[Window, Says(Words("when", "时间窗"), "Of the events it is measured by.")] = ALL_TIME
    population: Annotated[Rule | None, Says(Words("population", "总体"), "All customers when left out.")] = None
    ties: Annotated[TieRule, Says(Words("ties", "并列")), Named()] = TieRule.INCLUDE
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = True
    compares: ClassVar = True

    def facts(self, terms: Terms) -> Mapping[str, Ranked]:
        """The place, and of how many."""
        del terms
        ranking = Ranking((self._standing,), self.window, self.clock, self.population)
        return {"place": Ranked(ranking, "place_0"), "size": Ranked(ranking, "size")}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether the place passes."""
        del moment
        return func.coalesce(self.test.holds(facts["place"], facts["size"]), false())

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The place, and of how many; null of who is on no list."""
        del moment
        place = case((facts["place"].is_not(None), array([facts["place"], facts["size"]])))
        return Seen(place, Unit.PLACE)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """That the place, or the share of those who stand before, is small enough; a quantile is a claim of its own."""
        facts, (name, most) = self.facts(terms), only(self.test)
        if name.endswith("percent"):
            before = ("share before", facts["place"])
            yield Claim(before, NumberTest(lt=most), Empty.FALSE, least=Decimal(0), below=Decimal(100))
        elif name != "quantile":
            yield Claim(facts["place"], NumberTest(lte=Decimal(most)), Empty.FALSE, whole=True, least=Decimal(1))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A window that changes nothing, a place that cannot be."""
        yield from window_issues(self.by, self.window, terms)
        yield from self.test.issues()

    @property
    def _standing(self) -> Standing:
        """Of quantiles equal values all fall into the upper part, or all into the lower, as their places do."""
        if self.test.quantile is None:
            return Standing(self.by, self.test.largest, self.ties)
        swapped = {TieRule.INCLUDE: TieRule.EXCLUDE, TieRule.EXCLUDE: TieRule.INCLUDE}
        return Standing(self.by, False, swapped.get(self.ties, self.ties))
