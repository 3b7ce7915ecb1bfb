"""The made-up shop's ways to score: fixed bounds with labels that overlap, and parts of different numbers."""

from decimal import Decimal
from uuid import UUID

from domain.rules.moment import ClockZone
from domain.rules.scoring import Scale, ScoreLabel, ScorePattern, Scoring
from domain.rules.terms import RfmTerms
from domain.rules.window import Last
from domain.time import Duration
from tests.support.rules.shop import id_of


def _bounds(*bounds: str) -> Scale:
    return Scale(bounds=tuple(map(Decimal, bounds)))


FIXED = Scoring(
    _bounds("7", "60", "180"),
    _bounds("2", "3"),
    _bounds("0.01", "50", "149.99", "300"),
    labels=(
        ScoreLabel("best", (ScorePattern((3, 4), (2, 3), (4, 5)),), "Best", "最佳"),
        ScoreLabel("good", (ScorePattern(monetary=(3, 4, 5)), ScorePattern(recency=(4,))), "Good"),
        ScoreLabel("gone", (ScorePattern(recency=(1,)),), zh="流失"),
    ),
)
MIXED = Scoring(
    Scale(bins=3),
    _bounds("2"),
    Scale(bins=10),
    Last(Duration(12, 0)),
    ClockZone.CUSTOMER,
    labels=(
        ScoreLabel("top", (ScorePattern(monetary=(9, 10)),), "Top"),
        ScoreLabel("others", (ScorePattern(),), "Others"),
    ),
)
CONFIGS: dict[UUID, RfmTerms] = {id_of(12, 1): RfmTerms("fixed", FIXED), id_of(12, 2): RfmTerms("mixed", MIXED)}
