"""Who saves segments at once waits for the other, and is judged by what the other saved."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.refusal import NameTaken, NotFound, ProblemCode, Refused, VersionConflict
from domain.rules.issues import RuleInvalid
from domain.rules.tree import Not
from domain.segments.conditions.segment import InSegment
from domain.segments.save import InUse, SegmentUpdate, segment_update
from domain.segments.segment import Segment
from domain.strategies.audience import segment_archive
from domain.strategies.save import GoalInput, StrategyActionInput, StrategyInput, strategy_save
from domain.strategies.strategy import ActionKind, GoalDirection, GoalMetric
from domain.text import Names
from domain.time import Duration
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.saving import LATER, STALE, change, create, remembered
from tests.support.tenants import Tenants


@pytest.fixture
async def own(tenants: Tenants) -> Tenant:
    """A tenant to commit to."""
    return (await tenants())[0]


@pytest.fixture
async def two(scope: Scope, own: Tenant) -> tuple[Segment, Segment]:
    """Two segments that know nothing of each other."""
    async with scope.write(own) as session:
        return await create(session, "left"), await create(session, "right")


async def together(*attempts: Any) -> list[Any]:
    """What each gives or raises, all begun at once."""
    return list(await asyncio.gather(*attempts, return_exceptions=True))


async def test_two_writers_at_once_do_not_close_a_circle_between_them(
    scope: Scope, own: Tenant, two: tuple[Segment, Segment]
) -> None:
    async def refer(segment: Segment, to: Segment) -> None:
        async with scope.write(own) as session:
            terms = await remembered(session)
            await asyncio.wait_for(both_read.wait(), 10)
            changed = SegmentUpdate(1, rule=Not(InSegment(id=to.id)))
            await segment_update(session, segment.id, changed, now=LATER, terms=terms)

    both_read = asyncio.Barrier(2)
    left, right = two
    outcomes = await together(refer(left, right), refer(right, left))
    (refusal,) = (one for one in outcomes if one is not None)
    assert isinstance(refusal, Refused)
    assert isinstance(refusal.problem, RuleInvalid)
    assert refusal.problem.issues[0].code is ProblemCode.CYCLE
    async with scope.write(own) as session:
        versions = await session.scalars(select(Segment.version).order_by(Segment.version))
        assert list(versions) == [1, 2]


async def test_of_two_creators_of_one_key_the_second_is_refused(scope: Scope, own: Tenant) -> None:
    async def attempt() -> None:
        async with scope.write(own) as session:
            await create(session, "same")

    outcomes = await together(attempt(), attempt(), attempt())
    problems = [one.problem for one in outcomes if isinstance(one, Refused)]
    assert problems == [NameTaken(path=("input", "key"), name="same")] * 2
    async with scope.write(own) as session:
        assert await session.scalar(select(func.count()).select_from(Segment)) == 1


async def test_a_segment_is_not_archived_while_another_begins_to_refer_to_it(
    scope: Scope, own: Tenant, two: tuple[Segment, Segment]
) -> None:
    left, right = two

    async def refer() -> None:
        async with scope.write(own) as session:
            await change(session, left, rule=InSegment(id=right.id))

    async def archived() -> None:
        async with scope.write(own) as session:
            await segment_archive(session, right.id, now=LATER)

    (problem,) = [one.problem for one in await together(refer(), archived()) if one is not None]
    assert isinstance(problem, InUse | RuleInvalid)
    async with scope.write(own) as session:
        terms = await remembered(session)
        assert (right.id in terms.segments) == isinstance(problem, InUse)


async def test_of_two_changes_of_one_version_the_second_is_refused(
    scope: Scope, own: Tenant, two: tuple[Segment, Segment]
) -> None:
    async def rename(name: str) -> None:
        async with scope.write(own) as session:
            await session.execute(select(1))
            await asyncio.wait_for(ready.wait(), 10)
            await segment_update(session, two[0].id, SegmentUpdate(1, name=Names(en=name)), now=LATER, terms=STALE)

    ready = asyncio.Barrier(3)
    outcomes = await together(*map(rename, ("a", "b", "c")))
    problems = [one.problem for one in outcomes if one is not None]
    assert problems == [VersionConflict(path=("input", "ifVersion"), current=2, yours=1)] * 2


async def test_a_segment_is_not_archived_while_a_strategy_begins_to_need_it(
    scope: Scope, own: Tenant, two: tuple[Segment, Segment]
) -> None:
    async def need() -> None:
        async with scope.write(own) as session:
            await session.execute(select(1))
            await asyncio.wait_for(ready.wait(), 10)
            goal = GoalInput(GoalMetric.NPS, GoalDirection.UP, Duration(1, 0))
            actions = [StrategyActionInput(ActionKind.SEND_CARE)]
            made = StrategyInput("care", Names(en="Care"), two[0].id, goal, actions)
            await strategy_save(session, None, made, now=LATER)

    async def archived() -> None:
        async with scope.write(own) as session:
            await session.execute(select(1))
            await asyncio.wait_for(ready.wait(), 10)
            await segment_archive(session, two[0].id, now=LATER)

    ready = asyncio.Barrier(2)
    (problem,) = [one.problem for one in await together(need(), archived()) if one is not None]
    assert problem in (InUse(path=("id",), strategies=("care",)), NotFound(path=("input", "segmentId")))
