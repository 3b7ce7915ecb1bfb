"""rfm: recency, frequency and money, each as a score among all who ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Integer, and_, cast, func, literal, literal_column

from domain.customers.population import Ranked, Ranking, Standing, TieRule
from domain.rules.claims import Claim
from domain.rules.issues import RuleIssue, issue
from domain.rules.metrics import MetricKey
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest
from domain.rules.text.phrase import Phrase, tested
from domain.rules.window import ALL_TIME, Counted, Window
from domain.words import Says, Words

_ONE = literal_column("1", Integer())
# Fewer days since the last order score higher.  Equal values have equal scores: those of the last of them.
_STANDINGS = (
    Standing(MetricKey.DAYS_SINCE_ORDER, largest=True, ties=TieRule.EXCLUDE),
    Standing(MetricKey.ORDER_COUNT, largest=False, ties=TieRule.EXCLUDE),
    Standing(MetricKey.NET_SPEND, largest=False, ties=TieRule.EXCLUDE),
)
_SCORES = ("recency", "frequency", "monetary")
FEWEST, MOST = 2, 10
_ASKED = "recency, frequency, monetary, total"


@dataclass(frozen=True, slots=True)
class Rfm:
    """Scores among all customers who ordered in the window: 1 is the worst part of them, ``bins`` the best.

    UNKNOWN of whoever did not.
    """

    asks: ClassVar = True
    keyword: ClassVar = "rfm"
    example: ClassVar = "rfm(recency >= 4, monetary = 5) over last 1 year"
    phrases: ClassVar = (
        Phrase(
            f"rfm({{{_ASKED}}}) [bins {{bins}}] [{{window}}] [in {{clock}} time]",
            f"rfm({{{_ASKED}}}) [分档 {{bins}}] [{{window}}] [以 {{clock}} 时间]",
            says=Words(
                f"the RFM scores (of {{bins}}): {{{_ASKED}}}[ {{window}}][ in {{clock}} time]",
                f"[{{window}}]RFM 评分（{{bins}}档）：{{{_ASKED}}}[（按{{clock}}时间）]",
            ),
        ),
    )
    recency: Annotated[
        NumberTest | None, Says(Words("recency", "近度"), "By days since the last order."), tested("recency", "近度")
    ] = None
    frequency: Annotated[
        NumberTest | None, Says(Words("frequency", "频度"), "By the number of orders."), tested("frequency", "频度")
    ] = None
    monetary: Annotated[
        NumberTest | None, Says(Words("monetary", "额度"), "By net spend."), tested("monetary", "额度")
    ] = None
    total: Annotated[NumberTest | None, Says(Words("total", "总分"), "Sum of the three."), tested("total", "总分")] = (
        None
    )
    bins: Annotated[int, Says(Words("bins", "分档数"), ge=FEWEST, le=MOST)] = 5
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = False
    compares: ClassVar = True
    timely: ClassVar = True

    def facts(self, terms: Terms) -> Mapping[str, Ranked]:
        """The three places, and of how many."""
        del terms
        ranking = Ranking(_STANDINGS, self.window, self.clock)
        places = {name: Ranked(ranking, f"place_{n}") for n, name in enumerate(_SCORES)}
        return places | {"size": Ranked(ranking, "size")}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether the scores pass."""
        bins, size = literal(self.bins, Integer()), facts["size"]
        scores: dict[str, ColumnElement[Any]] = {
            name: cast(func.div(facts[name] * bins + size - _ONE, size), Integer()) for name in _SCORES
        }
        scores["total"] = scores["recency"] + scores["frequency"] + scores["monetary"]
        asked = [(name, test) for name in scores if (test := getattr(self, name)) is not None]
        return and_(*(test.holds(scores[name], moment) for name, test in asked))

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """What each test says of its score."""
        ranking = self.facts(terms)["size"]
        for n, name in enumerate((*_SCORES, "total")):
            test, times = getattr(self, name), 1 if n < len(_SCORES) else len(_SCORES)
            if test is not None:
                most = Decimal(times * self.bins + 1)
                yield Claim((name, self.bins, ranking), test, whole=True, least=Decimal(times), below=most)

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """No test, or a number of bins that cannot be."""
        del terms
        if all(test is None for test in (self.recency, self.frequency, self.monetary, self.total)):
            yield issue((), "A test has at least one member.", "条件至少须有一个成员。")
        if isinstance(self.window, Counted):
            yield issue("window", "A window of time is wanted.", "须为时间窗。")
        if not FEWEST <= self.bins <= MOST:
            yield issue("bins", f"{FEWEST} to {MOST}.", f"须在 {FEWEST} 至 {MOST} 之间。")
