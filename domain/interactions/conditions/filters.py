"""Which interactions count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.interactions.interaction import Channel, Direction, InteractionType
from domain.rules.facts import Match, Passes
from domain.rules.tests import TextTest
from domain.rules.text.phrase import equal, listed
from domain.words import Says, Words

Types = Annotated[
    tuple[InteractionType, ...] | None, Says(Words("types", "类型"), "Any when left out."), *listed("type", "类型")
]
Name = Annotated[str | None, Says(Words("name", "名称"), "The merchant's own name for it."), equal("name", "名称")]
Channels = Annotated[tuple[Channel, ...] | None, Says(Words("channels", "渠道")), *listed("channel", "渠道")]
Towards = Annotated[Direction | None, Says(Words("direction", "方向")), equal("direction", "方向")]


@dataclass(frozen=True, slots=True)
class InteractionFilter:
    """Interactions; all that is given must hold."""

    joined: ClassVar = ", "
    types: Types = None
    name: Name = None
    channel: Channels = None
    direction: Towards = None

    def matches(self) -> tuple[Match, ...]:
        """What an interaction must match."""
        wanted = {
            "type": self.types,
            "name": None if self.name is None else (self.name,),
            "channel": self.channel,
            "direction": None if self.direction is None else (self.direction,),
        }
        return tuple(Passes(column, TextTest(in_=values)) for column, values in wanted.items() if values is not None)
