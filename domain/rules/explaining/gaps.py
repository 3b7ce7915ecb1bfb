"""What is missing: of a condition that does not say what it would have to, how far it is from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from domain.rules.durations import DurationTest
from domain.rules.explaining.logic import Goal, Outcome
from domain.rules.explaining.looked import Looked
from domain.rules.explaining.values import Teller
from domain.rules.facts import Aggregate
from domain.rules.seen import Seen, Unit
from domain.rules.tests import NumberTest
from domain.words import Words

_ORDERED = ("gt", "gte", "lt", "lte", "eq")
_OPPOSITE = {"gt": "lte", "gte": "lt", "lt": "gte", "lte": "gt"}
_WHOLE = (Unit.COUNT, Unit.DAYS, Unit.SECONDS)
_NUMERIC = (*_WHOLE, Unit.MONEY, Unit.NUMBER, Unit.PERCENT)
_CENT, _ONE = Decimal("0.01"), Decimal(1)


@dataclass(frozen=True, slots=True)
class Distance:
    """How much more is needed, less if negative; and when time alone changes what is counted.

    ``before``: when what counts already begins to leave the window.  ``clears``: when it all has.
    """

    missing: Decimal | None
    before: datetime | None = None
    clears: datetime | None = None


def distance(seen: Seen | None, looked: Looked, goal: Goal) -> Distance:
    """From what was seen to what makes a condition reach a goal."""
    missing = _missing(seen, looked, goal)
    if missing is not None and missing > 0:
        return Distance(missing, before=looked.expires)
    passes = seen is not None and seen.unit is Unit.COUNT and _at_zero(seen.test, goal)
    return Distance(missing, clears=looked.clears if passes else None)


def effort(fact: Aggregate | None, own: bool) -> tuple[int, float]:
    """What is got first comes first: events, those that a customer has most of before others; then what is known of
    the customer; then what depends on others."""
    return (0, -fact.source.cost) if fact is not None else (1, 0.0) if own else (2, 0.0)


def hint(seen: Seen | None, looked: Looked, goal: Goal, found: Distance, label: str, tell: Teller) -> str:
    """A sentence for people, without a full stop."""
    if looked.outcome is Outcome.UNKNOWN and goal.upwards:
        return tell.of(Words(f"Not known yet: {label}", f"数据缺失，尚无法判断：{label}"))
    if seen is not None and found.missing is not None and found.missing > 0:
        return _too_little(seen, found.missing, found.before, tell)
    late = tell.instant(found.clears) if found.clears else ""
    wait = Words(f"if none follows, by {late} at the latest", f"如不再发生，最迟至 {late}") if late else None
    if seen is not None and found.missing is not None:
        much = tell.amount(seen, -found.missing)
        less = seen.noun.counted(f"{-found.missing:.0f}", "en", "fewer ") if seen.unit is Unit.COUNT else f"{much} less"
        end = Words(f"; {wait.en}", f"；{wait.zh}") if wait else Words("", "")
        return tell.of(Words(f"{less} needed{end.en}", f"须减少 {much}{end.zh}"))
    if wait is not None:
        return tell.of(Words(f"None may count: {wait.en}", f"不能再有：{wait.zh}"))
    holds, not_ = Words("Must hold: ", "须成立："), Words("Must not hold: ", "须不成立：")
    return f"{tell.of(holds if goal.upwards else not_)}{label}"


def _too_little(seen: Seen, missing: Decimal, before: datetime | None, tell: Teller) -> str:
    by = tell.instant(before) if before else ""
    end = Words(f" before {by}", f"，须在 {by} 之前") if by else Words("", "")
    much = tell.amount(seen, missing)
    more = seen.noun.counted(f"{missing:.0f}", "en", "more ") if seen.unit is Unit.COUNT else f"{much} more"
    return tell.of(Words(f"{more} needed{end.en}", f"还需 {much}{end.zh}"))


def _missing(seen: Seen | None, looked: Looked, goal: Goal) -> Decimal | None:
    if seen is None or looked.value is None or seen.unit not in _NUMERIC:
        return None
    value = Decimal(looked.value)
    if seen.unit is Unit.SECONDS:
        value = value.to_integral_value(ROUND_FLOOR)
    step, whole = (_ONE, True) if seen.unit in _WHOLE else (_CENT, False)
    bounds = _bounds(seen.test, goal).items()
    nearest = [found for name, bound in bounds if (found := _reached(name, bound, value, step, whole)) is not None]
    if not nearest:
        return None
    needed = max(nearest, key=lambda found: abs(found - value))
    passes = all(_reached(name, bound, needed, step, whole) is None for name, bound in bounds)
    return Decimal(f"{(needed - value).normalize():f}") if passes else None


def _reached(name: str, bound: Decimal, value: Decimal, step: Decimal, whole: bool) -> Decimal | None:
    """The nearest value that passes; null if this one does."""
    up, down = (bound.to_integral_value(way) if whole else bound for way in (ROUND_CEILING, ROUND_FLOOR))
    match name:
        case "gte" if value < bound:
            return up
        case "gt" if value <= bound:
            return down + step
        case "lte" if value > bound:
            return down
        case "lt" if value >= bound:
            return up - step
        case "eq" if value != bound:
            return bound
    return None


def _bounds(test: Any, goal: Goal) -> dict[str, Decimal]:
    """What a number has to be, if the test only compares; of one that may not pass, the opposite of its only one."""
    if isinstance(test, DurationTest):
        if any(asked.months for _, asked in test.given()):
            return {}
        given = {name: Decimal(asked.seconds) for name, asked in test.given()}
    elif isinstance(test, NumberTest) and test.ne is None and test.is_null is None:
        given = {name: bound for name in _ORDERED if (bound := getattr(test, name)) is not None}
    else:
        return {}
    if goal.upwards:
        return given
    return {_OPPOSITE[name]: bound for name, bound in given.items()} if len(given) == 1 and "eq" not in given else {}


def _at_zero(test: Any, goal: Goal) -> bool:
    """Whether none would pass."""
    wanted = _bounds(test, goal)
    return bool(wanted) and all(_reached(name, bound, Decimal(0), _ONE, True) is None for name, bound in wanted.items())
