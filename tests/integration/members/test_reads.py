"""Whoever reaches a part of the customers is answered as if there were no others: every field of the schema.

The oracle is the same question of an unrestricted caller after all that is out of reach was deleted.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.reach import CustomerScope
from domain.events import Event, EventTopic, announce, write_events
from domain.log import SUBJECTS
from domain.models import metadata
from tenancy.scope import Scope
from tests.support.http import Api
from tests.support.planted import AT, ids_of, plant
from tests.support.tenants import Tenants
from tests.support.walk import below_ids, documents

PARTS = [scope for scope in CustomerScope if scope is not CustomerScope.ALL]
MINE = """
    UPDATE customer SET owner = 'W-1', department = 'North', store = 'Ulm 1'
        WHERE email IN ('0@example.com', '1@example.com');
    UPDATE customer SET owner = 'X-9', department = 'South', store = 'Ulm 2' WHERE email = '2@example.com';
    UPDATE member SET department = 'North', store = 'Ulm 1'"""
WHEN = re.compile('"asOf":"[^"]*"')  # the instant of the question, told
ANONYMOUS = """
    INSERT INTO feedback
        (id, system, external_id, question_key, kind, score, scale_min, scale_max, submitted_at, recorded_at)
    VALUES (gen_random_uuid(), 'survey', 'anon', '', 'NPS', 0, 0, 10, '2025-06-02', '2025-06-02')"""


@dataclass
class Trial:
    """What callers of each data scope were answered, and what everybody is answered when nothing else is there."""

    parts: dict[CustomerScope, dict[str, str]]
    whole: dict[str, str]
    before: dict[str, str]
    outside: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
async def trial(api: Api, tenants: Tenants, scope: Scope) -> Trial:
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session, 4)
        for statement in (*MINE.split(";"), ANONYMOUS):
            await session.execute(text(statement))
        await tell(session)
        member = await session.scalar(text("SELECT id FROM member"))
        ids = await ids_of(session)
    everybody = await api.of(tenant)
    asked = {**documents(ids, 1), **{f"ids of {name}": one for name, one in below_ids(ids, 1).items()}}
    parts = {one: await api.of(tenant, member_id=member, data_scope=one.value) for one in PARTS}
    answers = {one: await answers_of(caller, asked) for one, caller in parts.items()}
    before = await answers_of(everybody, asked)
    async with scope.write(tenant) as session:
        outside = await remove_outside(session)
    return Trial(answers, await answers_of(everybody, asked), before, outside)


async def tell(session: AsyncSession) -> None:
    """An event about each row that any can be about, and one that names all customers."""
    for topic, of in SUBJECTS.items():
        for key in [] if of is None else await session.scalars(select(of.id)):
            announce(session, topic, key, AT)
    segment = await session.scalar(text("SELECT id FROM segment"))
    every = [str(key) for key in await session.scalars(text("SELECT id FROM customer"))]
    announce(session, EventTopic.SEGMENT_MEMBERS_CHANGED, segment, AT, added=every)
    await write_events(session)


async def answers_of(caller: Api, asked: dict[str, tuple[str, Any]]) -> dict[str, str]:
    """Each document's answer, which holds data."""
    found = {}
    for name, (document, variables) in asked.items():
        answer = await caller.post(document, variables)
        assert answer.json().get("data"), (name, answer.text[:500], document)
        found[name] = WHEN.sub("", answer.text)
    return found


async def remove_outside(session: AsyncSession) -> set[str]:
    """Delete all customers but two, what refers to them, and answers of nobody; the ids of all that."""
    theirs = text("SELECT id FROM customer WHERE owner IS DISTINCT FROM 'W-1'")
    gone = {"customer": set(await session.scalars(theirs))}
    for table in metadata.sorted_tables:
        keys = [column for column in table.columns for key in column.foreign_keys if key.column.table.name in gone]
        if keys and "id" in table.c and table.name != "customer":
            refers = [column.in_(gone[next(iter(column.foreign_keys)).column.table.name]) for column in keys]
            if table.name == "feedback":
                refers.append(table.c.customer_id.is_(None))
            gone[table.name] = set(await session.scalars(select(table.c.id).where(or_(*refers))))
    every = {one for found in gone.values() for one in found}
    # Who comes and goes in lists is told of several customers at once, so not at all.
    several = Event.topic == EventTopic.SEGMENT_MEMBERS_CHANGED
    await session.execute(delete(Event).where(or_(Event.subject_id.in_(every), several)))
    for table in reversed(metadata.sorted_tables):
        refers = [c.in_(every) for c in table.columns for key in c.foreign_keys if key.column.table.name in gone]
        own = [table.c.id.in_(every)] if "id" in table.c and table.name in gone else []
        if table.name == "feedback":
            own.append(table.c.customer_id.is_(None))
        if refers or own:
            await session.execute(delete(table).where(or_(*refers, *own)))
    return {one.hex for one in every}


@pytest.mark.parametrize("part", PARTS)
def test_a_caller_is_answered_as_if_there_were_no_other_customers(trial: Trial, part: CustomerScope) -> None:
    for name, answer in trial.parts[part].items():
        assert answer == trial.whole[name], name


@pytest.mark.parametrize("part", PARTS)
def test_no_id_out_of_reach_is_in_any_answer(trial: Trial, part: CustomerScope) -> None:
    for name, answer in trial.parts[part].items():
        assert not [one for one in trial.outside if one in answer], name


def test_the_walk_sees_what_it_must_not_show(trial: Trial) -> None:
    seen = {name for name, answer in trial.before.items() if answer != trial.whole[name]}
    fields = {
        "customers",
        "customerCount",
        "orders",
        "interactions",
        "feedback",
        "orderMetrics",
        "feedbackMetrics",
        "events",
    }
    assert fields | {"segments", "ids of Customer", "ids of Order", "ids of OrderItem", "ids of Feedback"} <= seen
    assert len(trial.outside) > 10
