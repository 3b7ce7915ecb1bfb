"""``make prove``: ten thousand random rules of every kind, held to the oracle; what was seen goes to docs/proof.md.

``REGULARS_RULES=2000`` tries fewer, ``REGULARS_RULES_SEED=7`` others.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from domain.rules.aggregate import AggregateTest
from domain.rules.comparisons import ShareTest, TrendTest
from domain.rules.durations import DurationTest
from domain.rules.shape import only
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not, parts
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.property.conftest import SEED, with_lists
from tests.support.rules.judge import Judge, Question, asking
from tests.support.rules.logic import Truth
from tests.support.rules.past import with_past
from tests.support.rules.shop import Maker, Shop

RULES, PEOPLE, LEAST = int(os.environ.get("REGULARS_RULES", "10000")), 300, 50
PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
CONNECTIVES = {All: "all", AnyOf: "any", NoneOf: "none", Not: "not", AtLeast: "atLeast"}


@dataclass(slots=True)
class Seen:
    """What the rules were made of, and how they went."""

    rules: int = 0
    telling: int = 0  # rules that select 5 to 95 %
    every_way: int = 0  # rules asked in every way
    outcomes: Counter[Truth] = field(default_factory=Counter)
    uses: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, question: Question) -> None:
        """Of one rule: each of its parts is used once."""
        for kind, name in set(used(question.rule)):
            self.uses.setdefault(kind, Counter())[name] += 1

    def page(self, people: int, seconds: float) -> str:
        """What was seen."""
        total = sum(self.outcomes.values())
        unknown, true = self.outcomes[None] / total, self.outcomes[True] / total
        lines = [
            "# What was proven",
            "",
            f"`make prove` asked PostgreSQL {self.rules:,} random rules about {people} customers with orders, returns, "
            "lines, interactions, answers and changes, and compared the members with those that an oracle finds which "
            "shares no code of evaluation (`tests/support/rules`). They were the same for every rule. "
            f"Every tenth rule ({self.every_way:,}) was asked in every way: ids, count, customers, one customer. "
            "Every rule was asked as of its instant, too, and compared with the oracle in the shop as it was "
            "then: before changes, revisions and cancellations.",
            "",
            f"* {total:,} outcomes: {true:.1%} TRUE, {unknown:.1%} UNKNOWN.",
            f"* {self.telling / self.rules:.1%} of the rules select 5 to 95 % of the customers.",
            f"* Seed {SEED}, {seconds / 60:.0f} minutes.",
            "",
            f"Rules that use each part at least once (at least {LEAST} of 10,000 must):",
        ]
        for kind, counts in self.uses.items():
            listed = ", ".join(f"{name} {n:,}" for name, n in sorted(counts.items()))
            lines += ["", f"**{kind}**: {listed}."]
        return "\n".join(lines) + "\n"


def used(rule: Any) -> Iterator[tuple[str, str]]:
    """What a rule is made of: kind, and name."""
    yield "Connectives" if type(rule) in CONNECTIVES else "Conditions", CONNECTIVES.get(type(rule)) or rule.keyword
    for _, part in parts(rule):
        yield from used(part)
    having = getattr(rule, "having", None)
    if isinstance(having, AggregateTest):
        name, asked = only(having)
        yield "Aggregates", name
        if isinstance(asked, TrendTest | ShareTest):
            yield "Comparisons", f"{name} of {asked.fn.lower()}"
        if isinstance(asked, DurationTest) or hasattr(asked, "on_empty"):
            yield "Without events", str(asked.on_empty)
    if getattr(rule, "keyword", None) != "anniversary" and hasattr(rule, "window"):
        yield "Windows", type(rule.window).__name__
        period = getattr(rule.window, "period", None)
        if period is not None:
            yield "Periods", f"{period.unit}{' (fiscal)' if period.fiscal else ''}"
        if hasattr(rule.window, "anchor"):
            yield "Anchors", str(rule.window.anchor)
    if type(rule) not in CONNECTIVES and hasattr(rule, "clock"):
        yield "Clocks", str(rule.clock)
    yield from ranked(rule)


def ranked(rule: Any) -> Iterator[tuple[str, str]]:
    """What a metric, a rank or a segment is made of."""
    match getattr(rule, "keyword", None):
        case "segment":
            yield "Segments", f"{rule.is_}{' in the past' if rule.at else ''}"
        case "metric":
            yield "Metrics", str(rule.metric)
        case "rank":
            yield "Metrics", str(rule.by)
            yield "Ranks", only(rule.test)[0]
            yield "Ties", str(rule.ties)
            yield "Populations", "everybody" if rule.population is None else "those of a rule"


@pytest.fixture(scope="session")
def shop() -> Shop:
    """More customers than in the tests."""
    return with_lists(with_past(Maker(SEED).shop(PEOPLE), SEED))


async def test_ten_thousand_rules_have_the_members_that_the_oracle_finds(
    judge: Judge, market: Tenant, scope: Scope
) -> None:
    seen, began = Seen(), time.monotonic()
    async with asking(scope, market) as session:
        for number in range(RULES):
            question = judge.question(number)
            oracle = judge.oracle(question)
            known = [person for person in judge.shop.people if oracle.known(person)]
            outcomes = {person.row["id"]: oracle.truth(question.rule, person) for person in known}
            members = {id_ for id_, truth in outcomes.items() if truth is True}
            judge.expected[question] = members
            ways = judge.all_agree if number % 10 == 0 else judge.ids_agree
            assert await ways(session, question), f"{question}\nOracle: {sorted(map(str, members))}"
            assert await judge.past_agrees(session, question), f"{question} as of then"
            seen.rules += 1
            seen.every_way += number % 10 == 0
            seen.telling += 0.05 <= len(members) / len(known) <= 0.95
            seen.outcomes.update(outcomes.values())
            seen.count(question)
    PAGE.write_text(seen.page(PEOPLE, time.monotonic() - began))
    least = LEAST * RULES / 10_000
    assert {of.keyword for of in CONDITIONS} <= set(seen.uses["Conditions"])
    assert not {f"{kind}: {name}": n for kind, uses in seen.uses.items() for name, n in uses.items() if n < least}
    assert seen.telling >= RULES / 3
