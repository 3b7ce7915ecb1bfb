"""interactions: an aggregate of the customer's contacts with the merchant in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.interactions.interaction import Channel, Direction, InteractionType
from domain.rules.aggregate import AggregateTest
from domain.rules.window import AllTime, Window
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Interactions:
    """The customer's interactions."""

    keyword: ClassVar = "interactions"
    having: Annotated[AggregateTest, Says(Words("test", "条件"))]
    types: Annotated[tuple[InteractionType, ...] | None, Says(Words("types", "类型"), "Any when left out.")] = None
    name: Annotated[str | None, Says(Words("name", "名称"), "The merchant's own name for it.")] = None
    channel: Annotated[tuple[Channel, ...] | None, Says(Words("channels", "渠道"))] = None
    direction: Annotated[Direction | None, Says(Words("direction", "方向"))] = None
    window: Annotated[Window, Says(Words("when", "时间窗"))] = AllTime()
