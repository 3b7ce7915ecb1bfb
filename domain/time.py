"""Time as the product counts it: the clock of a question, and ISO 8601 durations.

Three instants are never mixed: ``occurred`` (the world), ``recorded_at`` (the database) and the clock's
``now`` (the question).  Nothing here reads a clock.
"""

import re
from dataclasses import dataclass
from typing import Any, Self

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
)


@dataclass(frozen=True, slots=True)
class Clock:
    """When a question is asked and how the tenant counts days.

    Values are Python values or SQL bind parameters; whoever compiles them treats both alike.
    """

    now: Any  # timestamptz
    zone: Any = "UTC"  # IANA name
    week_start: Any = 1  # 1 = Monday
    fiscal_year_start: Any = 1  # month


LONGEST_MONTHS = 12_000  # so that no instant less a duration leaves PostgreSQL's calendar, which begins in 4713 BC
LONGEST_MONTH_S = 31 * 86_400


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: months are calendar arithmetic in the clock's zone, seconds are exact."""

    months: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``P1Y6M``, ``P30D``, ``PT12H``.  Months and exact parts may be mixed.  ValueError otherwise."""
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueError(f"not an ISO 8601 duration: {text[:40]!r}")
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        exact = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
        if years * 12 + months + exact // LONGEST_MONTH_S > LONGEST_MONTHS:
            raise ValueError("A Duration is at most 1,000 years.")
        return cls(months=years * 12 + months, seconds=exact)

    def __str__(self) -> str:
        days, rest = divmod(self.seconds, 86_400)
        hours, rest = divmod(rest, 3600)
        minutes, seconds = divmod(rest, 60)
        years, months = divmod(self.months, 12)
        date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
        time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return f"P{date}{'T' + time if time else ''}" if date or time else "PT0S"
