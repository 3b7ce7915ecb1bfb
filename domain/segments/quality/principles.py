"""The four principles: measurable, substantial, accessible, differentiable (可衡量、足量、可接近、反应差异).

Each is judged by numbers that were counted; the formulae are in docs/segments.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from domain.segments.quality import advice
from domain.segments.quality.differences import FLOOR, Difference, Group, difference
from domain.segments.quality.shown import (
    ADEQUATE,
    STRONG,
    WEAK,
    PrincipleScore,
    QualityEvidence,
    judged,
    not_judged,
    percent,
    rounded,
    saturating,
)
from domain.words import Words

COVERED = 0.8  # of the customers a field should be known of so many
SMALL = 0.2  # a small difference (Cohen 1988)
REACHED, MANY_REACHED = ADEQUATE / 100, STRONG / 100


class Known(NamedTuple):
    """A field that a condition reads: of which share of the customers it is known, and whether it has any events."""

    name: str
    share: float
    there: bool


class Size(NamedTuple):
    """Customers of a group, and what they bought."""

    customers: int
    revenue: float


class Minima(NamedTuple):
    """From when on a segment is worth an effort."""

    customers: int
    revenue_share: float


class Reach(NamedTuple):
    """How many members can be addressed: both, there is an address, some channel is allowed; and by channel."""

    reachable: int
    contact: int
    consent: int
    channels: dict[str, int]


class Response(NamedTuple):
    """A response of members and of the rest; whether the rule itself reads what it is made of."""

    name: str
    label: Words
    members: Group
    rest: Group
    by_rule: bool

    @property
    def enough(self) -> bool:
        """Whether there are enough values on both sides."""
        return min(self.members.n, self.rest.n) >= FLOOR


def measurable(known: Sequence[Known], undecided: int, everybody: int) -> PrincipleScore:
    """The mean coverage of what the conditions read, less the share of whom the rule is UNKNOWN."""
    if not everybody:
        return not_judged([], advice.NO_CUSTOMERS)
    unknown = undecided / everybody
    mean = sum(each.share for each in known) / len(known) if known else 1.0
    by_name: dict[str, list[float]] = {}
    for each in known:
        by_name.setdefault(each.name, []).append(each.share)
    shares = {name: sum(each) / len(each) for name, each in by_name.items()}
    evidence = [QualityEvidence(f"coverage.{name}", rounded(share), rounded(COVERED)) for name, share in shares.items()]
    evidence.append(QualityEvidence("unknown", rounded(unknown), rounded(1 - COVERED)))
    absent = {each.name for each in known if not each.there}
    to_do = [advice.no_events(name) for name in shares if name in absent]
    to_do += [advice.fill(name, share) for name, share in shares.items() if share < COVERED and name not in absent]
    to_do += [advice.undecided(unknown)] if unknown > 1 - COVERED else []
    return judged(mean - unknown, evidence, to_do)


def substantial(members: Size, everybody: Size, minima: Minima) -> PrincipleScore:
    """The mean of two saturating scores: how many they are, and which share of the revenue is theirs."""
    if not everybody.customers:
        return not_judged([], advice.NO_CUSTOMERS)
    least = rounded(minima.revenue_share)
    evidence = [
        QualityEvidence("size", rounded(members.customers), rounded(minima.customers)),
        QualityEvidence("share", rounded(members.customers / everybody.customers)),
    ]
    scores = [saturating(members.customers, minima.customers)]
    small = members.customers < minima.customers
    to_do = [advice.NOBODY] if not members.customers else [advice.too_few(members.customers, minima.customers)] * small
    if everybody.revenue > 0:
        share = min(max(members.revenue / everybody.revenue, 0.0), 1.0)
        evidence.append(QualityEvidence("revenueShare", rounded(share), least))
        scores.append(saturating(share, minima.revenue_share))
        poor = members.customers > 0 and share < minima.revenue_share
        to_do += [advice.too_poor(share, minima.revenue_share)] * poor
    else:
        to_do.append(advice.NO_REVENUE)
    return judged(sum(scores) / len(scores), evidence, to_do)


def accessible(members: int, reach: Reach) -> PrincipleScore:
    """The share of the members who can be reached by a channel they allow marketing by."""
    if not members:
        return not_judged([], advice.NOBODY)
    shares = {"reachable": reach.reachable, "contact": reach.contact, "consent": reach.consent}
    shares |= {f"channel.{channel}": n for channel, n in reach.channels.items()}
    held = {"reachable": rounded(REACHED)}
    evidence = [QualityEvidence(name, rounded(n / members), held.get(name)) for name, n in shares.items()]
    to_do = []
    if reach.reachable < MANY_REACHED * members:
        no_address, no_consent = 1 - reach.contact / members, 1 - reach.consent / members
        to_do += [advice.collect(no_address)] if percent(no_address) != "0" else []
        to_do += [advice.ask(no_consent)] if percent(no_consent) != "0" else []
        to_do += [] if to_do else [advice.OTHER_CHANNEL]
    return judged(reach.reachable / members, evidence, to_do)


def differentiable(responses: Sequence[Response]) -> PrincipleScore:
    """What the strongest difference from the rest surely is, saturating; it fails if there may be none at all."""
    compared = [each for each in responses if each.enough]
    made = {each: difference(each.members, each.rest, len(compared)) for each in compared}
    evidence = [_difference(each.name, made[each]) for each in compared]
    evidence += [
        QualityEvidence(f"values.{each.name}", rounded(min(each.members.n, each.rest.n)), rounded(FLOOR))
        for each in responses
        if not each.enough
    ]
    few = [advice.too_few_values(each.label, min(each.members.n, each.rest.n), FLOOR)
           for each in responses if not each.enough]  # fmt: skip
    if not compared:
        return not_judged(evidence, *few)
    best = max(compared, key=lambda each: abs(made[each].value))
    sure = made[best].sure
    if not sure:
        return judged(0, evidence, [advice.NO_DIFFERENCE, *few])
    to_do = [advice.small(best.label)] if sure < SMALL else []
    to_do += [advice.by_rule(best.label)] if best.by_rule else []
    return judged(saturating(sure, SMALL), evidence, [*to_do, *few], at_least=WEAK)


def _difference(name: str, found: Difference) -> QualityEvidence:
    value, low, high = (rounded(number) for number in found)
    return QualityEvidence(f"difference.{name}", value, rounded(SMALL), low, high)
