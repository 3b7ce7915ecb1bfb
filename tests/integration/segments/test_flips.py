"""The next flip of a customer, to the microsecond: ends of months, days of no 24 hours, what happens together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ARRAY, column, func, insert, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.customer import Customer
from domain.interactions.interaction import Interaction
from domain.rules.moment import INSTANT
from domain.rules.terms import Terms
from domain.rules.text.parser import parse
from domain.rules.turns import NoInstants
from domain.segments.flip import MOST_INSTANTS, next_flip
from domain.time import Clock
from domain.vocabulary import CONDITIONS

TERMS = Terms(vocabulary=CONDITIONS)
LEAST = timedelta(microseconds=1)
DAY = timedelta(days=1)
WHO = Customer.__table__.alias("who")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def flip(
    session: AsyncSession, rule: str, now: datetime, *visits: datetime, zone: str = "Europe/Berlin", **fields: Any
) -> tuple[bool, datetime | None]:
    """Whether a customer with these visits is a member now, and until when."""
    row = await flips(session, rule, now, *visits, zone=zone, **fields)
    assert not row.capped
    return row.member, row.at


async def flips(session: AsyncSession, rule: str, now: datetime, *visits: datetime, zone: str, **fields: Any) -> Any:
    id_, known = new_id(now), {"registered_at": at("2020-01-01"), "created_at": now, "updated_at": now}
    await session.execute(insert(Customer.__table__), {"id": id_, **known, **fields})
    same = {"customer_id": id_, "system": "crm", "type": "VISIT", "direction": "INBOUND", "recorded_at": now}
    rows = [
        {**same, "id": new_id(now), "external_id": f"{id_}{n}", "occurred_at": visit} for n, visit in enumerate(visits)
    ]
    if rows:
        await session.execute(insert(Interaction.__table__), rows)
    clock = Clock(now=now, zone=zone)
    found = next_flip(parse(rule, TERMS), WHO, terms=TERMS, clock=clock)
    return (
        await session.execute(select(WHO.c.id, *found.c).select_from(WHO.join(found, true())).where(WHO.c.id == id_))
    ).one()


VISIT = at("2026-01-10 10:00")


@pytest.mark.parametrize(
    ("rule", "visits", "found"),
    [
        ("no interactions over last 7 days", [VISIT], (False, VISIT + 7 * DAY)),
        ("exists interactions over last 7 days", [VISIT], (True, VISIT + 7 * DAY)),
        ("no interactions over last 7 days", [], (True, None)),
        ("interactions.recency > 7 days", [VISIT], (False, VISIT + 7 * DAY + LEAST)),
        ("interactions.recency >= 7 days", [VISIT], (False, VISIT + 7 * DAY)),
        ("interactions.count over last 7 days >= 2", [VISIT, VISIT, VISIT + DAY], (True, VISIT + 7 * DAY)),
        ("exists interactions over ago 7 days to 3 days", [VISIT], (False, VISIT + 3 * DAY)),
        # One comes in at the very instant that another leaves.
        ("interactions.count over last 7 days = 1", [VISIT, VISIT + 7 * DAY], (True, VISIT + 14 * DAY)),
        ("metric days_since_interaction > 6", [VISIT], (False, VISIT + 7 * DAY)),
        ("exists interactions over first 3 days after registered_at", [VISIT], (False, None)),
    ],
)
async def test_windows_of_exact_time_leave_events_behind_exactly_then(
    session: AsyncSession, rule: str, visits: list[datetime], found: Any
) -> None:
    assert await flip(session, rule, at("2026-01-11 12:00"), *visits) == found


@pytest.mark.parametrize(
    ("rule", "visit", "now", "zone", "found"),
    [
        # Of the 31st of May there is no such day in April: on the 1st of July a month ago is the 1st of June.
        ("exists interactions over last 1 month", "2026-05-31 10:00", "2026-06-10", "UTC", (True, "2026-07-01 00:00")),
        ("exists interactions over last 1 month", "2026-02-28 10:00", "2026-03-01", "UTC", (True, "2026-04-01 00:00")),
        ("exists interactions over last 1 month", "2026-02-28 00:00", "2026-03-01", "UTC", (True, "2026-03-28 00:00")),
        ("exists interactions over last 1 month", "2026-02-27 23:30", "2026-03-01", "Europe/Berlin",
         (True, "2026-03-31 22:00")),
        # Summer time begins on the 29th of March in Berlin: midnights come an hour earlier.
        ("exists interactions over this month", "2026-03-05 10:00", "2026-03-06", "Europe/Berlin",
         (True, "2026-03-31 22:00")),
        ("exists interactions over this week", "2026-03-25 10:00", "2026-03-26", "Europe/Berlin",
         (True, "2026-03-29 22:00")),
        # In Havana this midnight comes twice, and the period begins with the later one.
        ("exists interactions over previous day", "2025-11-02 04:30", "2025-11-02 04:00", "America/Havana",
         (False, "2025-11-02 04:30")),
        ("exists interactions over this day", "2025-11-02 05:00", "2025-11-02 05:10", "America/Havana",
         (True, "2025-11-03 05:00")),
        # And this one is left out.
        ("exists interactions over this day", "2026-03-07 12:00", "2026-03-07 13:00", "America/Havana",
         (True, "2026-03-08 05:00")),
    ],
)  # fmt: skip
async def test_windows_of_the_calendar_do_so_when_days_begin(
    session: AsyncSession, rule: str, visit: str, now: str, zone: str, found: tuple[bool, str]
) -> None:
    assert await flip(session, rule, at(now), at(visit), zone=zone) == (found[0], at(found[1]))


async def test_a_day_is_one_of_the_clock_that_is_asked(session: AsyncSession) -> None:
    now, born = at("2026-03-01 12:00"), {"birth_date": datetime(1990, 3, 31).date(), "timezone": "Asia/Shanghai"}
    rule = "anniversary(birth_date) today"
    assert await flip(session, rule, now, **born) == (False, at("2026-03-30 22:00"))
    assert await flip(session, f"{rule} in customer time", now, **born) == (False, at("2026-03-30 16:00"))
    leapt = {"birth_date": datetime(1992, 2, 29).date()}
    assert await flip(session, rule, now, **leapt) == (False, at("2027-02-27 23:00"))
    assert await flip(session, f"{rule} leap day mar_1", now, **leapt) == (True, at("2026-03-01 23:00"))


async def test_who_is_not_known_yet_may_become_a_member_by_being_known(session: AsyncSession) -> None:
    now = at("2026-01-11")
    assert await flip(session, "no orders", now, registered_at=now + DAY) == (False, now + DAY)


@pytest.mark.parametrize(
    "rule", ["top 20 % by net_spend over last 1 year", "rfm(recency >= 4) over last 1 year and no orders"]
)
async def test_where_others_decide_there_is_no_such_instant(session: AsyncSession, rule: str) -> None:
    with pytest.raises(NoInstants) as raised:
        await flip(session, rule, at("2026-01-11"))
    assert raised.value.reason.zh


async def test_so_many_instants_are_looked_at_and_that_there_are_more_is_said(session: AsyncSession) -> None:
    now = datetime(2026, 1, 11, tzinfo=UTC)
    visits = [now + n * LEAST for n in range(1, MOST_INSTANTS + 2)]
    rule = f"interactions.count > {MOST_INSTANTS}"
    row = await flips(session, rule, now, *visits, zone="UTC")
    assert (row.member, row.at, row.capped) == (False, None, True)
    row = await flips(session, f"interactions.count >= {MOST_INSTANTS}", now, *visits, zone="UTC")
    assert (row.member, row.at, row.capped) == (False, visits[-2], False)


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ("exists interactions over last 7 days", VISIT + 7 * DAY),
        ("interactions.recency < 1 month or birth_date in next 7 days", at("2026-02-10 23:00")),
    ],
)
async def test_many_are_asked_at_once_each_at_an_instant_of_its_own(
    session: AsyncSession, rule: str, end: datetime
) -> None:
    id_ = (await flips(session, "no orders", VISIT, VISIT, zone="UTC")).id
    then = [VISIT - DAY, VISIT, VISIT + 6 * DAY, end]
    asked = func.unnest(literal(then, ARRAY(INSTANT))).table_valued(column("now", INSTANT)).render_derived(name="asked")
    found = next_flip(parse(rule, TERMS), WHO, terms=TERMS, clock=Clock(now=asked.c.now, zone="Europe/Berlin"))
    query = select(found.c.member, found.c.at).select_from(asked.join(WHO, true()).join(found, true()))
    rows = await session.execute(query.where(WHO.c.id == id_).order_by(asked.c.now))
    assert [tuple(row) for row in rows] == [(False, VISIT), (True, end), (True, end), (False, None)]
