"""The quality of segments over GraphQL."""

from api.graph.field import Same
from api.rule_nodes import spoken, told
from api.views import view
from domain.segments.quality import shown


@view(shown.QualityEvidence)
class QualityEvidence:
    name: Same
    value: Same
    threshold: Same
    low: Same
    high: Same


@view(shown.PrincipleScore)
class PrincipleScore:
    score: Same
    verdict: Same
    evidence: Same
    advice = spoken(list[str], "What to do about it; empty where all is well.")


@view(shown.SegmentQuality)
class SegmentQuality:
    overall = told(
        int | None,
        "0 to 100: the geometric mean of the scores, so that one that fails is not made up for by others; null "
        "where nothing can be judged.",
    )
    measurable: Same
    substantial: Same
    accessible: Same
    differentiable: Same


view.enum(
    shown.Verdict,
    STRONG="A score from 75 on.",
    ADEQUATE="From 50 on.",
    WEAK="From 25 on; or a difference that is sure, but little.",
    FAILS="Below; or no difference shown by enough customers.",
    INSUFFICIENT_DATA="There is too little to say.",
)
