"""A parameter with two values of which PostgreSQL's estimate picks one: for SQL whose best form depends on the rows.

The domain's SQL is made with either value and explained, which runs nothing; what was picked is remembered for each
tenant and arguments.  The operation itself stays one statement: only its first request in a while explains before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from api.graph import sql
from api.graph.request import Env, Getter

REMEMBERED = timedelta(minutes=10)
MOST = 4096  # choices remembered of one document


@dataclass(frozen=True, slots=True)
class Either:
    """Injected: ``usual``, unless its SQL is estimated to cost ``factor`` times as much as with ``other``.

    Below ``little`` (in PostgreSQL's units) the other is not even estimated.  The SQL must not refer to the row.
    ``only``: whether there is a choice at all, by the arguments that may choose SQL.
    ``settings``: SET LOCAL … before such SQL is explained, and before an operation that holds it.
    """

    usual: Any
    other: Any
    factor: float = 2.0
    little: float = 10_000.0
    settings: str = ""
    only: Callable[[Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A choice to be made: what it is remembered by, and two statements with their parameters."""

    key: Any
    either: Either
    usual: tuple[str, Sequence[Any]]
    other: tuple[str, Sequence[Any]]

    async def settle(self, connection: Any, choices: "Choices", now: datetime) -> int:
        """Make the choice.  How many statements were sent."""
        if self.either.settings:
            await connection.execute(self.either.settings)
        cost = await _cost(connection, *self.usual)
        if cost < self.either.little:
            choices.put(self.key, False, now)
            return 1
        choices.put(self.key, cost >= self.either.factor * await _cost(connection, *self.other), now)
        return 2


class Undecided(Exception):
    """Choices have to be made before there can be a plan."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("undecided")
        self.questions = questions


class Choices:
    """What was chosen: key → whether it was the other, and until when."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: dict[Any, tuple[bool, datetime]] = {}

    def get(self, key: Any, now: datetime) -> bool | None:
        """Whether the other was taken; null when that is to be asked."""
        taken, until = self.kept.get(key, (None, now))
        return taken if now < until else None

    def put(self, key: Any, taken: bool, now: datetime) -> None:
        """Remember it.  When there are too many, all are forgotten and asked again as needed."""
        if len(self.kept) >= MOST:
            self.kept.clear()
        self.kept[key] = (taken, now + REMEMBERED)


def asked(select: Any, named: dict[str, Getter], env: Env) -> tuple[str, list[Any]]:
    """A SELECT of its own as text, with this request's values."""
    text, binds = sql.compiled(select)
    values = []
    for bound in binds:
        value, driver = named[bound.key](env) if bound.key in named else bound.effective_value, sql.driver_value(bound)
        values.append(driver(value) if driver else value)
    return text, values


async def _cost(connection: Any, text: str, values: Sequence[Any]) -> float:
    (found,) = orjson.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values))
    return float(found["Plan"]["Total Cost"])
