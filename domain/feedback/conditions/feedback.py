"""feedback: an aggregate of the customer's answers in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.feedback.feedback import FeedbackKind, NpsBand
from domain.rules.aggregate import AggregateTest
from domain.rules.tests import NumberTest
from domain.rules.window import AllTime, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The customer's answers."""

    keyword: ClassVar = "feedback"
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    kind: Annotated[tuple[FeedbackKind, ...] | None, Says(Words("kinds", "类型"))] = None
    survey_key: Annotated[str | None, Says(Words("survey", "问卷"))] = None
    question_key: Annotated[str | None, Says(Words("question", "问题"))] = None
    score: Annotated[NumberTest | None, Says(Words("score", "评分"), "On the scale it was given on.")] = None
    band: Annotated[tuple[NpsBand, ...] | None, Says(Words("band", "分档"), "Answers to NPS questions only.")] = None
    window: Annotated[Window, Says(Words("when", "时间窗"))] = AllTime()
