"""Three-valued logic and tests of one value, in plain Python: True, False, or None for unknown."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.support.rules.instants import When, months_before

Truth = bool | None


def opposite(value: Truth) -> Truth:
    """Kleene's not."""
    return None if value is None else not value


def at_least(k: int, values: Iterable[Truth]) -> Truth:
    """Whether at least ``k`` are true."""
    seen = list(values)
    if seen.count(True) >= k:
        return True
    return False if seen.count(True) + seen.count(None) < k else None


def every(values: Iterable[Truth]) -> Truth:
    """Kleene's and."""
    seen = list(values)
    return at_least(len(seen), seen)


def relative(name: str, value: Any, given: Any, when: When) -> bool:
    """Instants: exactly, up to now or after it.  Days: whole ones with today, on the calendar that is asked."""
    if name == "in_period":
        first, following = when.period(given)
        return bool(first <= value < following)
    if isinstance(value, datetime):
        return when.before(given) < value <= when.now if name == "in_last" else when.now < value <= when.after(given)
    today, days = when.today, timedelta(seconds=given.seconds)
    if name == "in_last":
        return bool(months_before(today, given.months) - days < value <= today)
    return bool(today <= value < months_before(today, -given.months) + days)


MEMBERS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, given: value == given,
    "ne": lambda value, given: value != given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "before": lambda value, given: value < given,
    "on_or_before": lambda value, given: value <= given,
    "after": lambda value, given: value > given,
    "on_or_after": lambda value, given: value >= given,
    "in_": lambda value, given: value in given,
    "not_in": lambda value, given: value not in given,
    "contains": lambda value, given: given in value,
    "starts_with": lambda value, given: value[: len(given)] == given,
    "ends_with": lambda value, given: given == "" or value[-len(given) :] == given,
    "has_any": lambda value, given: bool(set(value) & set(given)),
    "has_all": lambda value, given: set(given) <= set(value),
    "has_none": lambda value, given: not set(value) & set(given),
    "weekday": lambda value, given: value.isoweekday() in given,
    "is_empty": lambda value, given: (len(value) == 0) == given,
}


def number(value: Any) -> Any:
    """Numbers as fractions, so that nothing is rounded; all else as it is."""
    exact = isinstance(value, bool | str | date) or value is None or isinstance(value, Iterable)
    return value if exact else Fraction(value)


def tested(test: Any, value: Any, when: When) -> Truth:
    """Whether a value passes: every member that is given must hold.

    Null is unknown to all but ``is_null``; a list that is null has no size to be null.
    """
    seen: list[Truth] = []
    for member in fields(test):
        given = getattr(test, member.name)
        if given is None:
            continue
        if member.name == "is_null":
            seen.append((value is None) == given)
        elif value is None:
            seen.append(None)
        elif member.name == "size":
            seen.append(tested(given, len(value), when))
        elif member.name in ("in_last", "in_next", "in_period"):
            seen.append(relative(member.name, value, given, when))
        else:
            seen.append(MEMBERS[member.name](number(value), number(given)))
    return every(seen)
