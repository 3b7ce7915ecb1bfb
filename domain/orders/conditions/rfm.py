"""rfm: recency, frequency and money, each as a score among all who ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, literal

from domain.orders.rfm.scores import LABEL, Score
from domain.refusal import ProblemCode
from domain.rules.claims import Claim
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.scoring import FEWEST, MOST, SCORES, Scoring, equal_parts
from domain.rules.terms import Terms, rfm_named
from domain.rules.tests import NumberTest, TextTest
from domain.rules.text.phrase import Phrase, equal, listed, tested
from domain.rules.window import ALL_TIME, Counted, Window
from domain.words import Says, Words

_ASKED = "recency, frequency, monetary, total"
_BY = f"config, {_ASKED}, label_"


@dataclass(frozen=True, slots=True)
class Rfm:
    """Scores among all customers who ordered in the window: 1 is the worst part of them, ``bins`` the best.

    With ``config`` scores, window and labels are those of a stored configuration.  UNKNOWN of whoever did not order.
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
        Phrase(f"rfm({{{_BY}}})", f"rfm({{{_BY}}})", says=Words(f"by RFM: {{{_BY}}}", f"RFM：{{{_BY}}}")),
    )
    config: Annotated[
        str | None,
        Says(Words("configuration", "配置"), "Its id or key; stored as the id.  It says bins, window and clock."),
        equal("config", "配置"),
    ] = None
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
    label_: Annotated[
        tuple[str, ...] | None,
        Says(Words("label", "标签"), "Keys of labels of the configuration."),
        *listed("label", "标签"),
    ] = None
    bins: Annotated[int, Says(Words("bins", "分档数"), ge=FEWEST, le=MOST)] = 5
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = False
    compares: ClassVar = True
    timely: ClassVar = True

    def facts(self, terms: Terms) -> Mapping[str, Score]:
        """The scores that are asked for, and the label."""
        scoring = self.scoring(terms)
        names = SCORES if self.total is not None else tuple(name for name in SCORES if getattr(self, name) is not None)
        return {name: Score(scoring, name) for name in (*names, *((LABEL,) if self.label_ is not None else ()))}

    def scoring(self, terms: Terms) -> Scoring:
        """The configuration's, or one of equal parts."""
        id_ = terms.rfm_id(self.config)
        return equal_parts(self.bins, self.window, self.clock) if id_ is None else terms.rfm[id_].scoring

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether the scores pass."""
        scores = dict(facts)
        if self.total is not None:
            scores["total"] = scores["recency"] + scores["frequency"] + scores["monetary"]
        asked = [(name, test) for name in scores if name != LABEL and (test := getattr(self, name)) is not None]
        passed = [test.holds(scores[name], moment) for name, test in asked]
        if self.label_ is not None:
            passed.append(facts[LABEL] == any_(literal(list(self.label_), ARRAY(Text()))))
        return and_(*passed)

    def settled(self, terms: Terms) -> Self:
        """The same with the configuration by id."""
        id_ = terms.rfm_id(self.config)
        return self if id_ is None else replace(self, config=rfm_named(id_))

    def shown(self, terms: Terms) -> Self:
        """The same by key, as texts name it."""
        id_ = terms.rfm_id(self.config)
        return self if id_ is None else replace(self, config=terms.rfm[id_].key)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """What each test says of its score, and of the label."""
        scoring = self.scoring(terms)
        for name, scale in zip(SCORES, scoring.scales, strict=True):
            test, below = getattr(self, name), Decimal(scale.parts + 1)
            if test is not None:
                yield Claim(Score(scoring, name), test, whole=True, least=Decimal(1), below=below)
        if self.total is not None:
            below = Decimal(sum(scale.parts for scale in scoring.scales) + 1)
            yield Claim(("total", scoring), self.total, whole=True, least=Decimal(len(SCORES)), below=below)
        if self.label_ is not None:
            yield Claim(Score(scoring, LABEL), TextTest(in_=self.label_))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """No test, a number of bins that cannot be, a configuration or label that is not known."""
        if all(test is None for test in (self.recency, self.frequency, self.monetary, self.total, self.label_)):
            yield issue((), "A test has at least one member.", "条件至少须有一个成员。")
        if isinstance(self.window, Counted):
            yield issue("window", "A window of time is wanted.", "须为时间窗。")
        if not FEWEST <= self.bins <= MOST:
            yield issue("bins", f"{FEWEST} to {MOST}.", f"须在 {FEWEST} 至 {MOST} 之间。")
        yield from self._named_issues(terms)

    def _named_issues(self, terms: Terms) -> Iterator[RuleIssue]:
        id_ = terms.rfm_id(self.config)
        if self.config is None:
            if self.label_ is not None:
                yield issue("label", "Labels are those of a configuration: name it.", "标签属于某一配置：请指明配置。")
            return
        if id_ is None:
            yield unknown("config", self.config, [each.key for each in terms.rfm.values()])
            return
        if (self.bins, self.window, self.clock) != (5, ALL_TIME, ClockZone.TENANT):
            yield issue("config", "The configuration says bins, window and clock.", "分档、时间窗与时钟由配置决定。")
        known = terms.rfm[id_].scoring.by_key
        for n, label in enumerate(self.label_ or ()):
            if label not in known:
                yield replace(unknown(("label", str(n)), label, known), code=ProblemCode.UNKNOWN_FIELD)
