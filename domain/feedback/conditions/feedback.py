"""feedback: an aggregate of the customer's answers in a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, literal_column, or_, type_coerce

from domain.feedback.feedback import Feedback, FeedbackKind, NpsBand
from domain.rules.aggregate import AggregateTest, Fields, aggregated
from domain.rules.claims import Claim
from domain.rules.facts import Aggregate, Columns, Fact, Match, Opened, Passes, Source
from domain.rules.issues import RuleIssue
from domain.rules.metrics import Metric, MetricKey, itself
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.seen import Noun, Seen
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest, TextTest
from domain.rules.text.phrase import equal, listed, tested
from domain.rules.turns import Reading, Turns
from domain.rules.window import ALL_TIME, AnchorField, Window
from domain.words import Says, Words


@cache
def _feedback() -> Opened:
    f = Feedback.__table__.alias("f")
    columns = {"kind": type_coerce(f.c.kind, Text()), "score": f.c.score}
    keys = {"survey_key": f.c.survey_key, "question_key": f.c.question_key}
    return Opened(f, f.c.customer_id, f.c.submitted_at, f.c.id, columns | keys)


FEEDBACK = Source("feedback", 2, _feedback, Noun("answer", "answers", "条反馈"))
FIELDS = Fields(numbers=("score",))
_BANDS = {
    NpsBand.PROMOTER: ((">=", "9"),),
    NpsBand.PASSIVE: ((">", "6"), ("<", "9")),
    NpsBand.DETRACTOR: (("<=", "6"),),
}


def _scored(kind: str) -> tuple[Match, ...]:
    """Answers to questions of a kind that have a score."""
    return (Passes("kind", TextTest(in_=(kind,))), Passes("score", NumberTest(is_null=False)))


@dataclass(frozen=True, slots=True)
class InBand(Match):
    """An answer to an NPS question lies in one of the bands."""

    bands: tuple[NpsBand, ...]

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it does."""
        del moment
        bands = [
            and_(*(row["score"].bool_op(operator)(literal_column(bound)) for operator, bound in _BANDS[band]))
            for band in self.bands
        ]
        return and_(row["kind"] == literal_column(f"'{FeedbackKind.NPS}'", Text()), or_(*bands))


_FILTER = "kind, survey_key, question_key, score, band"


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The customer's answers."""

    keyword: ClassVar = "feedback"
    example: ClassVar = 'exists feedback(band = "promoter") over last 90 days'
    measured: ClassVar = FIELDS
    phrases: ClassVar = aggregated(f"feedback[({{{_FILTER}}})]", f"反馈[({{{_FILTER}}})]")
    subject: ClassVar = Words(f"answers[ ({{{_FILTER}}})]", f"反馈[（{{{_FILTER}}}）]")
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    kind: Annotated[tuple[FeedbackKind, ...] | None, Says(Words("kinds", "类型")), *listed("kind", "类型")] = None
    survey_key: Annotated[str | None, Says(Words("survey", "问卷")), equal("survey", "问卷")] = None
    question_key: Annotated[str | None, Says(Words("question", "问题")), equal("question", "问题")] = None
    score: Annotated[
        NumberTest | None, Says(Words("score", "评分"), "On the scale it was given on."), tested("score", "评分")
    ] = None
    band: Annotated[
        tuple[NpsBand, ...] | None,
        Says(Words("band", "分档"), "Answers to NPS questions only."),
        *listed("band", "分档"),
    ] = None
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    metrics: ClassVar[Mapping[MetricKey, Metric]] = {
        MetricKey.NPS_LAST: Metric(
            Words("score of the last NPS answer", "最近一次 NPS 评分"),
            lambda window, clock: {"value": Aggregate(FEEDBACK, "latest", "score", _scored("NPS"), window, clock)},
            itself,
        ),
        MetricKey.CSAT_AVG: Metric(
            Words("mean CSAT score", "CSAT 平均分"),
            lambda window, clock: {"value": Aggregate(FEEDBACK, "avg", "score", _scored("CSAT"), window, clock)},
            itself,
        ),
    }
    anchors: ClassVar[Mapping[AnchorField, Fact]] = {AnchorField.LAST_FEEDBACK_AT: Aggregate(FEEDBACK, "max")}

    @property
    def certain(self) -> bool:
        """Whether it is never UNKNOWN."""
        return self.having.certain

    def facts(self, terms: Terms) -> Mapping[str, Aggregate]:
        """The aggregate."""
        del terms
        return self.having.facts(FEEDBACK, self._matches(), self.window, self.clock)

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of it."""
        return self.having.concluded(facts, moment)

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The aggregate."""
        return self.having.seen(facts, moment, FEEDBACK.noun, FIELDS)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When what is asked of an answer's instant turns."""
        return self.having.turns(value, reading.moment)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """What the test says of the aggregate."""
        yield self.having.claim(self.facts(terms))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that cannot be aggregated."""
        del terms
        yield from self.having.issues(FIELDS, self.window)

    def _matches(self) -> tuple[Match, ...]:
        wanted = {
            "kind": self.kind,
            "survey_key": None if self.survey_key is None else (self.survey_key,),
            "question_key": None if self.question_key is None else (self.question_key,),
        }
        made: list[Match] = [
            Passes(name, TextTest(in_=values)) for name, values in wanted.items() if values is not None
        ]
        made += [] if self.score is None else [Passes("score", self.score)]
        made += [] if self.band is None else [InBand(self.band)]
        return tuple(made)
