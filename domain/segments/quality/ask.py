"""The quality of segments: each is one statement, in the snapshot of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from domain.customers.conditions.fields import BuiltIn
from domain.rules.analysis.search import leaves_of
from domain.rules.facts import Aggregate, Asked, Fact, Own
from domain.rules.issues import issue, refused
from domain.rules.metrics import MetricKey, metric_of
from domain.rules.protocol import Reference
from domain.rules.shape import camel
from domain.rules.terms import Terms
from domain.rules.tree import Never, Rule
from domain.segments.inspect import Fetch
from domain.segments.quality import advice
from domain.segments.quality.differences import Group
from domain.segments.quality.found import ADDRESSES, REPURCHASE, Wanted, found, parts_of, response_of
from domain.segments.quality.principles import (
    Known,
    Minima,
    Reach,
    Response,
    Size,
    accessible,
    differentiable,
    measurable,
    substantial,
)
from domain.segments.quality.shown import PrincipleScore, SegmentQuality, not_judged
from domain.time import Clock
from domain.words import Says, Words

USUAL = (REPURCHASE, MetricKey.NET_SPEND.value, MetricKey.NPS_LAST.value)
LEAST_CUSTOMERS, LEAST_REVENUE_SHARE = 50, Decimal("0.02")
_DOCUMENT = BuiltIn("attributes")  # in which an index looks for a value that is read beside it
_REPURCHASE = Words("repurchase rate", "复购率")
Responses = Annotated[
    list[MetricKey] | None,
    Says(Words("responses", "反应指标"), "Of the last 12 months; repurchase, NET_SPEND and NPS_LAST when left out."),
]
Customers = Annotated[int, Says(Words("members from when on it is substantial", "足量所需的最少成员数"), "From 1 on.")]
Share = Annotated[
    Decimal,
    Says(Words("share of the revenue from when on it is substantial", "足量所需的最低收入占比"), "Above 0, to 1."),
]


async def segment_quality(
    fetch: Fetch,
    ids: list[UUID],
    response: Responses = None,
    minimum_size: Customers = LEAST_CUSTOMERS,
    minimum_revenue_share: Share = LEAST_REVENUE_SHARE,
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
) -> list[SegmentQuality | None]:
    """How good the segment is, by the four principles; null of one that is archived or can no longer be read.

    What it reads is not judged for callers who may not see personal data, if there is any among it.
    """
    names = tuple(key.value for key in dict.fromkeys(response)) if response is not None else USUAL
    if not names:
        raise refused(issue("response", "An empty list says nothing; leave it out.", "列表不可为空；请省略此项。"))
    if minimum_size < 1:
        raise refused(issue("minimumSize", "From 1 on.", "须不小于 1。"))
    if not 0 < minimum_revenue_share <= 1:
        raise refused(issue("minimumRevenueShare", "Above 0, and up to 1.", "须大于 0 且不超过 1。"))
    minima = Minima(minimum_size, float(minimum_revenue_share))
    made = []
    for id_ in ids:
        rule = terms.rules.get(id_, Never())
        made.append(None if isinstance(rule, Never) else
                    await _judged(fetch, rule, names, minima, terms, clock, sees_personal))  # fmt: skip
    return made


async def _judged(
    fetch: Fetch,
    rule: Rule,
    responses: tuple[str, ...],
    minima: Minima,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
) -> SegmentQuality:
    # A membership of the past is known of everybody.
    conditions = (leaf for leaf in leaves_of(rule, terms) if not isinstance(leaf, Reference))
    read = [fact for leaf in conditions for fact in leaf.facts(terms).values() if fact != _DOCUMENT]
    wanted = Wanted(rule, tuple(dict.fromkeys(read)), responses)
    (row,) = await fetch(found(wanted, terms=terms, clock=clock))
    everybody, members = row["everybody"], row["members"]
    channels = dict(zip(ADDRESSES, row["channels"], strict=True))
    return SegmentQuality(
        _measurable(read, wanted, row, terms, sees_personal),
        substantial(Size(members, float(row["revenue"])), Size(everybody, float(row["turnover"])), minima),
        accessible(members, Reach(row["reachable"], row["contact"], row["consent"], channels)),
        differentiable(list(_responses(wanted, row, terms))),
    )


def _measurable(read: Sequence[Fact], wanted: Wanted, row: Any, terms: Terms, sees_personal: bool) -> PrincipleScore:
    parts = [part for fact in read for part in parts_of(fact)]
    personal = {name for part in parts if isinstance(part, Own) and (name := part.personal(terms))}
    if personal and not sees_personal:
        return not_judged([], advice.hidden(sorted(personal)))
    everybody = row["everybody"]
    of = {fact: (known / everybody if there and everybody else 0.0, there)
          for fact, known, there in zip(wanted.read, row["known"], row["there"], strict=False)}  # fmt: skip
    known = [Known(name, *of[fact]) for fact in read for name in _named(fact)]
    return measurable(known, max(everybody - row["members"] - row["outside"], 0), everybody)


def _named(fact: Fact) -> list[str]:
    """The fields that a fact is made of: of events the one that is asked for, not those that pick them."""
    return list(dict.fromkeys(name for part in parts_of(fact) for name in _of_part(part)))


def _of_part(part: Fact) -> Sequence[str]:
    match part:
        case Aggregate(source, _, field):
            return (f"{source.name}.{camel(field)}" if field else source.name,)
        case Own():
            return (part.called,) if part.called else ()
        case Asked():
            return part.reads
    return ()


def _responses(wanted: Wanted, row: Any, terms: Terms) -> Iterator[Response]:
    read = {part.source for fact in wanted.read for part in parts_of(fact) if isinstance(part, Aggregate)}
    for place, name in enumerate(wanted.responses):
        members, rest = (
            Group(row["n"][n], float(row["mean"][n] or 0), float(row["variance"][n] or 0))
            for n in (2 * place, 2 * place + 1)
        )
        made_of = {part.source for part in parts_of(response_of(name, terms)) if isinstance(part, Aggregate)}
        label = _REPURCHASE if name == REPURCHASE else metric_of(MetricKey(name), terms).label
        yield Response(name, label, members, rest, not made_of.isdisjoint(read))
