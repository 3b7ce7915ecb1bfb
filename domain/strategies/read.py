"""What can be asked of strategies."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import Select, Text, cast, func, select

from domain.events import changed_since
from domain.segments.segment import Segment
from domain.strategies.strategy import Strategy, StrategyAction, StrategyStatus


class StrategyOrder(Enum):
    """How strategies are ordered."""

    KEY = (Strategy.key.collate("C").asc(),)
    CREATED_AT = (Strategy.created_at.desc(), Strategy.id.desc())


def strategies(status: list[StrategyStatus] | None = None, updated_since: datetime | None = None) -> Select[Strategy]:
    """The merchant's strategies, or those that stand so."""
    query = select(Strategy)
    if updated_since is not None:
        query = query.where(changed_since(Strategy, updated_since))
    return query if status is None else query.where(cast(Strategy.status, Text) == func.any(status))


def audience_of(strategy: type[Strategy]) -> Select[Segment]:
    """Whom it is for."""
    return select(Segment).where(Segment.id == strategy.segment_id)


def actions_of(strategy: type[Strategy]) -> Select[StrategyAction]:
    """What is done, in order."""
    return (
        select(StrategyAction).where(StrategyAction.strategy_id == strategy.id).order_by(StrategyAction.position.asc())
    )
