"""What a scoring must be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from domain.rules.check import value_issues
from domain.rules.issues import Path, RuleIssue, issue, refused
from domain.rules.scoring import FEWEST, MOST, SCORES, Scale, ScoreLabel, Scoring, given
from domain.rules.window import After, Counted
from domain.text import KEY, is_name

MOST_LABELS, MOST_PATTERNS = 50, 50


def check_scoring(scoring: Scoring, path: Path) -> None:
    """Refuses with ``RuleInvalid``, which places each thing that is wrong."""
    issues = [found.below(path) for found in value_issues(scoring)] or [found.below(path) for found in _issues(scoring)]
    if issues:
        raise refused(*issues)


def _issues(scoring: Scoring) -> Iterator[RuleIssue]:
    for name, scale in zip(SCORES, scoring.scales, strict=True):
        yield from (found.below((name,)) for found in _scale_issues(scale))
    if isinstance(scoring.window, Counted | After):
        yield issue("window", "A window of time is wanted.", "须为时间窗。")
    labels = scoring.labels or ()
    if len(labels) > MOST_LABELS:
        yield issue("labels", f"At most {MOST_LABELS}.", f"最多 {MOST_LABELS} 个。")
    for n, label in enumerate(labels[:MOST_LABELS]):
        yield from (found.below(("labels", str(n))) for found in _label_issues(label, scoring))
        if any(label.key == other.key for other in labels[:n]):
            yield issue(("labels", str(n), "key"), "Another label has this key.", "该键与其他标签重复。")


def _scale_issues(scale: Scale) -> Iterator[RuleIssue]:
    if scale.bins is not None and not FEWEST <= scale.bins <= MOST:
        yield issue("bins", f"{FEWEST} to {MOST}.", f"须在 {FEWEST} 至 {MOST} 之间。")
    bounds = scale.bounds or ()
    if len(bounds) >= MOST:
        yield issue("bounds", f"At most {MOST - 1} bounds.", f"最多 {MOST - 1} 个分界值。")
    if any(one >= other for one, other in pairwise(bounds)):
        yield issue("bounds", "Each bound is larger than the one before.", "分界值须逐个递增。")


def _label_issues(label: ScoreLabel, scoring: Scoring) -> Iterator[RuleIssue]:
    if not KEY.fullmatch(label.key):
        yield issue("key", "A key is like that of a segment.", "键的写法与分群的键相同。")
    names = [name for name in (label.en, label.zh) if name is not None]
    if not names or not all(map(is_name, names)):
        yield issue((), "Give a name in English, Chinese or both.", "请提供英文名或中文名。")
    if len(label.scores) > MOST_PATTERNS:
        yield issue("scores", f"At most {MOST_PATTERNS}.", f"最多 {MOST_PATTERNS} 项。")
    for n, pattern in enumerate(label.scores[:MOST_PATTERNS]):
        for place, scores in given(pattern):
            best = scoring.scales[place].parts
            if not all(1 <= score <= best for score in scores):
                yield issue(("scores", str(n), SCORES[place]), f"Scores are 1 to {best}.", f"评分为 1 至 {best}。")
