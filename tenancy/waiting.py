"""How changes of tables wait for readers: briefly, and again.  An ALTER that waits stops everybody behind it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from asyncpg import PostgresError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError

LOCK_TIMEOUT_MS = 200
ATTEMPTS, PAUSE_S = 60, (0.02, 0.3)
IN_THE_WAY = frozenset(("55P03", "40P01"))  # lock_not_available, deadlock_detected
T = TypeVar("T")


class Busy(Exception):
    """Another process is working on this tenant."""


def sqlstate(error: BaseException) -> str | None:
    """Of an error of the driver, or of SQLAlchemy around it."""
    found: str | None = getattr(getattr(error, "orig", error), "sqlstate", None)
    return found


def reason(error: BaseException) -> str:
    """An error's text without its detail, which may hold a whole row."""
    driver = getattr(error, "orig", None)
    original = getattr(driver, "__cause__", None) or driver or error
    text = str(original.args[0]) if original.args else type(original).__name__
    return f"{sqlstate(error)}: {text}" if isinstance(original, PostgresError) else text


async def persist(work: Callable[[], Awaitable[T]], again: Callable[[], None] = lambda: None) -> T:
    """What ``work`` gives, tried anew while somebody is in its way; ``again`` hears of each new try.

    Raises what the last try raised, after ten seconds of tries, or twenty when each waits for a lock.
    """
    for _ in range(ATTEMPTS):
        try:
            return await work()
        except (PostgresError, DBAPIError, Busy) as error:
            if not isinstance(error, Busy) and sqlstate(error) not in IN_THE_WAY:
                raise
        again()
        # Not all for the same time: let the others through.
        await asyncio.sleep(random.uniform(*PAUSE_S))
    return await work()
