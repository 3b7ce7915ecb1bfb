"""The span of time that a question about the past is about: what is wrong with it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from domain.refusal import FieldIssue, ProblemCode
from domain.words import Words

# The first instant that Python has is minus infinity to the driver, from which nothing can be counted.
_EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
_TOO_EARLY = Words("From the year 2 on.", "须自公元 2 年起。")
_BACKWARDS = Words("Not before from.", "不得早于 from。")


def span_issues(from_: datetime, to: datetime) -> Iterator[FieldIssue]:
    """A beginning before all time, an end before the beginning."""
    if from_ < _EARLIEST:
        yield FieldIssue(path=("from",), code=ProblemCode.OUT_OF_RANGE, text=_TOO_EARLY)
    if to < from_:
        yield FieldIssue(path=("to",), code=ProblemCode.OUT_OF_RANGE, text=_BACKWARDS)
