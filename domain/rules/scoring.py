"""How customers are scored by recency, frequency and money, and what the scores are called: plain values.

A score is from 1 (worst) to the number of parts of its scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from domain.rules.moment import ClockZone
from domain.rules.window import ALL_TIME, Window
from domain.words import Says, Words

FEWEST, MOST = 2, 10
SCORES = ("recency", "frequency", "monetary")


@dataclass(frozen=True, slots=True)
class Scale:
    """Parts of equal size of all who ordered, or fixed bounds between parts."""

    one_of: ClassVar = True
    bins: Annotated[int | None, Says(Words("parts of equal size", "等份数"), "5: quintiles.", ge=FEWEST, le=MOST)] = (
        None
    )
    bounds: Annotated[
        tuple[Decimal, ...] | None,
        Says(
            Words("bounds", "分界值"),
            "Rising.  Of days: with at most so many the score is one higher; else: from so much on it is.",
        ),
    ] = None

    @property
    def parts(self) -> int:
        """The best score."""
        return self.bins if self.bins is not None else len(self.bounds or ()) + 1


@dataclass(frozen=True, slots=True)
class ScorePattern:
    """Scores that a label is for; any score where none are given."""

    recency: Annotated[tuple[int, ...] | None, Says(Words("recency", "近度"))] = None
    frequency: Annotated[tuple[int, ...] | None, Says(Words("frequency", "频度"))] = None
    monetary: Annotated[tuple[int, ...] | None, Says(Words("monetary", "额度"))] = None


@dataclass(frozen=True, slots=True)
class ScoreLabel:
    """What customers with some scores are called."""

    key: Annotated[str, Says(Words("key", "键"), "Used in rules.")]
    scores: Annotated[tuple[ScorePattern, ...], Says(Words("scores", "评分"), "Any of these.")]
    en: Annotated[str | None, Says(Words("English name", "英文名"))] = None
    zh: Annotated[str | None, Says(Words("Chinese name", "中文名"))] = None


@dataclass(frozen=True, slots=True)
class Scoring:
    """Three scales, the orders they measure, and labels: the first that fits is given."""

    recency: Annotated[Scale, Says(Words("recency", "近度"), "By days since the last order; fewer are better.")]
    frequency: Annotated[Scale, Says(Words("frequency", "频度"), "By the number of orders.")]
    monetary: Annotated[Scale, Says(Words("monetary", "额度"), "By net spend.")]
    window: Annotated[Window, Says(Words("when", "时间窗"), "Of the orders; one of time.")] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days.")] = ClockZone.TENANT
    labels: Annotated[tuple[ScoreLabel, ...] | None, Says(Words("labels", "标签"))] = None

    @property
    def scales(self) -> tuple[Scale, Scale, Scale]:
        """In the order of ``SCORES``."""
        return self.recency, self.frequency, self.monetary

    @property
    def by_key(self) -> dict[str, ScoreLabel]:
        """The labels."""
        return {label.key: label for label in self.labels or ()}


def equal_parts(bins: int, window: Window = ALL_TIME, clock: ClockZone = ClockZone.TENANT) -> Scoring:
    """The same scale for all three."""
    scale = Scale(bins=bins)
    return Scoring(scale, scale, scale, window, clock)


def given(pattern: Any) -> list[tuple[int, tuple[int, ...]]]:
    """The scores that a pattern asks for, by their places in ``SCORES``."""
    found = ((n, getattr(pattern, name)) for n, name in enumerate(SCORES))
    return [(n, scores) for n, scores in found if scores is not None]
