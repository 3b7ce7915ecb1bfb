"""Windows: which events of a source count, by the instant they happened.  Nothing after the clock's now ever does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal

from domain.rules.moment import INSTANT, Moment
from domain.time import Duration


@dataclass(frozen=True, slots=True)
class AllTime:
    """Everything until now."""


@dataclass(frozen=True, slots=True)
class Last:
    """After now less ``duration``, up to and with now."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class Between:
    """From ``start`` on, before ``end``; instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Ago:
    """A slice of the past: after now less ``start``, up to and with now less ``end``; ``start`` is the longer."""

    start: Duration
    end: Duration


ALL_TIME = AllTime()
Window = AllTime | Last | Between | Ago
# Where the fields of a window stand in JSON, below ``window``.
PLACES: dict[type, tuple[tuple[str, ...], ...]] = {
    AllTime: (),
    Last: (("last",),),
    Between: (("between", "from"), ("between", "to")),
    Ago: (("ago", "from"), ("ago", "to")),
}


def bounds(window: Window, at: Any, moment: Moment) -> list[ColumnElement[bool]]:
    """The conditions of a window on an instant, but that it is not after now."""
    match window:
        case Last(duration):
            return [at > moment.before(duration)]
        case Between(start, end):
            return [at >= literal(start, INSTANT), at < literal(end, INSTANT)]
        case Ago(start, end):
            return [at > moment.before(start), at <= moment.before(end)]
    return []


def start(window: Window, moment: Moment) -> ColumnElement[Any] | None:
    """The instant that a window has nothing before; null when there is none."""
    match window:
        case Last(duration):
            return moment.before(duration)
        case Between(first, _):
            return literal(first, INSTANT)
        case Ago(first, _):
            return moment.before(first)
    return None
