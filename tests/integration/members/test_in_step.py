"""Partners keep in step: no change that was acknowledged is missed, however many write at once and however late."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.customers.input import CustomerInput
from domain.customers.save import customer_upsert
from domain.events import EventTopic, announce, write_events
from domain.log import SUBJECTS
from tenancy.scope import Scope
from tests.integration.members.conftest import Office
from tests.support.http import Api
from tests.support.planted import plant

UPSERT = """mutation($value: String!, $city: String) { customerUpsert(
    input: { externalRefs: [{ system: "s", value: $value }], city: $city }) {
    ... on CustomerSuccess { customer { id version } } } }"""
CHANGED = """query($since: DateTime, $after: String) { syncedUntil { at sequence }
    customers(updatedSince: $since, first: 7, after: $after) {
      nodes { id version } pageInfo { hasNextPage endCursor } } }"""
EVENTS = """query($after: String, $topics: [EventTopic!], $since: DateTime) {
    events(after: $after, topics: $topics, updatedSince: $since, first: 7) {
      nodes { sequence topic recordedAt payload subject { __typename id ... on Customer { version } } }
      pageInfo { hasNextPage endCursor } } }"""


async def changed_since(caller: Api, since: str | None) -> tuple[dict[str, int], str | None]:
    """Id → version of what changed, by all pages; and what to ask with the next time: the first page's point."""
    found: dict[str, int] = {}
    point = after = None
    while True:
        page = await caller.data(CHANGED, {"since": since, "after": after})
        point = point or (page["syncedUntil"] and page["syncedUntil"]["at"])
        found |= {one["id"]: one["version"] for one in page["customers"]["nodes"]}
        if not page["customers"]["pageInfo"]["hasNextPage"]:
            return found, point
        after = page["customers"]["pageInfo"]["endCursor"]


