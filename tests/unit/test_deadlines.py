"""A block is broken off at its deadline and not before; a task that others cancel stays cancelled."""

import asyncio

import pytest

from api.deadlines import Deadlines


async def test_what_takes_too_long_is_broken_off_and_the_task_goes_on() -> None:
    deadlines = Deadlines(0.02)
    async with asyncio.timeout(5):
        for _ in range(3):
            with pytest.raises(TimeoutError), deadlines.start():
                await asyncio.Event().wait()
    with deadlines.start():
        await asyncio.sleep(0)
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0


async def test_each_of_many_has_its_own_deadline() -> None:
    deadlines, loop = Deadlines(0.1), asyncio.get_running_loop()

    async def broken(after_s: float) -> float:
        await asyncio.sleep(after_s)
        started = loop.time()
        with pytest.raises(TimeoutError), deadlines.start():
            await asyncio.Event().wait()
        return loop.time() - started

    async def in_time() -> None:
        with deadlines.start():
            await asyncio.sleep(0.03)

    took, *_ = await asyncio.gather(
        asyncio.gather(*(broken(number / 100) for number in range(10))), *(in_time() for _ in range(50))
    )
    assert all(0.09 <= each < 1 for each in took)


async def test_who_is_cancelled_by_others_stays_cancelled() -> None:
    deadlines = Deadlines(10)

    async def waits() -> None:
        with deadlines.start():
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_swallows_its_end_is_not_cancelled_later() -> None:
    deadlines = Deadlines(0.01)
    with deadlines.start():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed = True
    await asyncio.sleep(0)
    assert swallowed
