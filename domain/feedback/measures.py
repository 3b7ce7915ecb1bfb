"""Satisfaction of a group, computed when asked: NPS, CSAT and the mean, each with its interval.

Score and bounds are percentages (NPS) or shares from 0 to 1 (CSAT), null without an answer.
Sources: Reichheld 2003 (NPS); Agresti and Coull 1998, widened to three outcomes (its interval); Wilson 1927 (CSAT).
"""

from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Numeric,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from domain.customers.presence import among_somebodies
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.words import Says, Words

Z = literal_column("1.959964", Numeric())  # 95 %
# Added to the answers before the interval is taken: 3 pseudo answers, three quarters of them at each end.
PSEUDO_ANSWERS, PSEUDO_ENDS = literal_column("3", Numeric()), literal_column("0.75", Numeric())
# 4 and 5 of 1 to 5; the same share of any other scale.
SATISFIED_FROM = literal_column("0.75", Numeric())
HUNDRED, ONE, TWO, FOUR = (literal_column(text, Numeric()) for text in ("100", "1", "2", "4"))


class FeedbackDedupe(StrEnum):
    """Which answers of a customer count: the latest in the window, or all."""

    LATEST_PER_CUSTOMER = "LATEST_PER_CUSTOMER"
    ALL_RESPONSES = "ALL_RESPONSES"


Dedupe = Annotated[FeedbackDedupe, Says(Words("dedupe", "去重"), "Which answers of a customer count.")]


def rounded(value: ColumnElement[Any], digits: int) -> ColumnElement[Any]:
    """``value`` at so many decimals, half to even: PostgreSQL's own round() goes half away from zero."""
    factor = literal_column(str(10**digits), Numeric())
    scaled = value * factor
    tie = func.abs(scaled - func.trunc(scaled)) == literal_column("0.5", Numeric())
    even = func.round(scaled / TWO) * TWO
    made = case((tie, even), else_=func.round(scaled)) / factor
    return cast(made, Numeric(20, digits))


def answers(
    kind: FeedbackKind,
    within: ColumnElement[bool],
    members: Select[Any] | None,
    dedupe: FeedbackDedupe,
) -> FromClause:
    """The scores that count, one row each.  An anonymous answer is a customer of its own."""
    rows = (
        select(Feedback.score, Feedback.scale_min, Feedback.scale_max)
        .where(Feedback.kind == literal(kind.value, Text()), Feedback.score.is_not(None), within)
        .correlate_except(Feedback)  # ``within`` may name the period of an enclosing row
    )
    whose = Feedback.customer_id
    rows = rows.where(among_somebodies(whose) if members is None else whose.in_(members))
    if dedupe is FeedbackDedupe.LATEST_PER_CUSTOMER:
        once = func.coalesce(whose, Feedback.id)
        rows = rows.ext(distinct_on(once)).order_by(once, Feedback.submitted_at.desc(), Feedback.id.desc())
    return rows.subquery("answers")


def measured(
    kind: FeedbackKind,
    within: ColumnElement[bool],
    members: Select[Any] | None = None,
    dedupe: FeedbackDedupe = FeedbackDedupe.LATEST_PER_CUSTOMER,
) -> Select[Any]:
    """One row: how many answers, how many of each band, how many satisfied, and the mean score.

    ``within`` is a condition on ``Feedback.submitted_at``; ``members`` yields customer ids, null means everybody
    who is not gone.
    """
    found = answers(kind, within, members, dedupe)
    score, low, high = found.c.score, found.c.scale_min, found.c.scale_max
    n = func.count()
    promoters = n.filter(score >= literal_column("9"))
    detractors = n.filter(score <= literal_column("6"))
    satisfied = n.filter(score >= low + SATISFIED_FROM * (high - low))
    return select(
        literal(kind.value, Text()).label("kind"),
        _count(n).label("n"),
        _count(promoters).label("promoters"),
        _count(n.filter(score > literal_column("6"), score < literal_column("9"))).label("passives"),
        _count(detractors).label("detractors"),
        _count(satisfied).label("satisfied"),
        rounded(func.avg(score), 2).label("mean"),
    ).select_from(found)


def nps_of(metrics: type[Any]) -> Select[Any]:
    """Net promoter score with its 95 % interval; null without answers, or when the kind is not NPS."""
    n, promoters, detractors = (cast(c, Numeric()) for c in (metrics.n, metrics.promoters, metrics.detractors))
    shrunk = n + PSEUDO_ANSWERS
    up, down = (promoters + PSEUDO_ENDS) / shrunk, (detractors + PSEUDO_ENDS) / shrunk
    middle = up - down
    spread = Z * func.sqrt((up + down - middle * middle) / shrunk)
    return select(
        rounded(HUNDRED * (promoters - detractors) / func.nullif(n, literal_column("0")), 1).label("score"),
        rounded(HUNDRED * func.greatest(middle - spread, -ONE), 1).label("low"),
        rounded(HUNDRED * func.least(middle + spread, ONE), 1).label("high"),
        metrics.promoters.label("promoters"),
        metrics.passives.label("passives"),
        metrics.detractors.label("detractors"),
    ).where(metrics.kind == literal_column("'NPS'", Text()), metrics.n > literal_column("0", Integer()))


def csat_of(metrics: type[Any]) -> Select[Any]:
    """Share of satisfied answers with its 95 % Wilson interval; null without answers."""
    n = cast(metrics.n, Numeric())
    share = cast(metrics.satisfied, Numeric()) / func.nullif(n, literal_column("0"))
    middle = share + Z * Z / (TWO * n)
    spread = Z * func.sqrt(share * (ONE - share) / n + Z * Z / (FOUR * n * n))
    whole = ONE + Z * Z / n
    return select(
        rounded(share, 4).label("ratio"),
        rounded((middle - spread) / whole, 4).label("low"),
        rounded((middle + spread) / whole, 4).label("high"),
        metrics.satisfied.label("satisfied"),
    ).where(metrics.n > literal_column("0", Integer()))


def _count(counted: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(counted, Integer)
