"""How far two groups lie apart: Hedges' g, the difference of means in standard deviations, with its interval.

Sources: Hedges 1981 (the correction for small samples); Hedges and Olkin 1985, chapter 5 (the large-sample variance);
Bonferroni: where several are looked at, all their intervals hold together with 95 %.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

CERTAINTY = 0.95
FLOOR = 30  # values in each of the groups; of fewer nothing is said
FARTHEST = 10.0  # what a difference without any spread is told as


class Group(NamedTuple):
    """Values of one group: how many, their mean, their variance as of a sample."""

    n: int
    mean: float
    variance: float


class Difference(NamedTuple):
    """How far one group is above another, and the bounds of that."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> float:
        """At least how far they lie apart, whichever is above; 0 if they may be alike."""
        return max(self.low, -self.high, 0.0)


def difference(one: Group, other: Group, looked_at: int = 1) -> Difference:
    """That of two groups of at least two values each, one of so many that are ``looked_at``."""
    freedom = one.n + other.n - 2
    spread = sqrt(((one.n - 1) * one.variance + (other.n - 1) * other.variance) / freedom)
    apart = one.mean - other.mean
    raw = apart / spread if spread else (apart > 0) * FARTHEST - (apart < 0) * FARTHEST
    g = min(max(raw * (1 - 3 / (4 * freedom - 1)), -FARTHEST), FARTHEST)
    deviation = sqrt((one.n + other.n) / (one.n * other.n) + g * g / (2 * (one.n + other.n)))
    wide = NormalDist().inv_cdf(1 - (1 - CERTAINTY) / (2 * looked_at)) * deviation
    return Difference(g, g - wide, g + wide)
