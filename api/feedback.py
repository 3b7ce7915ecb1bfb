"""Feedback over GraphQL: answers, and the satisfaction of a group."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from api.graph.field import Same, many, masked, one, pages, write, write_each
from api.scopes import Scope
from api.views import view
from domain.customers.masks import masked_comment
from domain.feedback import feedback, measures, metrics, read, trend
from domain.recording import contacts
from domain.refusal import Invalid
from domain.words import Says, Words

LOW = Annotated[Decimal, Says(Words("lower bound", "下限"))]
HIGH = Annotated[Decimal, Says(Words("upper bound", "上限"))]
N = Annotated[int, Says(Words("number of answers that count", "计入的答复数"))]
MEAN = Annotated[Decimal | None, Says(Words("mean score", "平均分"), "Null without answers.")]


@view(feedback.Feedback, "fbk", by_id=read.feedback_of_id, requires=Scope.FEEDBACK_READ)
class Feedback:
    survey_key: Same
    question_key: Same
    kind: Same
    score: Same
    scale_min: Same
    scale_max: Same
    comment: Same = masked(Scope.PII_READ, masked_comment)
    channel: Same
    submitted_at: Same
    customer = one(read.customer_of)
    order = one(read.order_of)


@view()
class Nps:
    """Net promoter score, from -100 to 100, with its 95 % interval."""

    score: Annotated[Decimal, Says(Words("score", "得分"))]
    low: LOW
    high: HIGH
    promoters: Annotated[int, Says(Words("answers of 9 and 10", "推荐者"))]
    passives: Annotated[int, Says(Words("answers of 7 and 8", "被动者"))]
    detractors: Annotated[int, Says(Words("answers of 0 to 6", "贬损者"))]


@view()
class Csat:
    """Share of satisfied answers, from 0 to 1, with its 95 % interval."""

    ratio: Annotated[Decimal, Says(Words("share", "占比"))]
    low: LOW
    high: HIGH
    satisfied: Annotated[int, Says(Words("satisfied answers", "满意数"))]


@view()
class FeedbackMetrics:
    """How satisfied a group is, computed now from its answers."""

    n: N
    mean: MEAN
    nps: "Nps | None" = one(measures.nps_of)
    csat: "Csat | None" = one(measures.csat_of)


@view()
class FeedbackPoint:
    """How satisfied a group was in one period."""

    period: Annotated[date, Says(Words("first day of the period", "期初日"))]
    n: N
    mean: MEAN
    nps: "Nps | None" = one(measures.nps_of)
    csat: "Csat | None" = one(measures.csat_of)


@view.query
class FeedbackQueries:
    feedback = pages(read.feedback, by=read.RECORDED, requires=Scope.FEEDBACK_READ)
    feedback_metrics: "FeedbackMetrics" = one(
        metrics.feedback_metrics, past=True, proven=True, cost=10, requires=Scope.FEEDBACK_READ
    )
    feedback_trend: "list[FeedbackPoint]" = many(trend.feedback_trend, past=True, cost=20, requires=Scope.FEEDBACK_READ)


@view.mutation
class FeedbackMutations:
    feedback_submit = write(
        contacts.feedback_submit, row="feedback", problems=(Invalid,), requires=Scope.FEEDBACK_WRITE
    )
    feedback_record = write_each(
        contacts.feedback_record, row="feedback", problems=(Invalid,), requires=Scope.FEEDBACK_WRITE
    )
