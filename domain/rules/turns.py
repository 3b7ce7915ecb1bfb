"""When what is said of a fixed instant or day turns while time goes by: the bounds that pass it, in SQL.

A bound is ``now`` moved by a duration, or the beginning of a calendar period.  Exact durations pass an instant exactly
so much later.  Months are counted from days (domain/rules/moment.py), so such a bound stands still all day long and
passes at the beginning of one.  Rather too many instants are given than too few: whoever wants to know whether
something changes asks at each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    case,
    cast,
    extract,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import array

from domain.rules.moment import DAY, INSTANT, LOCAL, MONTH, SECOND, ClockZone, Moment, Offset, moved
from domain.rules.window import Ago, Current, Last, Period, Previous, Window
from domain.time import Duration
from domain.words import Words

if TYPE_CHECKING:
    from domain.rules.facts import Own

Turns = list[ColumnElement[Any]]  # instants, and arrays of them
_DAY_S = 86_400
_ONE = literal_column("1", Integer())


@dataclass(frozen=True, slots=True)
class Reading:
    """On whose calendar instants are looked for, and between which instants, where there is no end of them.

    With the fact that is the customer's ``zone`` tables are asked as they were, and what they held before counts, too.
    ``only_events``: only instants at which something happened or was changed, not those at which a bound passed.
    """

    moment: Moment
    since: ColumnElement[Any]
    until: ColumnElement[Any]
    zone: Own | None = None
    only_events: bool = False

    def seen_by(self, clock: ClockZone, zone: ColumnElement[Any]) -> Reading:
        """The same on a clock."""
        return replace(self, moment=self.moment.seen_by(clock, zone))


class NoInstants(Exception):
    """When a rule's outcome changes cannot be told; the reason is for people."""

    def __init__(self, reason: Words) -> None:
        super().__init__(reason.en)
        self.reason = reason


def is_timed(value: ColumnElement[Any]) -> bool:
    """Whether a value is an instant or a day, so that it can be compared with now."""
    return isinstance(value.type, Date | DateTime)


def turns_of(test: Any, value: ColumnElement[Any], moment: Moment) -> Turns:
    """When a test of a value turns; most tests never do."""
    found: Turns = test.turns(value, moment) if hasattr(test, "turns") else []
    return found


def each_of(turns: Turns, rows: FromClause | None, *where: ColumnElement[bool]) -> Select[Any]:
    """Of an enclosing statement's customer: ``at``, each of the turns of each row."""
    single = [at for at in turns if not isinstance(at.type, ARRAY)]
    made: ColumnElement[Any] = cast(array(single), ARRAY(INSTANT))
    for several in turns:
        if isinstance(several.type, ARRAY):
            made = func.array_cat(made, several, type_=ARRAY(INSTANT))
    found = select(func.unnest(made).label("at")).where(*where)
    return found.correlate_except() if rows is None else found.select_from(rows).correlate_except(rows)


def once_ago(at: ColumnElement[Any], duration: Duration, moment: Moment) -> Turns:
    """When now less ``duration`` comes to an instant, or past it."""
    at = moved(at, duration.seconds, SECOND)
    if not duration.months:
        return [at]
    return [moment.begins(first) for first in _first_days(moment.local(at), duration.months, back=True)]


def once_ahead(at: ColumnElement[Any], duration: Duration, moment: Moment) -> Turns:
    """When now and ``duration`` comes to an instant, or past it."""
    at = moved(at, duration.seconds, SECOND, back=True)
    if not duration.months:
        return [at]
    return [moment.begins(first) for first in _first_days(moment.local(at), duration.months, back=False)]


def day_once_ago(day: ColumnElement[Any], duration: Duration, moment: Moment) -> Turns:
    """When today less ``duration``, in whole days, becomes a day, and the one after it."""
    day = moved(cast(day, LOCAL), duration.seconds // _DAY_S, DAY)
    return [moment.begins(_first_day(each, duration.months, back=True)) for each in (day, day + DAY)]


def day_once_ahead(day: ColumnElement[Any], duration: Duration, moment: Moment) -> Turns:
    """When today and ``duration``, in whole days, becomes a day, and the one after it."""
    day = moved(cast(day, LOCAL), duration.seconds // _DAY_S, DAY, back=True)
    return [moment.begins(_first_day(each, duration.months, back=False)) for each in (day, day + DAY)]


def while_in(period: Period, local: ColumnElement[Any], moment: Moment) -> Turns:
    """When the period begins and ends to be the one that ``local``, as the clock shows it, lies in."""
    # The period before: of an hour that comes twice PostgreSQL takes the later for the day's beginning.
    offsets: tuple[Offset, ...] = tuple(n - period.offset for n in (-1, 0, 1))
    return [moment.begins(moment.period_of(local, period.unit, n, period.fiscal)) for n in offsets]


def window_turns(window: Window, at: ColumnElement[Any], moment: Moment) -> Turns:
    """When a bound of a window passes an event.  When an anchor becomes another is told by that."""
    match window:
        case Last(duration):
            return once_ago(at, duration, moment)
        case Ago(start, end):
            return [*once_ago(at, end, moment), *once_ago(at, start, moment)]
        case Current(period):
            return while_in(period, moment.local(at), moment)
        case Previous(period):
            return while_in(period.moved(-1), moment.local(at), moment)
    return []


def _first_days(local: ColumnElement[Any], months: int, back: bool) -> Sequence[ColumnElement[Any]]:
    """The first days that, moved by ``months``, are not before an instant's day, and not before the next one."""
    day = func.date_trunc(literal_column("'day'"), local, type_=LOCAL)
    return [_first_day(each, months, back) for each in (day, day + DAY)]


def _first_day(day: ColumnElement[Any], months: int, back: bool) -> ColumnElement[Any]:
    """The first day that, moved by ``months``, is ``day`` or later: there may be none that becomes this one."""
    if not months:
        return day
    found = moved(day, months, MONTH, back=not back)
    shorter = cast(extract("day", found), Integer()) < cast(extract("day", day), Integer())
    return case((shorter, found + DAY), else_=found)
