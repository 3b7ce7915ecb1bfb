"""Satisfaction by period: every answer falls into the period that the merchant's calendar says, counted by hand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.base import new_id
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.feedback.measures import FeedbackDedupe
from domain.feedback.trend import feedback_trend
from domain.rules.moment import PeriodUnit
from domain.rules.terms import Terms
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.tenants import Tenants

NOW = datetime(2026, 3, 31, 20, tzinfo=UTC)  # 1 April in Shanghai
# In Havana a midnight of March is missing and one of November comes twice.
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Havana")
# Around every midnight of a year, in all zones: each hour of the first and last day of each month.
INSTANTS = [
    first + timedelta(hours=hour)
    for month in range(24)
    for first in [datetime(2024 + (month + 3) // 12, (month + 3) % 12 + 1, 1, tzinfo=UTC) - timedelta(days=1)]
    for hour in range(0, 72, 3)
]


def first_day(day: date, unit: PeriodUnit, week_start: int, fiscal: int | None) -> date:
    """The first day of the period in which a day lies."""
    if unit is PeriodUnit.DAY:
        return day
    if unit is PeriodUnit.WEEK:
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    months = day.year * 12 + day.month - 1
    begin = (fiscal or 1) - 1
    size = {PeriodUnit.MONTH: 1, PeriodUnit.QUARTER: 3, PeriodUnit.YEAR: 12}[unit]
    months -= (months - begin) % size
    return date(months // 12, months % 12 + 1, 1)


@pytest.fixture(scope="module")
async def stocked(scope: Scope, tenants: Tenants) -> Tenant:
    """A tenant with an answer at each instant."""
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        session.add_all(
            Feedback(
                id=new_id(at), system="s", external_id=str(n), question_key="", kind=FeedbackKind.NPS, score=9,
                scale_min=0, scale_max=10, submitted_at=at, recorded_at=at,
            )
            for n, at in enumerate(INSTANTS)
        )  # fmt: skip
    return tenant


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("unit", list(PeriodUnit))
@pytest.mark.parametrize("fiscal", [None, 4])
async def test_each_answer_is_counted_in_its_period(
    scope: Scope, stocked: Tenant, zone: str, unit: PeriodUnit, fiscal: int | None
) -> None:
    if fiscal and unit in (PeriodUnit.DAY, PeriodUnit.WEEK):
        fiscal = None
    clock = Clock(NOW, zone, week_start=7, fiscal_year_start=fiscal or 1)
    every = FeedbackDedupe.ALL_RESPONSES
    asked = feedback_trend(FeedbackKind.NPS, unit, 20, None, every, fiscal is not None, terms=Terms(), clock=clock)
    async with scope.write(stocked) as session:
        found = (await session.execute(asked)).mappings().all()
    days = [at.astimezone(ZoneInfo(zone)).date() for at in INSTANTS if at <= NOW]
    expected = Counter(first_day(day, unit, 7, fiscal) for day in days)
    assert len(found) == 20
    assert found[-1]["period"] == first_day(NOW.astimezone(ZoneInfo(zone)).date(), unit, 7, fiscal)
    assert {row["period"]: row["n"] for row in found} == {row["period"]: expected[row["period"]] for row in found}
    if unit is PeriodUnit.YEAR:
        assert sum(row["n"] for row in found) == len(days)
