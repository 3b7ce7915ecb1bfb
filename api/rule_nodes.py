"""Rules taken apart over GraphQL: their nodes with counts, and what an analysis says of them."""

from decimal import Decimal
from typing import Any

from api.graph.field import Field, Same
from api.graph.plain import LOCALE
from api.views import view
from domain.rules.analysis import nodes, report
from domain.rules.analysis.faults import RuleWarningKind


def spoken(hint: Any, doc: str) -> Any:
    """A field that a value says in the language asked for."""
    return Field("part", hint=hint, args={"locale": LOCALE}, doc=doc)


def told(hint: Any, doc: str, **options: Any) -> Any:
    """A field that a value works out."""
    return Field("part", hint=hint, doc=doc, **options)


@view(nodes.NodeCounts)
class NodeCounts:
    matching: Same
    unknown: Same
    others: Same
    exact: Same


@view(nodes.RuleNode)
class RuleNode:
    id: Same
    parent_id: Same
    kind: Same
    depth: Same
    label = spoken(str, "For people: how the parts of a connective are joined, or a condition as a sentence.")
    text = spoken(str, "The canonical text of this part alone.")
    field = told(str | None, "What is tested: a field of customers or events, or a metric; null where there is none.")
    aggregate = told(str | None, "How events are aggregated; null where none are.")
    operator = told(str | None, "How it is tested, as in RuleInput; several are joined by &.")
    values = told(list[str], "What it is compared with, in order; at most 20.")
    window = spoken(str | None, "Which events count, as texts say it; null for all time.")
    segment_id = told("ID | None", "The segment that is referred to.", ids={"segment_id": "Segment"})
    children: Same
    counts = told(
        "NodeCounts | None",
        "Customers of whom this part alone is true, false, unknown; null if it reads what is hidden from the caller.",
        cost=10,
    )


@view(report.RuleWarning)
class RuleWarning:
    node_id: Same
    other_id: Same
    kind: Same
    message = spoken(str, "The sentence for people.")


@view(report.RuleAnalysis)
class RuleAnalysis:
    nodes = told(int, "How many connectives and conditions.")
    depth = told(int, "How many levels.")
    estimated_cost = told(int, "Of working it out for one customer; 1 reads nothing but the customer's own row.")
    uses_time = told(bool, "Whether somebody may come or go by the passing of time alone.")
    uses_population = told(bool, "Whether somebody may come or go because of other customers.")
    fields = told(
        list[str], "What is read, also by the segments referred to: fields of customers, of events after dots."
    )
    warnings = told(
        "list[RuleWarning]", "What may be wrong; that data is missing, only when coverage is selected too.", cost=5
    )
    coverage = told(
        Decimal | None,
        "Share of customers of whom it is true or false; null without customers, and if hidden.",
        cost=10,
    )


view.enum(
    RuleWarningKind,
    NEVER_TRUE="It can hold of nobody.",
    ALWAYS_TRUE="It holds of everybody.",
    CONTRADICTS="It cannot hold together with another.",
    REDUNDANT="What stands beside it says it already: leaving it out changes nothing.",
    SHADOWED="Whoever it holds of, another holds of already: leaving it out changes nothing.",
    USES_SENSITIVE_DATA="It reads personal data.",
    WINDOW_BEFORE_FIRST_DATA="Its window ends before the first event there is of the kind it asks of.",
    LOW_COVERAGE="Of more than half of the customers it is neither true nor false: the data it needs is missing.",
)
