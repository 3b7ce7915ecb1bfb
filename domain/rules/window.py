"""Windows: which events of a source count, by the instant they happened.  Nothing after the clock's now ever does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


Window = AllTime | Last | Between | Ago
