"""The quality of random segments is what Python finds among the oracle's members, by the published formulae."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from decimal import Decimal
from math import sqrt
from statistics import NormalDist, fmean, variance
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.metric import MetricIs
from domain.rules.metrics import MetricKey
from domain.rules.terms import SegmentTerms, Terms
from domain.rules.tree import AnyOf, Not
from domain.rules.window import ALL_TIME, Last
from domain.segments.quality.ask import segment_quality
from domain.segments.quality.shown import PrincipleScore, QualityEvidence, SegmentQuality, Verdict
from domain.time import Clock, Duration
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.draw import Draw
from tests.support.rules.judge import Judge, Question, asking
from tests.support.rules.oracle import Oracle, attribute
from tests.support.rules.shop import Person

ROUNDS = 30
ID = UUID(int=7)
YEAR = Last(Duration(months=12))
RESPONSES = [MetricKey.NET_SPEND, MetricKey.ORDER_COUNT, MetricKey.CSAT_AVG, MetricKey.RECEIVABLE]


async def quality(session: AsyncSession, judge: Judge, rule: Any, question: Question, **asked: Any) -> SegmentQuality:
    async def fetch(statement: Any) -> Any:
        return (await session.execute(statement)).mappings().all()

    terms: Terms = replace(judge.terms, segments={**judge.terms.segments, ID: SegmentTerms("asked", rule)})
    clock = Clock(**asdict(question.when))
    (made,) = await segment_quality(fetch, [ID], **asked, terms=terms, clock=clock, sees_personal=True)
    assert made is not None
    return made


def told(score: PrincipleScore) -> dict[str, QualityEvidence]:
    return {each.name: each for each in score.evidence}


def near(found: Decimal, wanted: float) -> bool:
    return abs(float(found) - wanted) < 2e-6 * max(1, abs(wanted))


def hedges(one: list[float], other: list[float], looked_at: int) -> tuple[float, float, float]:
    """g, and its interval, from the values themselves."""
    n, m = len(one), len(other)
    pooled = sqrt(((n - 1) * variance(one) + (m - 1) * variance(other)) / (n + m - 2))
    g = (fmean(one) - fmean(other)) / pooled * (1 - 3 / (4 * (n + m) - 9))
    wide = NormalDist().inv_cdf(1 - 0.025 / looked_at) * sqrt(1 / n + 1 / m + g**2 / (2 * (n + m)))
    return g, g - wide, g + wide


def reachable(oracle: Oracle, person: Person) -> bool:
    """By e-mail, the one address that the shop has; who is called needs a number, and has none."""
    said = [row for row in person.consents
            if row["purpose"] == "MARKETING" and row["channel"] in (None, "EMAIL")
            and row["occurred_at"] <= oracle.now]  # fmt: skip
    if not said or person.row["email"] is None:
        return False
    last = max(said, key=lambda row: (row["occurred_at"], row["id"]))
    return last["status"] == "GRANTED" and (last["expires_at"] is None or last["expires_at"] > oracle.now)


def verdict(score: int, least: int = 0) -> Verdict:
    held = max(score, least)
    return (
        Verdict.FAILS if held < 25 else Verdict.WEAK if held < 50 else Verdict.ADEQUATE if held < 75 else Verdict.STRONG
    )


async def test_size_reach_and_differences_are_those_of_the_oracle(judge: Judge, market: Tenant, scope: Scope) -> None:
    seen: set[Verdict] = set()
    async with asking(scope, market) as session:
        for number in range(ROUNDS):
            question = judge.question(number)
            oracle, inside = judge.oracle(question), judge.members(question)
            known = [person for person in judge.shop.people if oracle.known(person)]
            members = [person for person in known if person.row["id"] in inside]
            made = await quality(session, judge, question.rule, question, response=RESPONSES, minimum_size=10)

            unknown = sum(oracle.truth(question.rule, person) is None for person in known)
            assert near(told(made.measurable)["unknown"].value, unknown / len(known))

            spent = {person.row["id"]: float(oracle.metric("NET_SPEND", person, YEAR)) for person in known}
            share = min(max(sum(spent[person.row["id"]] for person in members) / sum(spent.values()), 0), 1)
            assert near(told(made.substantial)["revenueShare"].value, share)
            assert told(made.substantial)["size"].value == len(members)
            assert made.substantial.score == round(
                50 * (len(members) / (len(members) + 10) + (share / (share + 0.02) if share else 0))
            )

            if members:
                reached = sum(reachable(oracle, person) for person in members) / len(members)
                assert near(told(made.accessible)["reachable"].value, reached)
                assert near(told(made.accessible)["channel.EMAIL"].value, reached)
                assert made.accessible.score == round(100 * reached)
                assert made.accessible.verdict is verdict(round(100 * reached))
            else:
                assert made.accessible.verdict is Verdict.INSUFFICIENT_DATA
            differ(made.differentiable, oracle, known, inside)
            seen.add(made.differentiable.verdict)
    assert seen >= {Verdict.INSUFFICIENT_DATA, Verdict.FAILS}
    assert seen & {Verdict.WEAK, Verdict.ADEQUATE, Verdict.STRONG}


def differ(made: PrincipleScore, oracle: Oracle, known: list[Person], inside: set[UUID]) -> None:
    """Asserts that the differences are those of the values themselves."""
    sides = {}
    for key in RESPONSES:
        window = ALL_TIME if key == "RECEIVABLE" else YEAR
        values = {p.row["id"]: oracle.metric(key, p, window) for p in known}
        there = {id_: float(value) for id_, value in values.items() if value is not None}
        sides[key] = [[value for id_, value in there.items() if (id_ in inside) is side] for side in (True, False)]
    enough = {key: side for key, side in sides.items() if min(map(len, side)) >= 30}
    wanted = {key: hedges(*side, len(enough)) for key, side in enough.items()}
    evidence = told(made)
    assert evidence.keys() == {f"{'difference' if key in enough else 'values'}.{key}" for key in RESPONSES}
    for key in RESPONSES:
        if key not in enough:
            assert evidence[f"values.{key}"].value == min(map(len, sides[key]))
            continue
        found = evidence[f"difference.{key}"]
        bounds = [bound for bound in (found.low, found.high) if bound is not None]
        assert all(map(near, (found.value, *bounds), wanted[key]))
        assert len(bounds) == 2
    if not wanted:
        assert (made.score, made.verdict) == (None, Verdict.INSUFFICIENT_DATA)
        return
    _, low, high = max(wanted.values(), key=lambda each: abs(each[0]))
    sure = max(low, -high, 0)
    score = round(100 * sure / (sure + 0.2))
    assert (made.score, made.verdict) == (score, verdict(score, 25 if sure else 0))


async def test_coverage_is_the_share_of_customers_who_have_what_each_condition_reads(
    judge: Judge, market: Tenant, scope: Scope
) -> None:
    kinds: Iterable[Callable[[Draw], Any]] = (Draw.attribute, Draw.metric)
    async with asking(scope, market) as session:
        for number in range(ROUNDS):
            question = judge.question(number)
            draw = Draw(f"{judge.seed}:quality:{number}")
            leaves = [kind(draw) for kind in kinds for _ in range(2)]
            made = await quality(session, judge, AnyOf((leaves[0], Not(AnyOf(tuple(leaves[1:]))))), question)
            oracle = judge.oracle(question)
            known = [person for person in judge.shop.people if oracle.known(person)]
            shares: dict[str, list[float]] = {}
            for leaf in leaves:
                at = share_of(leaf, oracle, known)
                for name in names_of(leaf):
                    shares.setdefault(name, []).append(at)
            evidence = told(made.measurable)
            assert evidence.keys() == {"unknown", *(f"coverage.{name}" for name in shares)}
            assert all(near(evidence[f"coverage.{name}"].value, fmean(each)) for name, each in shares.items())
            mean = fmean(value for each in shares.values() for value in each)
            assert made.measurable.score == round(100 * max(mean - float(evidence["unknown"].value), 0))


def share_of(leaf: Any, oracle: Oracle, known: list[Person]) -> float:
    if isinstance(leaf, AttributeIs):
        return fmean(attribute(person, leaf.key) is not None for person in known)
    values = (oracle.seen_by(leaf.clock, p).metric(leaf.metric, p, leaf.window) for p in known)
    return fmean(value is not None for value in values)


def names_of(leaf: AttributeIs | MetricIs) -> tuple[str, ...]:
    if isinstance(leaf, AttributeIs):
        return (leaf.key,)
    key = MetricKey(leaf.metric)
    return {
        MetricKey.ORDER_COUNT: ("orders",),
        MetricKey.NET_SPEND: ("orders.netTotal", "returns.netTotal"),
        MetricKey.AVG_ORDER_VALUE: ("orders.netTotal",),
        MetricKey.DAYS_SINCE_ORDER: ("orders",),
        MetricKey.AVG_ORDER_GAP_DAYS: ("orders",),
        MetricKey.RETURN_RATE: ("orders.netTotal", "returns.netTotal"),
        MetricKey.INTERACTION_COUNT: ("interactions",),
        MetricKey.DAYS_SINCE_INTERACTION: ("interactions",),
        MetricKey.NPS_LAST: ("feedback.score",),
        MetricKey.CSAT_AVG: ("feedback.score",),
        MetricKey.RECEIVABLE: ("receivable",),
        MetricKey.TENURE_DAYS: ("registeredAt",),
    }[key]
