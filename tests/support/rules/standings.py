"""Measures of customers and their places among others, in plain Python."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any
from uuid import UUID

from domain.feedback.conditions.feedback import FeedbackGiven
from domain.feedback.feedback import FeedbackKind
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.filters import OrderFilter
from domain.orders.conditions.orders import Orders
from domain.rules.aggregate import AggregateTest
from domain.rules.tests import NumberTest
from tests.support.rules.aggregates import Aggregates
from tests.support.rules.shop import Person

EXISTS = AggregateTest(exists=True)
SCORED = NumberTest(is_null=False)


class Measures(Aggregates):
    """The metrics of a customer."""

    def metric(self, key: str, person: Person, window: Any) -> Any:
        """A number, or null."""
        orders, interactions = Orders(EXISTS, OrderFilter(), window), Interactions(EXISTS, window=window)
        match key:
            case "ORDER_COUNT":
                return len(self.events(orders, person, window))
            case "INTERACTION_COUNT":
                return len(self.events(interactions, person, window))
            case "NET_SPEND":
                return self.total(orders, person, window, "sum", "net_total")
            case "AVG_ORDER_VALUE":
                return self.total(orders, person, window, "avg", "net_total")
            case "DAYS_SINCE_ORDER":
                return self.days_since(max((at for at, _ in self.events(orders, person, window)), default=None))
            case "DAYS_SINCE_INTERACTION":
                return self.days_since(max((at for at, _ in self.events(interactions, person, window)), default=None))
            case "AVG_ORDER_GAP_DAYS":
                at = sorted(at for at, _ in self.events(orders, person, window))
                gaps = [(b - a) / timedelta(microseconds=1) for a, b in pairwise(at)]
                return sum(map(Fraction, gaps)) / len(gaps) / (86_400 * 10**6) if gaps else None
            case "RETURN_RATE":
                gross = self.total(orders, person, window, "sum", "gross_total")
                back = sum(Fraction(row["base_net"]) for row in self.returns(person, OrderFilter(), window))
                return 100 * back / gross if gross > 0 else None
            case "RECEIVABLE":
                return person.row["receivable"]
            case "TENURE_DAYS":
                return self.days_since(person.row["registered_at"])
        return self.answered(key, person, window)

    def answered(self, key: str, person: Person, window: Any) -> Any:
        """The last NPS score, or the mean of CSAT."""
        kind = FeedbackKind.NPS if key == "NPS_LAST" else FeedbackKind.CSAT
        answers = FeedbackGiven(EXISTS, kind=(kind,), score=SCORED, window=window)
        scores = [row["score"] for _, row in self.events(answers, person, window)]
        if not scores:
            return None
        return scores[-1] if key == "NPS_LAST" else sum(map(Fraction, scores)) / len(scores)

    def days_since(self, at: Any) -> int | None:
        """Whole days of 24 hours."""
        return None if at is None else (self.now - at) // timedelta(days=1)


def places(values: Mapping[UUID, Any], largest: bool) -> dict[str, Callable[[UUID], int]]:
    """How places are given, by the rule for ties."""

    def ahead(mine: Any, other: Any) -> bool:
        return bool(other > mine if largest else other < mine)

    def best(id_: UUID) -> int:
        return 1 + sum(ahead(values[id_], other) for other in values.values())

    def worst(id_: UUID) -> int:
        return len(values) - sum(ahead(other, values[id_]) for other in values.values())

    def by_id(id_: UUID) -> int:
        return best(id_) + sum(other == values[id_] and key < id_ for key, other in values.items())

    return {"INCLUDE": best, "EXCLUDE": worst, "BY_ID": by_id}


def stands(rule: Any, values: Mapping[UUID, Any], id_: UUID) -> bool:
    """Whether somebody stands where a rank asks; who has no value stands nowhere."""
    test, ties, size = rule.test, rule.ties, len(values)
    if id_ not in values:
        return False
    if test.quantile is not None:
        # The same ones fall into the upper part, into the lower, or are parted by their ids.
        upwards = places(values, largest=False)
        place = upwards[{"INCLUDE": "EXCLUDE", "EXCLUDE": "INCLUDE"}.get(ties, ties)](id_)
        return ceil(Fraction(test.quantile.of * place, size)) in test.quantile.in_
    largest = test.top_percent is not None or test.top_n is not None
    most = test.top_n or test.bottom_n or ceil(Fraction(test.top_percent or test.bottom_percent) * size / 100)
    return places(values, largest)[ties](id_) <= most


def score(values: Mapping[UUID, Any], id_: UUID, bins: int) -> int:
    """As pandas has it: ``ceil(bins * values.rank(method="max", pct=True))``."""
    return ceil(Fraction(bins * sum(other <= values[id_] for other in values.values()), len(values)))


def scored(values: Mapping[UUID, Any], id_: UUID, scale: Any, sign: int) -> int:
    """By a scale of equal parts, or by bounds, which of ``sign`` -1 are those of the values turned round."""
    if scale.bins is not None:
        return score(values, id_, scale.bins)
    return 1 + sum(values[id_] >= sign * bound for bound in scale.bounds)


def label(scoring: Any, scores: list[Any], wanted: tuple[str, ...]) -> bool | None:
    """Whether the first label that fits the scores is one of those wanted."""
    if None in scores:
        return None
    for each in scoring.labels:
        for pattern in each.scores:
            asked = (pattern.recency, pattern.frequency, pattern.monetary)
            if all(part is None or one in part for one, part in zip(scores, asked, strict=True)):
                return each.key in wanted
    return False
