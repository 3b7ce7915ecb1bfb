"""Versions of segments over GraphQL, and what another rule would change before it is saved."""

from api.graph.field import Field, Same, load, one, pages, value
from api.graph.plain import LOCALE
from api.scopes import Scope
from api.segments import BY_NAME
from api.views import view
from domain.customers.read import CustomerOrder
from domain.segments import diff, texts, version
from domain.text import name_of

ASKED = {"above": ("id", "rule"), "plain": ("id",), "ids": {"id": "Segment"}}
TEXT_DIFF = (
    'The canonical texts, a line for each condition: what both have after two blanks, what goes after "- ", '
    'what comes after "+ ".'
)


@view(diff.RuleDiff)
class RuleDiff:
    text_diff = Field("part", hint=str, args={"locale": LOCALE}, doc=TEXT_DIFF)
    counts = Field("part", hint=diff.RuleDiffCounts, cost=10, doc="Customers under both rules, now.")


@view(version.SegmentVersion)
class SegmentVersion:
    version: Same
    name = value(name_of, plain=("locale",), proven=True)
    status: Same
    rule: Same
    text: str | None = load(texts.version_texts)
    description: str | None = load(texts.version_descriptions)
    author: Same
    note: Same
    created_at: Same
    diff = load(diff.version_diffs, cost=2)


@view()
class SegmentDiff:
    """What saving another rule would change, in one snapshot.  Nothing is saved."""

    text_diff: str = load(diff.text_diffs, doc=TEXT_DIFF, **ASKED)
    counts: diff.RuleDiffCounts = one(diff.counts_of, proven=True, cost=10, **ASKED)
    entering = pages(
        diff.entering, by=CustomerOrder, by_requires=BY_NAME, cost=2, requires=Scope.CUSTOMERS_READ, **ASKED
    )
    leaving = pages(diff.leaving, by=CustomerOrder, by_requires=BY_NAME, cost=2, requires=Scope.CUSTOMERS_READ, **ASKED)


@view.query
class SegmentDiffQueries:
    segment_diff: "SegmentDiff | None" = one(
        diff.segment_diff,
        plain=("id",),
        ids={"id": "Segment"},
        says={"id": "The segment that may get the rule."},
        requires=Scope.SEGMENTS_READ,
    )
