"""Statistics and breakdowns of random segments are what Python finds among the oracle's members."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from statistics import mean, median
from typing import Any

from domain.rules.metrics import MetricKey
from domain.rules.window import ALL_TIME
from domain.segments.profile import breakdown_of, statistics_of
from domain.segments.segment import Segment
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge, asking
from tests.support.rules.oracle import attribute

ROUNDS = 12
FIELDS = ("kind", "city", "tier", "member_of_club", "interests", "tags")


def near(found: Decimal | None, wanted: Any) -> bool:
    return found is None if wanted is None else found is not None and abs(found - Decimal(wanted)) < Decimal("0.00001")


def exact(value: Any) -> Decimal:
    """A number as the oracle has it, as a decimal."""
    return Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(value)


def ninth_decile(values: list[Decimal]) -> Decimal:
    """As numpy's default: between two values in proportion."""
    ordered, place = sorted(values), Decimal("0.9") * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


async def test_statistics_are_those_of_the_members_the_rest_and_everybody(
    judge: Judge, market: Tenant, scope: Scope
) -> None:
    async with asking(scope, market) as session:
        for number in range(ROUNDS):
            question = judge.question(number)
            oracle, inside = judge.oracle(question), judge.members(question)
            made = statistics_of(
                Segment, question.rule, terms=judge.terms, clock=Clock(**asdict(question.when)), shape=question.shape
            )
            rows = list((await session.execute(made)).mappings())
            assert [row["metric"] for row in rows] == [key.value for key in MetricKey]
            for row in rows:
                known = [person for person in judge.shop.people if oracle.known(person)]
                found = {p.row["id"]: oracle.metric(MetricKey(row["metric"]), p, ALL_TIME) for p in known}
                values = {id_: exact(value) for id_, value in found.items() if value is not None}
                members = [value for id_, value in values.items() if id_ in inside]
                rest = [value for id_, value in values.items() if id_ not in inside]
                assert row["customers"] == len(members)
                assert near(row["sum"], sum(members) if members else None)
                assert near(row["mean"], mean(members) if members else None)
                assert near(row["median"], median(members) if members else None)
                assert near(row["p90"], ninth_decile(members) if members else None)
                assert near(row["rest"], mean(rest) if rest else None)
                assert near(row["population_mean"], mean(values.values()) if values else None)


def labels(person: Any, key: str) -> Iterable[str | None]:
    """What somebody counts as."""
    value = person.row["tags"] if key == "tags" else attribute(person, key)
    if isinstance(value, list | tuple | set | frozenset):
        return list(value) or [None]
    return [str(value).lower() if isinstance(value, bool) else value and str(value)]


async def test_a_breakdown_counts_members_and_everybody_by_value(judge: Judge, market: Tenant, scope: Scope) -> None:
    async with asking(scope, market) as session:
        for number in range(ROUNDS):
            question = judge.question(number)
            oracle, inside = judge.oracle(question), judge.members(question)
            known = [person for person in judge.shop.people if oracle.known(person)]
            for key in FIELDS:
                made = breakdown_of(
                    Segment, question.rule, key, 250, terms=judge.terms, clock=Clock(**asdict(question.when)),
                    sees_personal=True, shape=question.shape,
                )  # fmt: skip
                rows = list((await session.execute(made)).mappings())
                everybody = Counter(label for person in known for label in labels(person, key))
                members = Counter(
                    label for person in known if person.row["id"] in inside for label in labels(person, key)
                )
                assert {row["value"]: row["population"] for row in rows} == everybody, key
                assert {row["value"]: row["count"] for row in rows if row["count"]} == members, key
                assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
                for row in rows:
                    share, usual = (
                        Decimal(row[name]) / whole if whole else None
                        for name, whole in (("count", len(inside)), ("population", len(known)))
                    )
                    assert near(row["share"], share)
                    assert near(row["population_share"], usual)
                    assert near(row["lift"], share / usual if share is not None and usual else None)