async def events_after(caller: Api, after: str | None, **given: Any) -> tuple[list[dict[str, Any]], str | None]:
    """All later events, by all pages; and the cursor of the last."""
    found: list[dict[str, Any]] = []
    while True:
        page = (await caller.data(EVENTS, {"after": after, **given}))["events"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"] or after
        if not page["pageInfo"]["hasNextPage"]:
            return found, after


async def test_nothing_acknowledged_is_missed_while_many_write(office: Office) -> None:
    acknowledged: dict[str, int] = {}
    writing = True

    async def write(n: int) -> None:
        chance = random.Random(n)
        for turn in range(12):
            value = str(chance.randrange(20))
            done = await office.admin.data(UPSERT, {"value": value, "city": f"{n}-{turn}"})
            saved = done["customerUpsert"]["customer"]
            acknowledged[saved["id"]] = max(saved["version"], acknowledged.get(saved["id"], 0))

    mirror: dict[str, int] = {}
    seen: dict[int, str] = {}

    async def follow() -> None:
        since = after = None
        done = False
        while not done:
            done = not writing  # once more after the last write
            changed, point = await changed_since(office.admin, since)
            since = point or since
            for id_, version in changed.items():
                assert version >= mirror.get(id_, 0), "a later answer is never older"
                mirror[id_] = version
            events, after = await events_after(office.admin, after)
            for event in events:
                assert int(event["sequence"]) not in seen, "each once"
                seen[int(event["sequence"])] = event["recordedAt"]

    following = asyncio.ensure_future(follow())
    await asyncio.gather(*(write(n) for n in range(6)))
    writing = False
    await following
    assert mirror == acknowledged
    assert sorted(seen) == list(range(1, len(seen) + 1)), "without gaps"
    assert [seen[n] for n in sorted(seen)] == sorted(seen.values()), "in the order of the commits"


async def test_a_change_that_began_long_before_and_is_committed_after_is_not_missed(
    office: Office, scope: Scope
) -> None:
    """Its own clock says it is old; a poll in between has seen later ones."""
    early = datetime(2026, 1, 1, tzinfo=UTC)
    async with AsyncExitStack() as late:
        session = await late.enter_async_context(scope.write(office.tenant, before_commit=write_events))
        made, _ = await customer_upsert(session, None, CustomerInput(city="Ulm"), now=early, actor="late")
        done = await office.admin.data(UPSERT, {"value": "quick"})
        quick = done["customerUpsert"]["customer"]["id"]
        seen, point = await changed_since(office.admin, None)
        events, after = await events_after(office.admin, None)
        assert quick in seen
        assert f"cus_{made.id.hex}" not in seen
    again, _ = await changed_since(office.admin, point)
    assert f"cus_{made.id.hex}" in again
    (more, *none), _ = await events_after(office.admin, after)
    assert (more["subject"]["id"], none) == (f"cus_{made.id.hex}", [])
    assert int(more["sequence"]) == int(events[-1]["sequence"]) + 1


async def test_an_answer_reaches_no_further_than_its_own_clock(office: Office, scope: Scope) -> None:
    """What began later hides from it, though it was committed before its snapshot: as when it waited for a turn."""
    await office.admin.data(UPSERT, {"value": "before"})
    _, reached = await changed_since(office.admin, None)
    later = datetime.now(UTC) + timedelta(seconds=50)
    async with scope.write(office.tenant, before_commit=write_events) as session:
        made, _ = await customer_upsert(session, None, CustomerInput(city="Ulm"), now=later, actor="late")
    await office.admin.data(UPSERT, {"value": "after"})
    seen, point = await changed_since(office.admin, None)
    assert f"cus_{made.id.hex}" not in seen
    assert point == reached, "what comes after the one that hides is asked for again"


async def test_a_clock_that_is_set_back_does_not_turn_the_stamps(office: Office, scope: Scope) -> None:
    ahead = "UPDATE event_counter SET last_at = '2040-01-01'"
    async with scope.write(office.tenant) as session:
        await session.execute(text(ahead))
    for value in ("1", "2"):
        await office.admin.data(UPSERT, {"value": value})
    events, _ = await events_after(office.admin, None)
    stamps = [one["recordedAt"] for one in events[-2:]]
    assert "2040-01-01T00:00:00.000000Z" < stamps[0] < stamps[1]


async def test_events_of_some_topics_and_since_an_instant(office: Office) -> None:
    await office.admin.data(UPSERT, {"value": "1"})
    first, _ = await events_after(office.admin, None)
    await office.admin.data(UPSERT, {"value": "1", "city": "Ulm"})
    some, _ = await events_after(office.admin, None, topics=["CUSTOMER_UPDATED"])
    assert [one["topic"] for one in some] == ["CUSTOMER_UPDATED"]
    since, _ = await events_after(office.admin, None, since=first[-1]["recordedAt"])
    assert [one["sequence"] for one in since] == [first[-1]["sequence"], some[0]["sequence"]], "the instant included"
    assert {one["topic"] for one in first} == {"MEMBER_SAVED", "CUSTOMER_CREATED"}
    assert {one["subject"]["__typename"] for one in first} == {"Member", "Customer"}


MIRRORED = {
    "customers": "customer", "orders": "orders", "orderReturns": "order_return", "interactions": "interaction",
    "feedback": "feedback", "products": "product", "segments": "segment", "strategies": "strategy",
}  # fmt: skip


@pytest.mark.parametrize("field", MIRRORED)
async def test_whatever_partners_mirror_is_asked_by_what_changed(office: Office, scope: Scope, field: str) -> None:
    async with scope.write(office.tenant) as session:
        await session.execute(text("DELETE FROM member"))
        await plant(session, 2)
    async with scope.write(office.tenant, before_commit=write_events) as session:
        one = await session.scalar(text(f"SELECT id FROM {MIRRORED[field]} ORDER BY id DESC LIMIT 1"))
        announce(session, EventTopic.CUSTOMER_UPDATED, one, datetime.now(UTC))
    at = (await office.admin.data("{ syncedUntil { at } }"))["syncedUntil"]["at"]
    some = f"some: {field}(updatedSince: $at) {{ nodes {{ id }} }}"
    asked = f"query($at: DateTime) {{ {some} all: {field} {{ totalCount }} }}"
    found = await office.admin.data(asked, {"at": at})
    assert [node["id"].partition("_")[2] for node in found["some"]["nodes"]] == [one.hex]
    assert found["all"]["totalCount"] >= 1


def test_every_topic_says_whose_row_it_is_about() -> None:
    assert set(SUBJECTS) == set(EventTopic)
