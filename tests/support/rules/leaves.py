"""Anniversaries, places on the globe, samples, changes and sequences, in plain Python."""

import math
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.rules.window import Last
from domain.time import Duration
from tests.support.rules.instants import DAY, When, months_before
from tests.support.rules.logic import Truth, every
from tests.support.rules.shop import Person, Row
from tests.support.rules.standings import Measures


class Leaves(Measures):
    """Conditions that are no aggregate."""

    def anniversary(self, rule: Any, value: Any) -> Truth:
        """Whether one of the days on which a date comes round lies in the window."""
        if value is None:
            return None
        began = self.when.day_of(value)
        first, following = around(rule.window, self.when)
        years = (rule.nth,) if rule.nth is not None else range(1, 200)
        return any(first <= comes_round(began, n, rule.leap_day) < following for n in years)

    def geo(self, rule: Any, row: Row) -> Truth:
        """Whether every place passes."""
        seen = [self.test(getattr(rule, name), row.get(name)) for name in ("country", "region", "city")]
        if rule.within is not None:
            there = (row["latitude"], row["longitude"])
            seen.append(None if None in there else distance(rule.within, there) <= float(rule.within.kilometres))
        return every(seen)

    def changed(self, rule: Any, person: Person, values: Any) -> bool:
        """Whether there is such a change; ``values`` reads a stored value as the field's type."""
        return any(
            row["field"] == values.name
            and self.within(rule.window, row["valid_from"], person)
            and every(
                self.test(next(values.given(test)), values.read(row[end]))
                for end, test in (("before", rule.from_), ("after", rule.to))
                if test is not None
            )
            for row in person.changes
        )

    def consent(self, rule: Any, person: Person) -> bool:
        """Whether what was said last of a purpose, of this channel or of all, has one of the statuses."""
        said = [
            row
            for row in person.consents
            if row["purpose"] == rule.purpose
            and row["channel"] in (None, rule.channel)
            and row["occurred_at"] <= self.now
        ]
        if not said:
            return "UNKNOWN" in rule.status
        last = max(said, key=lambda row: (row["occurred_at"], row["id"]))
        ended = last["expires_at"] is not None and last["expires_at"] <= self.now
        return ("EXPIRED" if ended and last["status"] == "GRANTED" else last["status"]) in rule.status

    def sequence(self, rule: Any, person: Person) -> bool:
        """Whether the steps follow one another."""
        firsts = [at for at in self.step(rule.steps[0], person) if self.within(rule.window, at, person)]
        return any(self.follow(rule.steps[1:], at, person) for at in firsts)

    def follow(self, steps: tuple[Any, ...], since: datetime, person: Person) -> bool:
        """Whether the rest of the steps comes after an instant."""
        if not steps:
            return True
        step, *rest = steps
        end = None if step.within is None else self.when.after(step.within, since)
        later = [at for at in self.step(step, person) if since < at and (end is None or at <= end)]
        if step.absent:
            return end is not None and end <= self.now and not later and self.follow(tuple(rest), since, person)
        return any(self.follow(tuple(rest), at, person) for at in later)

    def step(self, step: Any, person: Person) -> Iterable[datetime]:
        """When such a thing happened, until now."""
        ever = Last(Duration(12_000, 0))
        if step.orders is not None:
            return [row["placed_at"] for row in self.orders(person, step.orders, ever)]
        return [row["occurred_at"] for row in self.interactions(person, step.interactions, ever)]


def comes_round(began: date, years: int, leap_day: str) -> date:
    """The same day so many years later."""
    try:
        return began.replace(year=began.year + years)
    except ValueError:
        return date(began.year + years, 3, 1) if leap_day == "MAR_1" else date(began.year + years, 2, 28)


def around(window: Any, when: When) -> tuple[date, date]:
    """The first day, and the one after the last."""
    today = when.today
    if window.in_next is not None:
        return today, months_before(today, -window.in_next.months) + DAY * (window.in_next.seconds // 86_400)
    if window.in_last is not None:
        return months_before(today, window.in_last.months) - DAY * (window.in_last.seconds // 86_400 - 1), today + DAY
    return when.period(window.in_period) if window.in_period is not None else (today, today + DAY)


def distance(circle: Any, there: tuple[Any, Any]) -> float:
    """Kilometres on a sphere, by the law of haversines."""
    north, east, south, west = (math.radians(float(v)) for v in (*there, circle.latitude, circle.longitude))
    half = math.sin((north - south) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin((east - west) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(half))


def sampled(rule: Any, id_: UUID) -> bool:
    """Whether the hash lies between the percentages."""
    digest = sha256(rule.salt.encode() + id_.bytes).digest()
    share = Fraction(int.from_bytes(digest[:8], "big"), 2**64) * 100
    return Fraction(rule.from_percent) <= share < Fraction(rule.to_percent)
