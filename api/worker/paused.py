"""Waiting that ends early when the process is told to end."""

import asyncio


async def paused(ending: asyncio.Event, seconds: float) -> None:
    """So long, or until told to end."""
    try:
        async with asyncio.timeout(seconds):
            await ending.wait()
    except TimeoutError:
        return
