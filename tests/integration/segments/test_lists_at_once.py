"""Many who change one list at once: one after another, and nobody is on it twice."""

import asyncio
import random

from tests.support.club import Club

DOUBLE = "SELECT customer_id FROM segment_member WHERE removed_at IS NULL GROUP BY customer_id HAVING count(*) > 1"
OVERLAPPING = """SELECT one.customer_id FROM segment_member AS one JOIN segment_member AS two
    ON two.customer_id = one.customer_id AND two.added_at > one.added_at
    AND (one.removed_at IS NULL OR two.added_at < one.removed_at)"""


async def test_of_many_changes_at_once_each_is_done_and_none_twice(club: Club) -> None:
    list_ = (await club.create("list", kind="STATIC", memberIds=[]))["id"]
    chance, names = random.Random("at once"), list(club.ids)
    for _ in range(10):
        turns = [(chance.choice(("Add", "Remove")), chance.sample(names, chance.randint(1, 5))) for _ in range(8)]
        answers = await asyncio.gather(*(club.listing(how, list_, *who) for how, who in turns))
        for (_, who), items in zip(turns, answers, strict=True):
            assert [one["node"]["displayName"] for one in items] == who
        assert not await club.rows(DOUBLE)
        assert not await club.rows(OVERLAPPING)
    await club.listing("Add", list_, *names)
    assert await club.members(list_) == " ".join(sorted(names))


async def test_no_change_slips_in_behind_an_archiving(club: Club) -> None:
    for number in range(8):
        list_ = (await club.create(f"list{number}", kind="STATIC", memberIds=[]))["id"]
        added, archived = await asyncio.gather(club.listing("Add", list_, "Ann"), club.archive(list_))
        assert archived["status"] == "ARCHIVED"
        lines = await club.rows(f"SELECT 1 FROM segment_member WHERE segment_id = '{list_[4:]}'")
        assert len(lines) == isinstance(added, list)
        again = await club.listing("Add", list_, "Bob")
        assert again["fields"][0]["code"] == "IMMUTABLE"


async def test_of_two_who_make_the_same_list_one_leaves_lines(club: Club) -> None:
    everybody = list(club.ids.values())
    answers = await asyncio.gather(*(club.create("list", kind="STATIC", memberIds=everybody) for _ in range(4)))
    assert sorted(one.get("code", "made") for one in answers) == ["NAME_TAKEN"] * 3 + ["made"]
    assert len(await club.rows("SELECT 1 FROM segment_member")) == len(everybody)
