"""While another connection writes all the time, all that one document says of a segment is of one instant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.support.club import ULM, VIP, Club

WRITES, STATES, LIMIT_S = 40, 12, 60
DOCUMENT = """query($id: ID!, $rule: RuleInput!) {
    segment(id: $id) { count { value } members(first: 250) { totalCount nodes { id } }
        versions(first: 1) { nodes { diff(against: 1) { counts { entered unchanged } } } }
        and: members(and: $rule, first: 250) { totalCount nodes { id } } }
    customers(where: { segment: { id: $id } }, first: 250) { totalCount nodes { id segments { id } } }
    outside: customers(where: { segment: { id: $id, is: NOT_MEMBER } }, first: 250) { totalCount }
    customerCount { value }
    segmentDiff(id: $id, rule: $rule) { counts { entered left unchanged }
        entering(first: 250) { totalCount nodes { id } } leaving(first: 250) { totalCount nodes { id } } } }"""
# Customers come and go, move, are tagged, and are put on the list and taken off it.
TURNS = (
    "UPDATE customer SET city = CASE WHEN random() < 0.5 THEN 'Ulm' ELSE 'Bonn' END",
    "UPDATE customer SET tags = CASE WHEN random() < 0.5 THEN '{vip}'::text[] ELSE '{}' END WHERE random() < 0.5",
    "INSERT INTO customer (id, city, registered_at, created_at, updated_at)"
    " SELECT gen_random_uuid(), 'Ulm', :past, :past, :past FROM generate_series(1, 3)"
    " WHERE (SELECT count(*) FROM customer WHERE erased_at IS NULL) < 150",
    "UPDATE customer SET erased_at = now() WHERE city = 'Ulm' AND random() < 0.2",
    "INSERT INTO segment_member (segment_id, customer_id, added_at, added_by)"
    " SELECT s.id, c.id, CAST(:past AS timestamptz) + interval '1 ms' * random(), 'test'"
    " FROM customer AS c, segment AS s WHERE s.kind = 'STATIC' AND random() < 0.4 ON CONFLICT DO NOTHING",
    "UPDATE segment_member SET removed_at = added_at WHERE removed_at IS NULL AND random() < 0.4",
)


@asynccontextmanager
async def a_writer(club: Club) -> AsyncIterator[list[int]]:
    """Commits one change after another, in a connection of its own; how many so far."""
    made, ends = [0], asyncio.Event()

    async def write() -> None:
        while not ends.is_set():
            async with club.scope.write(club.tenant) as session:
                turn = text(TURNS[made[0] % len(TURNS)])
                past = {"past": club.now - timedelta(hours=1)} if "past" in turn.compile().params else {}
                await session.execute(turn, past)
            made[0] += 1

    async with asyncio.TaskGroup() as group:  # when the writer fails, so does the reader
        group.create_task(write())
        try:
            yield made
        finally:
            ends.set()


def agrees(found: Any, id: str) -> tuple[int, ...]:
    """Asserts that a document agrees with itself; what it said."""
    segment, diff, among = found["segment"], found["segmentDiff"], found["customers"]
    count = segment["count"]["value"]
    ids = {one["id"] for one in segment["members"]["nodes"]}
    assert count == segment["members"]["totalCount"] == len(ids) == among["totalCount"]
    assert {one["id"] for one in among["nodes"]} == ids
    (newest,) = segment["versions"]["nodes"]  # counted by a statement of its own, in the same snapshot
    assert sum(newest["diff"]["counts"].values()) == count
    assert all({"id": id} in one["segments"] for one in among["nodes"])
    assert count + found["outside"]["totalCount"] == found["customerCount"]["value"]
    both = {one["id"] for one in segment["and"]["nodes"]}
    assert len(both) == segment["and"]["totalCount"] == diff["counts"]["unchanged"]
    leaving = {one["id"] for one in diff["leaving"]["nodes"]}
    assert len(leaving) == diff["leaving"]["totalCount"] == diff["counts"]["left"]
    assert (both | leaving, both & leaving) == (ids, set())
    entering = {one["id"] for one in diff["entering"]["nodes"]}
    assert len(entering) == diff["entering"]["totalCount"] == diff["counts"]["entered"]
    assert not entering & ids
    return count, len(both), len(entering), found["customerCount"]["value"]


async def read(club: Club, id: str) -> set[tuple[int, ...]]:
    """What many documents said while the writer wrote."""
    seen: set[tuple[int, ...]] = set()
    async with asyncio.timeout(LIMIT_S), a_writer(club) as made:
        while len(seen) < STATES or made[0] < WRITES:
            seen.add(agrees(await club.data(DOCUMENT, id=id, rule=VIP), id))
    return seen


async def test_what_a_document_says_of_a_rule_is_of_one_instant(club: Club) -> None:
    id_ = (await club.create("ulm", rule=VIP))["id"]
    await club.update(id_, 1, rule=ULM)
    assert len(await read(club, id_)) >= STATES


async def test_what_a_document_says_of_a_list_is_of_one_instant(club: Club) -> None:
    id_ = (await club.create("list", kind="STATIC", memberIds=list(club.ids.values())))["id"]
    assert len(await read(club, id_)) >= STATES


async def test_what_a_document_says_of_a_rule_over_lists_is_of_one_instant(club: Club) -> None:
    await club.create("list", kind="STATIC", memberIds=list(club.ids.values()))
    rule = {"any": [{"all": [{"segment": {"key": "list"}}, ULM]}, {"segment": {"key": "list", "is": "NOT_MEMBER"}}]}
    assert len(await read(club, (await club.create("over", rule=rule))["id"])) >= STATES
