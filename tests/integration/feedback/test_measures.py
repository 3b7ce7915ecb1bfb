"""NPS, CSAT and their intervals against plain Python and published values."""

import math
import random
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Numeric, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.customer import Customer
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.feedback.measures import FeedbackDedupe, csat_of, measured, nps_of, rounded

AT = datetime(2025, 5, 1, tzinfo=UTC)
Z = 1.959964


async def given(session: AsyncSession, kind: FeedbackKind, scores: list[Any], scale: tuple[int, int]) -> None:
    """An anonymous answer a score."""
    session.add_all(
        Feedback(
            id=new_id(AT), system="s", external_id=f"{kind}{n}", question_key="", kind=kind, score=score,
            scale_min=scale[0], scale_max=scale[1], submitted_at=AT, recorded_at=AT,
        )
        for n, score in enumerate(scores)
    )  # fmt: skip
    await session.flush()


async def asked(session: AsyncSession, kind: FeedbackKind, **more: Any) -> dict[str, Any]:
    """What is measured, with its parts."""
    whole = measured(kind, true(), **more).subquery("whole")
    found: dict[str, Any] = dict((await session.execute(select(whole))).mappings().one())
    for name, part in (("nps", nps_of), ("csat", csat_of)):
        row = (await session.execute(part(whole.c).select_from(whole))).mappings().one_or_none()
        found[name] = row and dict(row)
    return found


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors"),
    [(1, 0, 0), (0, 0, 1), (0, 4, 0), (50, 30, 20), (8465, 3953, 1194), (3, 1, 3)],
)
async def test_nps_has_the_interval_of_its_definition(
    session: AsyncSession, promoters: int, passives: int, detractors: int
) -> None:
    scale = 20 if promoters > 1000 else 1  # shares, not thousands of rows
    p, q, d = promoters // scale, passives // scale, detractors // scale
    await given(session, FeedbackKind.NPS, [9] * p + [7] * q + [0] * d, (0, 10))
    found = (await asked(session, FeedbackKind.NPS, dedupe=FeedbackDedupe.ALL_RESPONSES))["nps"]
    n = p + q + d
    # Two weighted outcomes and a third: 3 pseudo answers, 3/4 of a promoter and of a detractor.
    up, down = (p + 0.75) / (n + 3), (d + 0.75) / (n + 3)
    spread = Z * math.sqrt((up + down - (up - down) ** 2) / (n + 3))
    assert found["score"] == near(100 * (p - d) / n, 1)
    assert abs(float(found["low"]) - 100 * max(up - down - spread, -1)) <= 0.051
    assert abs(float(found["high"]) - 100 * min(up - down + spread, 1)) <= 0.051
    assert (found["promoters"], found["passives"], found["detractors"]) == (p, q, d)


async def test_csat_has_wilsons_interval(session: AsyncSession) -> None:
    """8 of 10 at 95 %: 0.4902 to 0.9433 (Wilson 1927; the value that statistics packages print)."""
    await given(session, FeedbackKind.CSAT, [5] * 4 + [4] * 4 + [3, 1], (1, 5))
    found = (await asked(session, FeedbackKind.CSAT, dedupe=FeedbackDedupe.ALL_RESPONSES))["csat"]
    assert found == {"ratio": Decimal("0.8"), "low": Decimal("0.4902"), "high": Decimal("0.9433"), "satisfied": 8}


async def test_the_same_share_of_another_scale_is_satisfied(session: AsyncSession) -> None:
    await given(session, FeedbackKind.CSAT, [Decimal("7.75"), Decimal("7.74"), 10], (1, 10))
    assert (await asked(session, FeedbackKind.CSAT, dedupe=FeedbackDedupe.ALL_RESPONSES))["satisfied"] == 2


async def test_without_answers_there_is_no_score(session: AsyncSession) -> None:
    found = await asked(session, FeedbackKind.NPS)
    assert (found["n"], found["mean"], found["nps"], found["csat"]) == (0, None, None, None)


@pytest.mark.parametrize("seed", range(5))
async def test_the_latest_answer_of_a_customer_counts_and_every_anonymous_one(session: AsyncSession, seed: int) -> None:
    draw = random.Random(seed)
    whose = [new_id(AT) for _ in range(8)]
    session.add_all(Customer(id=one, registered_at=AT, created_at=AT, updated_at=AT) for one in whose)
    await session.flush()
    latest: dict[UUID, tuple[datetime, UUID, int]] = {}
    for n in range(60):
        one, at, score = draw.choice([*whose, None]), AT + timedelta(days=draw.randint(0, 9)), draw.randint(0, 10)
        answer = Feedback(
            id=new_id(AT), customer_id=one, system="s", external_id=str(n), question_key="", kind=FeedbackKind.NPS,
            score=score, scale_min=0, scale_max=10, submitted_at=at, recorded_at=AT,
        )  # fmt: skip
        session.add(answer)
        key = one or answer.id
        latest[key] = max(latest.get(key, (at, UUID(int=0), 0)), (at, answer.id, score))
    await session.flush()
    found = await asked(session, FeedbackKind.NPS)
    scores = [score for _, _, score in latest.values()]
    assert found["n"] == len(scores)
    assert found["promoters"] == sum(score >= 9 for score in scores)
    assert found["detractors"] == sum(score <= 6 for score in scores)
    some = select(Customer.id).where(Customer.id.in_(whose[:3]))
    assert (await asked(session, FeedbackKind.NPS, members=some))["n"] == len(latest.keys() & set(whose[:3]))


async def test_halves_are_rounded_to_even(session: AsyncSession) -> None:
    for value in ("0.05", "0.15", "0.25", "-0.25", "-0.35", "12.345", "2.5", "0.249999"):
        made = await session.scalar(select(rounded(literal(Decimal(value), Numeric()), 1)))
        assert made == Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_EVEN), value


def near(value: float, digits: int) -> Decimal:
    """Rounded half to even."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
