"""The parts of a rule estimated: one even sample tells of all of them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain.rules.terms import Terms
from domain.rules.tree import AnyOf, Not
from domain.segments.estimate import Accuracy
from domain.segments.parts import counted
from domain.time import Clock
from tests.integration.segments.test_counts import CITIES, MANY, PEOPLE, of_cities


async def test_parts_are_estimated_by_one_sample(session: AsyncSession) -> None:
    await session.execute(PEOPLE, {"many": MANY, "cities": CITIES})
    half, quarter = of_cities(range(CITIES // 2)), of_cities(range(CITIES // 4))
    rules = [AnyOf((half, quarter)), half, Not(half), quarter]
    clock = Clock(now=datetime.now(UTC) + timedelta(days=1))
    row = (await session.execute(counted(rules, Accuracy.ESTIMATE, terms=Terms(), clock=clock))).one()
    assert not row.exact
    assert 0.8 * MANY < row.everybody < 1.2 * MANY
    assert row.trues[0] == row.trues[1] == row.falses[2]
    assert abs(row.trues[1] + row.trues[2] - row.everybody) <= 1
    for found, share in zip(row.trues, (2, 2, 2, 4), strict=True):
        assert 0.8 * MANY / share < found < 1.2 * MANY / share
