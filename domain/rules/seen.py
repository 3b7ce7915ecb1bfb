"""What is seen of a customer when a condition is asked: a value, in a unit, and the test that it is put to."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement


class Noun(NamedTuple):
    """What is counted: one of it and several, and in Chinese with the word that counts it."""

    one: str
    many: str
    zh: str

    def counted(self, number: str, locale: str, more: str = "") -> str:
        """So many of it, or so many ``more``."""
        if locale.lower().startswith("zh"):
            return f"{number} {self.zh}"
        return f"{number} {more}{self.one if number == '1' else self.many}"


class Unit(Enum):
    """What a value is."""

    COUNT = "COUNT"
    MONEY = "MONEY"  # in the base currency
    NUMBER = "NUMBER"
    PERCENT = "PERCENT"
    DAYS = "DAYS"
    SECONDS = "SECONDS"
    INSTANT = "INSTANT"
    DAY = "DAY"
    TEXT = "TEXT"
    BOOLEAN = "BOOLEAN"
    SET = "SET"
    PLACE = "PLACE"  # the place, and of how many


EVENTS = Noun("event", "events", "个事件")
VALUES = Noun("different value", "different values", "个不同值")


class Seen(NamedTuple):
    """``value``: an SQL expression.  A count that is null is some.  ``test``: null where its words say all."""

    value: ColumnElement[Any]
    unit: Unit
    test: Any = None
    noun: Noun = EVENTS
