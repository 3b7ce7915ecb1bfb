"""What is told of a segment's quality: scores from 0 to 100, verdicts, what they rest on, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from math import prod
from typing import Annotated

from domain.words import Says, Words

STRONG, ADEQUATE, WEAK = 75, 50, 25  # the least score of each
_DIGITS = Decimal("0.000001")
NO_VERDICT = "Null with INSUFFICIENT_DATA."


class Verdict(StrEnum):
    """What a score comes to."""

    STRONG = "STRONG"
    ADEQUATE = "ADEQUATE"
    WEAK = "WEAK"
    FAILS = "FAILS"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class QualityEvidence:
    """A number that a score rests on."""

    name: Annotated[str, Says(Words("name", "名称"), "docs/segments.md lists them; after a dot what it is of.")]
    value: Annotated[Decimal, Says(Words("value", "数值"))]
    threshold: Annotated[Decimal | None, Says(Words("what it is held against", "参照值"))] = None
    low: Annotated[
        Decimal | None, Says(Words("lower bound", "下限"), "Of a 95 % interval; null of what is counted.")
    ] = None
    high: Annotated[
        Decimal | None, Says(Words("upper bound", "上限"), "Of a 95 % interval; null of what is counted.")
    ] = None


@dataclass(frozen=True, slots=True)
class PrincipleScore:
    """How well a segment meets one principle."""

    score: Annotated[int | None, Says(Words("score", "得分"), f"0 to 100.  {NO_VERDICT}")]
    verdict: Annotated[Verdict, Says(Words("verdict", "结论"))]
    evidence: Annotated[list[QualityEvidence], Says(Words("what it rests on", "依据"))]
    to_do: tuple[Words, ...] = ()

    def advice(self, locale: str = "en") -> list[str]:
        """What to do about it; nothing where all is well."""
        return [words.of(locale) for words in self.to_do]


@dataclass(frozen=True, slots=True)
class SegmentQuality:
    """A segment by the four principles of effective segmentation."""

    measurable: Annotated[
        PrincipleScore, Says(Words("measurable", "可衡量"), "Whether the data it asks for are there.")
    ]
    substantial: Annotated[PrincipleScore, Says(Words("substantial", "足量"), "Whether it is worth an effort.")]
    accessible: Annotated[PrincipleScore, Says(Words("accessible", "可接近"), "Whether its members can be addressed.")]
    differentiable: Annotated[
        PrincipleScore,
        Says(Words("differentiable", "反应差异"), "Whether its members respond otherwise than the rest."),
    ]

    @property
    def overall(self) -> int | None:
        """The geometric mean of the principles that can be judged: one that fails is not made up for by others."""
        each = (self.measurable, self.substantial, self.accessible, self.differentiable)
        scores = [principle.score for principle in each if principle.score is not None]
        return round(prod(scores) ** (1 / len(scores))) if scores else None


def judged(
    share: float, evidence: Iterable[QualityEvidence], to_do: Iterable[Words] = (), at_least: int = 0
) -> PrincipleScore:
    """A score of a share from 0 to 1, and what it comes to: no less than what ``at_least`` does."""
    score = round(100 * min(max(share, 0.0), 1.0))
    held = max(score, at_least)
    bounds = ((STRONG, Verdict.STRONG), (ADEQUATE, Verdict.ADEQUATE), (WEAK, Verdict.WEAK))
    verdict = next((verdict for least, verdict in bounds if held >= least), Verdict.FAILS)
    return PrincipleScore(score, verdict, list(evidence), tuple(to_do))


def not_judged(evidence: Iterable[QualityEvidence], *to_do: Words) -> PrincipleScore:
    """There is too little to say."""
    return PrincipleScore(None, Verdict.INSUFFICIENT_DATA, list(evidence), to_do)


def saturating(value: float, minimum: float) -> float:
    """0 of nothing, a half at the minimum, three quarters at three times as much, never quite 1."""
    return value / (value + minimum) if value > 0 else 0.0


def rounded(value: float | Decimal) -> Decimal:
    """As it is shown."""
    return Decimal(value).quantize(_DIGITS, ROUND_HALF_EVEN) + 0


def percent(share: float | Decimal) -> str:
    """A share in words."""
    return f"{100 * share:.0f}"
