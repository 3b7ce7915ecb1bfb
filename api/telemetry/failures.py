"""Exceptions as the log shows them: where they were raised and of what kind, never what they say.

A message may quote an argument, and PostgreSQL's DETAIL a whole row.  The kind, the SQLSTATE, the names of table and
constraint and the places in the code lead to the cause without them.
"""

from collections.abc import Iterator
from traceback import walk_tb
from types import TracebackType

MOST_FRAMES, MOST_CAUSES = 30, 5
SAFE = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")  # what PostgreSQL says by name


def told(error: BaseException) -> str:
    """The exception and its causes, the outermost first, each with its innermost frames last."""
    return "\ncaused by ".join(_one(each) for each in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if found is None:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _one(error: BaseException) -> str:
    named = " ".join(f"{name}={value}" for name in SAFE if isinstance(value := getattr(error, name, None), str))
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return "\n".join((f"{kind} {named}".rstrip(), *_frames(error.__traceback__)))


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = [f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in walk_tb(traceback)]
    return frames[-MOST_FRAMES:]
