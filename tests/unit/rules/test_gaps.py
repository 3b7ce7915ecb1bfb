"""What is said to be missing is enough, and of what is counted in whole numbers nothing less is."""

from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import null

from domain.rules.durations import DurationTest
from domain.rules.explaining.gaps import distance
from domain.rules.explaining.logic import FALSE, MEMBER, STRANGER, TRUE, Goal
from domain.rules.explaining.looked import Looked
from domain.rules.seen import Seen, Unit
from domain.rules.tests import NumberTest
from domain.time import Duration
from tests.support.rules import logic
from tests.support.rules.instants import NOWS, When

WHEN = When(NOWS[0], "UTC", 1, 1)
CENTS = st.integers(-500, 500).map(lambda cents: Decimal(cents) / 100)
WHOLE = st.integers(-6, 6).map(Decimal)
ONE = ("gt", "gte", "lt", "lte", "eq")


def missing(test: Any, value: Decimal, unit: Unit, goal: Goal) -> Decimal | None:
    outcome = FALSE if goal.upwards else TRUE
    return distance(Seen(null(), unit, test), Looked(outcome, value), goal).missing


def passes(test: NumberTest, value: Decimal) -> bool:
    return logic.tested(test, value, WHEN) is True


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ONE), CENTS, WHOLE, st.sampled_from([MEMBER, STRANGER, Goal(FALSE, upwards=False)]))
def test_of_a_number_of_things_the_least_is_missing(name: str, bound: Decimal, value: Decimal, goal: Goal) -> None:
    test = NumberTest(**{name: bound})
    assume(passes(test, value) is not goal.upwards)
    found = missing(test, value, Unit.COUNT, goal)
    if name == "eq":
        assert found == (bound - value if goal.upwards else None)
        return
    assert found is not None
    assert found != 0
    assert passes(test, value + found) is goal.upwards
    step = 1 if found > 0 else -1
    assert passes(test, value + found - step) is not goal.upwards


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(ONE[:4]), CENTS, min_size=1, max_size=2), CENTS)
def test_an_amount_is_enough_to_the_cent(bounds: dict[str, Decimal], value: Decimal) -> None:
    test = NumberTest(**bounds)
    assume(not passes(test, value))
    found = missing(test, value, Unit.MONEY, MEMBER)
    # Of bounds that exclude one another nothing can be told.
    assert passes(test, value + found) if found is not None else len(bounds) > 1


def test_a_length_of_time_is_missing_in_seconds_and_months_are_not_compared() -> None:
    week = DurationTest(gt=Duration(0, 7 * 86_400))
    assert missing(week, Decimal("86400.5"), Unit.SECONDS, MEMBER) == 6 * 86_400 + 1
    assert missing(DurationTest(gt=Duration(1, 0)), Decimal(86_400), Unit.SECONDS, MEMBER) is None


def test_of_what_is_no_number_or_not_known_nothing_is_said() -> None:
    assert missing(NumberTest(gte=Decimal(1)), Decimal(0), Unit.TEXT, MEMBER) is None
    assert missing(NumberTest(gte=Decimal(1), ne=Decimal(3)), Decimal(0), Unit.COUNT, MEMBER) is None
    assert distance(None, Looked(FALSE), MEMBER).missing is None
