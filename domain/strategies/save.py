"""Saving a strategy and moving it from status to status."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.events import EventTopic, announce
from domain.interactions.interaction import Channel
from domain.refusal import NameTaken, NotFound, Problem, ProblemCode, Refused, VersionConflict, invalid
from domain.segments.segment import Segment, SegmentStatus
from domain.strategies.strategy import (
    ActionKind,
    GoalDirection,
    GoalMetric,
    Strategy,
    StrategyAction,
    StrategyStatus,
)
from domain.text import Names, check_key, check_names
from domain.time import Duration
from domain.words import Says, Words

MAX_ACTIONS = 50
ALLOWED: dict[StrategyStatus, tuple[StrategyStatus, ...]] = {
    StrategyStatus.DRAFT: (StrategyStatus.SCHEDULED, StrategyStatus.CANCELLED),
    StrategyStatus.SCHEDULED: (StrategyStatus.RUNNING, StrategyStatus.CANCELLED),
    StrategyStatus.RUNNING: (StrategyStatus.PAUSED, StrategyStatus.FINISHED, StrategyStatus.CANCELLED),
    StrategyStatus.PAUSED: (StrategyStatus.RUNNING, StrategyStatus.FINISHED, StrategyStatus.CANCELLED),
    StrategyStatus.FINISHED: (),
    StrategyStatus.CANCELLED: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidTransition(Problem):
    """A strategy cannot go there from where it stands."""

    code: ClassVar = ProblemCode.INVALID_TRANSITION
    text: ClassVar = Words("A strategy that is {from_} cannot become that.", "处于 {from_} 状态的策略不能转为该状态。")
    from_: StrategyStatus = field(metadata={"doc": "Where it stands."})
    allowed: tuple[StrategyStatus, ...] = field(metadata={"doc": "Where it can go."})


@dataclass(frozen=True, slots=True)
class GoalInput:
    """What is to change, which way, how far, by when."""

    metric: Annotated[GoalMetric, Says(Words("metric", "指标"))]
    direction: Annotated[GoalDirection, Says(Words("direction", "方向"))]
    within: Annotated[Duration, Says(Words("within", "期限"), "From the strategy's start.")]
    target: Annotated[Decimal | None, Says(Words("target", "目标值"), "In the metric's unit.")] = None


@dataclass(frozen=True, slots=True)
class StrategyActionInput:
    """One step of a strategy."""

    kind: Annotated[ActionKind, Says(Words("kind", "类型"))]
    channel: Annotated[Channel | None, Says(Words("channel", "渠道"))] = None
    delay: Annotated[Duration | None, Says(Words("delay", "延迟"), "After the step before.")] = None
    payload: Annotated[dict[str, Any] | None, Says(Words("payload", "内容"), "What the step needs.")] = None


@dataclass(frozen=True, slots=True)
class StrategyInput:
    """A strategy, whole: what is not given is not kept."""

    key: Annotated[str, Says(Words("key", "键"), "Immutable.")]
    name: Annotated[Names, Says(Words("name", "名称"))]
    segment_id: Annotated[UUID, Says(Words("audience", "受众分群"))]
    goal: Annotated[GoalInput, Says(Words("goal", "目标"))]
    actions: Annotated[list[StrategyActionInput], Says(Words("actions", "步骤"), f"In order; at most {MAX_ACTIONS}.")]


async def strategy_save(
    session: AsyncSession, id: UUID | None, input: StrategyInput, if_version: int | None = None, *, now: datetime
) -> Strategy:
    """Save a strategy: a new one without ``id``, else the whole of it anew.

    Refuses with Invalid, NameTaken, NotFound (also of the audience) or VersionConflict.  The unique index
    decides between two creators.
    """
    _check(input)
    if not await session.scalar(
        select(Segment.id)
        .where(Segment.id == input.segment_id, Segment.status == SegmentStatus.ACTIVE)
        .with_for_update(read=True)
    ):
        raise Refused(NotFound(path=("input", "segmentId")))
    values = {
        "name_en": input.name.en,
        "name_zh": input.name.zh,
        "segment_id": input.segment_id,
        "goal_metric": input.goal.metric,
        "goal_direction": input.goal.direction,
        "goal_target": input.goal.target,
        "goal_within": str(input.goal.within),
        "updated_at": now,
    }
    strategy = (
        await _create(session, input.key, values, now)
        if id is None
        else await _replace(session, id, input.key, values, if_version)
    )
    await _write_actions(session, strategy.id, input.actions)
    announce(session, EventTopic.STRATEGY_SAVED, strategy.id, now)
    return strategy


async def strategy_transition(
    session: AsyncSession, id: UUID, to: StrategyStatus, if_version: int, *, now: datetime
) -> Strategy:
    """Move a strategy on.  Refuses with NotFound, VersionConflict or InvalidTransition."""
    strategy = await _locked(session, id, if_version)
    allowed = ALLOWED[strategy.status]
    if to not in allowed:
        raise Refused(InvalidTransition(path=("to",), from_=strategy.status, allowed=allowed))
    strategy.status, strategy.version, strategy.updated_at = to, strategy.version + 1, now
    announce(session, EventTopic.STRATEGY_SAVED, id, now, status=to)
    return strategy


def _check(input: StrategyInput) -> None:
    check_key(input.key)
    check_names(input.name)
    if not 1 <= len(input.actions) <= MAX_ACTIONS:
        raise invalid(
            ("input", "actions"), f"A strategy has 1 to {MAX_ACTIONS} actions.", f"策略须有 1 至 {MAX_ACTIONS} 个步骤。"
        )


async def _create(session: AsyncSession, key: str, values: dict[str, Any], now: datetime) -> Strategy:
    row = {"id": new_id(now), "key": key, "created_at": now, **values}
    made = upsert(Strategy).values(row).on_conflict_do_nothing(index_elements=["key"]).returning(Strategy)
    strategy = await session.scalar(made)
    if strategy is None:
        raise Refused(NameTaken(path=("input", "key"), name=key))
    return strategy


async def _replace(
    session: AsyncSession, id: UUID, key: str, values: dict[str, Any], if_version: int | None
) -> Strategy:
    strategy = await _locked(session, id, if_version)
    if key != strategy.key:
        raise invalid(("input", "key"), "The key cannot be changed.", "键不可更改。", ProblemCode.IMMUTABLE)
    for name, value in values.items():
        setattr(strategy, name, value)
    strategy.version += 1
    return strategy


async def _locked(session: AsyncSession, id: UUID, if_version: int | None) -> Strategy:
    strategy = await session.scalar(select(Strategy).where(Strategy.id == id).with_for_update())
    if strategy is None:
        raise Refused(NotFound(path=("id",)))
    if if_version is not None and if_version != strategy.version:
        raise Refused(VersionConflict(path=("ifVersion",), current=strategy.version, yours=if_version))
    return strategy


async def _write_actions(session: AsyncSession, id: UUID, actions: list[StrategyActionInput]) -> None:
    await session.flush()
    await session.execute(delete(StrategyAction).where(StrategyAction.strategy_id == id))
    await session.execute(
        insert(StrategyAction),
        [
            {
                "strategy_id": id,
                "position": position,
                "kind": action.kind,
                "channel": action.channel,
                "delay": None if action.delay is None else str(action.delay),
                "payload": action.payload or {},
            }
            for position, action in enumerate(actions, 1)
        ],
    )
