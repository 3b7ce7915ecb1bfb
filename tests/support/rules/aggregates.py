"""Aggregates of a customer's events in plain Python: sums are fractions, so that nothing is rounded."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from domain.feedback.conditions.feedback import FeedbackGiven
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.filters import OrderFilter, ProductFilter
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.orders.order import OrderStatus
from domain.rules.window import Ago, Between, FirstN, Last, LastN
from domain.time import Duration
from tests.support.rules.logic import Truth
from tests.support.rules.shop import Person, Row
from tests.support.rules.sources import Asked

Event = tuple[datetime, Row]
COLUMNS = {"net_total": "base_net", "gross_total": "base_net", "net_amount": "base_net", "product": "product_id",
           "order": "order_id"}  # fmt: skip
PRECISE = Context(prec=60)


class Aggregates(Asked):
    """What is asked of events."""

    def events(self, rule: Any, person: Person, window: Any, whole: bool = False) -> list[Event]:
        """The events a condition is about; ``whole``: all that its share is of."""
        match rule:
            case Orders(_, where):
                cancelled = where.status is not None and "CANCELLED" in where.status
                wanted = (OrderFilter(status=tuple(OrderStatus)) if cancelled else OrderFilter()) if whole else where
                found = [(row["placed_at"], row) for row in self.orders(person, wanted, window)]
            case Items(product, _, where):
                found = list(self.items(person, ProductFilter() if whole else product, where, window))
            case Interactions():
                wanted = Interactions(rule.having) if whole else rule
                found = [(row["occurred_at"], row) for row in self.interactions(person, wanted, window)]
            case FeedbackGiven():
                wanted = FeedbackGiven(rule.having) if whole else rule
                found = [(row["submitted_at"], row) for row in self.feedback(person, wanted, window)]
            case _:
                raise TypeError(rule)
        found.sort(key=lambda event: (event[0], event[1]["id"]))
        match window:
            case FirstN(n):
                return found[:n]
            case LastN(n):
                return found[-n:]
        return found

    def total(self, rule: Any, person: Person, window: Any, name: str, field: str | None, whole: bool = False) -> Any:
        """A number of the events in a window; null where there is none."""
        events = self.events(rule, person, window, whole)
        if name == "count":
            return len(events)
        values = [v for _, row in events if (v := row[COLUMNS.get(str(field), field)]) is not None]
        match name:
            case "distinct":
                return len(set(values))
            case "sum":
                back: Sequence[Any] = ()
                if (
                    field == "net_total"
                    and not whole
                    and not isinstance(window, FirstN | LastN)
                    and not rule.having.share
                ):
                    back = [row["base_net"] for row in self.returns(person, rule.where, window)]
                return sum(map(Fraction, values), Fraction()) - sum(map(Fraction, back), Fraction())
            case "avg":
                return sum(map(Fraction, values), Fraction()) / len(values) if values else None
            case "stddev":
                return spread(values)
        return {"min": min, "max": max}[name](values, default=None)

    def aggregate(self, rule: Any, person: Person) -> Truth:
        """Whether what is asked of the events holds."""
        having, window = rule.having, rule.window
        if having.exists is not None:
            return bool(self.events(rule, person, window)) == having.exists
        name, asked = next((f.name, v) for f in fields(having) if (v := getattr(having, f.name)) is not None)
        if name == "count":
            return self.test(asked, self.total(rule, person, window, name, None))
        if name in ("first", "last", "recency", "span", "average_gap"):
            return self.moment(name, asked, [at for at, _ in self.events(rule, person, window)])
        if name in ("trend", "share"):
            function = asked.fn.lower()
            value = self.total(rule, person, window, function, asked.field)
            before = earlier(window) if name == "trend" else window
            base = self.total(rule, person, before, function, asked.field, whole=name == "share")
            if value is None or base is None or base <= 0:
                return self.test(asked.change if name == "trend" else asked.share, None)
            ratio = Fraction(value) / Fraction(base) * 100
            return self.test(asked.change, ratio - 100) if name == "trend" else self.test(asked.share, ratio)
        value = self.total(rule, person, window, name, asked.field)
        empty = getattr(asked, "on_empty", "NO_MATCH")
        return filled(self.test(asked.test, 0 if value is None and empty == "ZERO" else value), empty)

    def moment(self, name: str, asked: Any, instants: list[datetime]) -> Truth:
        """Whether the first or last event was then, the last so long ago, the events so long apart."""
        if name in ("first", "last"):
            return self.test(asked, (min if name == "first" else max)(instants, default=None))
        enough = len(instants) >= (2 if name == "average_gap" else 1)
        if not enough and asked.on_empty != "ZERO":
            return filled(None, asked.on_empty)
        compare = {
            "gt": lambda a, b: a > b,
            "gte": lambda a, b: a >= b,
            "lt": lambda a, b: a < b,
            "lte": lambda a, b: a <= b,
        }
        wanted = [(compare[n], d) for n in compare if (d := getattr(asked, n)) is not None]
        if name == "recency":
            last = max(instants, default=self.now)
            return all(passes(self.when.before(duration), last) for passes, duration in wanted)
        length = Fraction((max(instants) - min(instants)) // timedelta(microseconds=1), 10**6) if enough else Fraction()
        if name == "average_gap" and enough:
            length /= len(instants) - 1
        return all(passes(length, duration.seconds) for passes, duration in wanted)


def filled(truth: Truth, on_empty: str) -> Truth:
    """What is concluded where nothing is known."""
    return True if truth is None and on_empty == "MATCH" else truth


def earlier(window: Any) -> Any:
    """The equally long window before."""
    match window:
        case Last(d):
            return Ago(Duration(d.months * 2, d.seconds * 2), d)
        case Ago(start, end):
            return Ago(
                Duration(start.months + (start.months - end.months), start.seconds + (start.seconds - end.seconds)),
                start,
            )
        case Between(start, end):
            return Between(start + (start - end), start)
    return replace(window, period=replace(window.period, offset=window.period.offset - 1))


def spread(values: list[Decimal]) -> Any:
    """Standard deviation of a sample; null of fewer than two."""
    if len(values) < 2:
        return None
    mean = sum(map(Fraction, values), Fraction()) / len(values)
    variance = sum((Fraction(value) - mean) ** 2 for value in values) / (len(values) - 1)
    return PRECISE.sqrt(PRECISE.divide(Decimal(variance.numerator), Decimal(variance.denominator)))
