"""A segment over time: what is counted at each instant, and who came and went, are what the oracle finds then."""

import random
from collections import defaultdict
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.refusal import Refused
from domain.segments.changes import IN_ORDER, changes_of
from domain.segments.history import history_of
from domain.segments.segment import Segment
from domain.time import Clock, Duration
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.property.test_flips import LEAST, grid, was_member
from tests.support.rules.instants import DAY, NOW, midnight
from tests.support.rules.judge import Judge, asking
from tests.support.rules.past import then

RULES, PORTION, PEOPLE = 60, 10, 8


def members_then(judge: Judge, rule: Any, when: Any, at: datetime) -> set[Any]:
    """By the oracle, in the shop as it was."""
    question = replace(judge.question(0), rule=rule, when=replace(when, now=at))
    return Judge(then(judge.shop, at), judge.terms, judge.seed).members(question)


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_the_points_of_a_history_are_what_the_oracle_finds(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question, chance = judge.question(number), random.Random(number)
            when, clock = question.when, Clock(**asdict(question.when))
            step = Duration(0, chance.choice((86_400, 7 * 86_400, 3_600 * 37)))
            start = when.now - 3 * timedelta(seconds=step.seconds)
            wanted = [
                members_then(judge, question.rule, when, start + n * timedelta(seconds=step.seconds)) for n in range(4)
            ]
            new = [0, *(len(after - before) for before, after in pairwise(wanted))]
            gone = [0, *(len(before - after) for before, after in pairwise(wanted))]
            asked = history_of(Segment, question.rule, start, when.now + DAY, step, terms=judge.terms, clock=clock)
            rows = [tuple(row) for row in await session.execute(asked)]
            assert [row[1:] for row in rows] == list(zip(map(len, wanted), new, gone, strict=True)), question.number


async def test_months_step_on_the_calendar_of_the_clock(judge: Judge, market: Tenant, scope: Scope) -> None:
    clock = Clock(now=midnight(date(2026, 3, 31), "Europe/Berlin"), zone="Europe/Berlin")
    start = midnight(date(2025, 8, 31), "Europe/Berlin")
    async with asking(scope, market) as session:
        asked = history_of(Segment, judge.question(0).rule, start, NOW, Duration(1, 0), terms=judge.terms, clock=clock)
        found = [row.at for row in await session.execute(asked)]
    ends = ((2025, 8, 31), (2025, 9, 30), (2025, 10, 31), (2025, 11, 30), (2025, 12, 31), (2026, 1, 31), (2026, 2, 28))
    assert found == [midnight(date(*end), "Europe/Berlin") for end in (*ends, (2026, 3, 31))]


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_changes_are_all_there_are_and_none_but_those(
    judge: Judge, market: Tenant, scope: Scope, first: int
) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question, chance = judge.question(number), random.Random(number)
            when, clock = question.when, Clock(**asdict(question.when))
            start = when.now - chance.choice((30, 200)) * DAY
            try:
                asked = changes_of(
                    Segment, question.rule, start, when.now + DAY, terms=judge.terms, clock=clock, sees_personal=True
                )
            except Refused:
                continue
            rows = (await session.execute(asked.order_by(*IN_ORDER))).all()
            assert [(row.at, row.customer_id) for row in rows] == sorted((row.at, row.customer_id) for row in rows)
            found = defaultdict(list)
            for row in rows:
                found[row.customer_id].append(row)
            for place in chance.sample(range(len(judge.shop.people)), PEOPLE):
                person, judged = judge.shop.people[place], (question.number, place)
                member, since = was_member(judge, question.rule, place, when, start), start
                for row in [*found[person.row["id"]], None]:
                    until = row.at if row else when.now
                    for at in [*grid(chance, since, until)][:20]:
                        if since <= at < until:
                            assert was_member(judge, question.rule, place, when, at) == member, (*judged, at)
                    if row:
                        assert start < row.at <= when.now
                        assert (row.change == "ENTERED") is not member, (*judged, row)
                        assert was_member(judge, question.rule, place, when, row.at) is not member, (*judged, row)
                        assert was_member(judge, question.rule, place, when, row.at - LEAST) is member, (*judged, row)
                        member, since = not member, row.at
