"""Scores of customers in SQL: beside all who ordered, or by fixed bounds.

A scale of equal parts is ``ceil(parts * cume_dist)``: equal values have equal scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Numeric,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from domain.customers.population import Ranking, Standing, TieRule
from domain.rules.facts import Asked
from domain.rules.metrics import MetricKey
from domain.rules.plan import Plan
from domain.rules.scoring import SCORES, Scale, Scoring, given

_ONE = literal_column("1", Integer())
# Fewer days since the last order score higher.  Equal values have equal scores: those of the last of them.
MEASURES = (
    (MetricKey.DAYS_SINCE_ORDER, True),
    (MetricKey.ORDER_COUNT, False),
    (MetricKey.NET_SPEND, False),
)
LABEL = "label"


def ranking(scoring: Scoring) -> Ranking:
    """All who ordered in the window, beside one another."""
    scales = scoring.scales
    standings = tuple(
        Standing(by, largest, TieRule.EXCLUDE, placed=scale.bins is not None)
        for (by, largest), scale in zip(MEASURES, scales, strict=True)
    )
    valued = any(scale.bins is None for scale in scales)
    return Ranking(standings, scoring.window, scoring.clock, valued=valued)


@dataclass(frozen=True, slots=True)
class Score(Asked):
    """One of the three scores, or the label ('' where none fits); null of whoever did not order in the window."""

    scoring: Scoring
    name: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The metrics that customers are scored by."""
        return tuple(by.name for by, _ in MEASURES)

    def found(self, plan: Plan) -> ColumnElement[Any]:
        """The value; what it is read from is joined once."""
        ranked = ranking(self.scoring)
        line = plan.table(ranked, partial(ranked.table, plan)).c
        if self.name != LABEL:
            return _scored(self.scoring, SCORES.index(self.name), line)
        scores = [_scored(self.scoring, n, line) for n in range(len(SCORES))]
        return case((line.size.is_not(None), labelled(self.scoring, scores, [*self.scoring.by_key])))


def _scored(scoring: Scoring, n: int, line: Any) -> ColumnElement[Any]:
    """The score of a line of the ranking."""
    scale = scoring.scales[n]
    if scale.bins is None:
        return by_bounds(line[f"value_{n}"], _bounds(scale), MEASURES[n][1])
    bins, size = literal(scale.bins, Integer()), line["size"]
    return cast(func.div(line[f"place_{n}"] * bins + size - _ONE, size), Integer())


def by_bounds(value: Any, bounds: Sequence[Any], fewer: bool) -> ColumnElement[Any]:
    """1 and one more for each bound that is reached; null of no value."""
    reached = [value <= bound if fewer else value >= bound for bound in bounds]
    score: ColumnElement[Any] = _ONE
    for passed in reached:
        score = score + func.coalesce(cast(passed, Integer()), literal_column("0", Integer()))
    return case((value.is_not(None), score))


def labelled(scoring: Scoring, scores: Sequence[Any], said: Sequence[str]) -> ColumnElement[Any]:
    """Of the labels' words ``said`` that of the first label that fits; '' if none does."""
    whens = [
        (or_(*(_fits(pattern, scores) for pattern in label.scores)), literal(word, Text()))
        for label, word in zip(scoring.labels or (), said, strict=True)
    ]
    nothing = literal_column("''", Text())
    return case(*whens, else_=nothing) if whens else nothing


def _fits(pattern: Any, scores: Sequence[Any]) -> ColumnElement[bool]:
    return and_(true(), *(scores[n] == any_(literal(list(wanted), ARRAY(Integer()))) for n, wanted in given(pattern)))


def _bounds(scale: Scale) -> list[ColumnElement[Any]]:
    return [literal(bound, Numeric()) for bound in scale.bounds or ()]


def cuts(scoring: Scoring, plan: Plan) -> list[list[ColumnElement[Any]]]:
    """The bounds of each scale: those given, or where the parts of all who ordered begin.

    They are found once, however many customers are scored by them.
    """
    ranked = replace(ranking(scoring), valued=True).table(plan)
    begins = {(n, part): begin for n in range(len(SCORES)) for part, begin in _begins(scoring, n, ranked)}
    if not begins:
        return [_bounds(scale) for scale in scoring.scales]
    row = select(*(begin.label(f"cut_{n}_{part}") for (n, part), begin in begins.items()))
    found = row.cte().prefix_with("MATERIALIZED")
    return [
        [select(found.c[f"cut_{n}_{part}"]).scalar_subquery() for m, part in begins if m == n] or _bounds(scale)
        for n, scale in enumerate(scoring.scales)
    ]


def _begins(scoring: Scoring, n: int, ranked: CTE) -> Iterator[tuple[int, ColumnElement[Any]]]:
    """Each part but the first of a scale of equal parts, and the value from which on one is in it."""
    end = func.max if MEASURES[n][1] else func.min
    for part in range(2, (scoring.scales[n].bins or 0) + 1):
        within = _scored(scoring, n, ranked.c) >= literal(part, Integer())
        yield part, end(ranked.c[f"value_{n}"]).filter(within)
