"""The built-in ways to score customers by RFM.  Bounds and labels are ours; the articles ask for the three measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.catalogue.parameter import Parameter
from domain.rules.scoring import Scale, ScoreLabel, ScorePattern, Scoring, equal_parts
from domain.rules.text.filled import Value
from domain.words import Words


@dataclass(frozen=True)
class RfmTemplate:
    """A way to score, to install."""

    key: str
    name: Words
    doc: Words
    source: str
    passage: str
    scoring: Scoring
    parameters: tuple[Parameter, ...] = ()

    @property
    def defaults(self) -> dict[str, Value]:
        """Nothing can be chosen."""
        return {}

    def named(self, values: Mapping[str, Value]) -> Words:
        """Its name."""
        del values
        return self.name

    def described(self, values: Mapping[str, Value]) -> Words:
        """What it is for."""
        del values
        return self.doc


def _label(key: str, en: str, zh: str, recency: str, frequency: str, monetary: str = "") -> ScoreLabel:
    """A label of scores given as digits; any where there are none."""
    scores = (tuple(map(int, digits)) or None for digits in (recency, frequency, monetary))
    return ScoreLabel(key, (ScorePattern(*scores),), en, zh)


# Of labels the first that fits is given: the narrower come first.
TEN = (
    _label("champions", "Champions", "冠军客户", "45", "45", "45"),
    _label("cannot_lose", "Cannot lose them", "不可流失", "123", "5", "5"),
    _label("loyal", "Loyal", "忠诚客户", "345", "45"),
    _label("potential_loyalists", "Potential loyalists", "潜在忠诚客户", "45", "23"),
    _label("recent", "Recent", "新近客户", "5", "12"),
    _label("promising", "Promising", "有潜力", "4", "12"),
    _label("needing_attention", "Needing attention", "需要关注", "3", "23"),
    _label("about_to_sleep", "About to sleep", "即将沉睡", "3", "1"),
    _label("at_risk", "At risk", "有流失风险", "12", "345"),
    _label("hibernating", "Hibernating", "沉睡客户", "12", "12"),
)


def _bounds(*bounds: int) -> Scale:
    return Scale(bounds=tuple(map(Decimal, bounds)))


RFM_TEMPLATES = (
    RfmTemplate(
        "quintiles",
        Words("RFM in quintiles", "RFM 五等分"),
        Words("Scores from 1 to 5: a fifth of all who ordered has each.", "评分 1 至 5：各占下单客户的五分之一。"),
        "001",
        "行为细分",
        equal_parts(5),
    ),
    RfmTemplate(
        "fixed_ranges",
        Words("RFM by fixed ranges", "RFM 固定区间"),
        Words(
            "Scores from 1 to 5 by bounds that do not move with the others: 30, 90, 180, 365 days; 2, 3, 5, 10 orders; "
            "500, 2,000, 5,000, 20,000 of spend.",
            "评分 1 至 5，界限不随他人变动：30、90、180、365 天；2、3、5、10 单；消费额 500、2,000、5,000、20,000。",
        ),
        "003",
        "按消费频率划分",
        Scoring(_bounds(30, 90, 180, 365), _bounds(2, 3, 5, 10), _bounds(500, 2000, 5000, 20_000)),
    ),
    RfmTemplate(
        "ten_groups",
        Words("RFM in ten groups", "RFM 十类客户"),
        Words(
            "Quintiles with ten labels, from champions to hibernating.",
            "五等分评分，附十类标签：从冠军客户到沉睡客户。",
        ),
        "001",
        "行为细分",
        Scoring(Scale(bins=5), Scale(bins=5), Scale(bins=5), labels=TEN),
    ),
)
