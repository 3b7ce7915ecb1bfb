"""Documents that are new to the process wait for their share of its time, and only while others are served."""

import asyncio
from time import monotonic, thread_time

import pytest

from api.graph.newcomers import Newcomers

SHARE = 0.2


@pytest.fixture
def newcomers() -> Newcomers:
    return Newcomers(SHARE)


async def newcomer(newcomers: Newcomers, seconds: float) -> float:
    """One that takes so much processor time; when it began."""
    newcomers.running += 1
    await newcomers.turn()
    began = monotonic()
    with newcomers.taking():
        until = thread_time() + seconds
        while thread_time() < until:
            pass
    newcomers.running -= 1
    return began


async def test_newcomers_take_their_share_while_others_are_served(newcomers: Newcomers) -> None:
    newcomers.running += 1  # somebody who does not wait
    began = await asyncio.gather(*(newcomer(newcomers, 0.01) for _ in range(5)))
    assert sorted(began) == began, "first come, first served"
    assert began[-1] - began[0] >= 4 * 0.01 / SHARE * 0.95


async def test_nobody_waits_when_nobody_else_is_served() -> None:
    newcomers = Newcomers(share=0.0001)  # after the first, a pause of minutes
    async with asyncio.timeout(30):
        await asyncio.gather(*(newcomer(newcomers, 0.02) for _ in range(2)))


async def test_what_was_taken_while_nobody_else_was_served_is_not_paid_for_later() -> None:
    newcomers = Newcomers(share=0.001)
    for _ in range(20):
        await newcomer(newcomers, 0.005)  # a pause of five seconds each
    newcomers.running += 1
    async with asyncio.timeout(30):
        await newcomer(newcomers, 0.0)


async def test_one_that_gives_up_leaves_the_others_their_turn(newcomers: Newcomers) -> None:
    newcomers.running += 1
    await newcomer(newcomers, 0.02)
    given_up = asyncio.ensure_future(newcomer(newcomers, 0.0))
    following = asyncio.ensure_future(newcomer(newcomers, 0.0))
    await asyncio.sleep(0)
    given_up.cancel()
    async with asyncio.timeout(10):
        await following
