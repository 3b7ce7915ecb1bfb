"""Turns are given in order, never more at once than allowed, and none is lost by those who give up."""

import asyncio

import pytest

from api.turns import MOST_WAITING, Turns


async def test_a_turn_that_is_given_back_goes_to_whoever_waits_longest() -> None:
    turns, came = Turns(2, 30), list[int]()
    assert turns.take()
    assert turns.take()
    assert not turns.take()

    async def waits(number: int) -> None:
        assert await turns.wait()
        came.append(number)

    waiting = [asyncio.create_task(waits(number)) for number in range(3)]
    await asyncio.sleep(0)
    for _ in range(3):
        turns.give()
    await asyncio.gather(*waiting)
    assert came == [0, 1, 2]
    turns.give()
    assert turns.take()
    assert not turns.take()


async def test_who_waits_in_vain_is_told_so_and_takes_nothing() -> None:
    turns = Turns(1, 0.01)
    assert turns.take()
    assert not await turns.wait()
    turns.give()
    assert turns.take()


@pytest.mark.parametrize("given_first", [True, False])
async def test_a_turn_of_one_who_was_cancelled_goes_on(given_first: bool) -> None:
    turns = Turns(1, 30)
    assert turns.take()
    first, second = (asyncio.create_task(turns.wait()) for _ in range(2))
    await asyncio.sleep(0)
    if given_first:
        turns.give()  # and cancelled before it could take it
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    if not given_first:
        turns.give()
    assert await second
    turns.give()
    assert turns.take()


async def test_only_so_many_may_wait() -> None:
    turns = Turns(1, 30)
    assert turns.take()
    waiting = [asyncio.create_task(turns.wait()) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert not await turns.wait()
    for _ in waiting:
        turns.give()
    assert all(await asyncio.gather(*waiting))


async def test_each_gives_up_when_its_own_time_is_over() -> None:
    turns, loop = Turns(1, 0.05), asyncio.get_running_loop()
    assert turns.take()

    async def waits(after_s: float) -> float:
        await asyncio.sleep(after_s)
        begun = loop.time()
        assert not await turns.wait()
        return loop.time() - begun

    assert all(took >= 0.05 for took in await asyncio.gather(waits(0), waits(0.02), waits(0.04)))
    turns.give()
    assert turns.take()
