"""Looks at a process every few seconds for what is not counted request by request: pools, plans, the log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.answering import Answering
from api.start import Running
from api.telemetry.metrics import Metrics

EVERY_S = 5.0


@asynccontextmanager
async def looking(metrics: Metrics, running: Running, answering: Answering) -> AsyncIterator[None]:
    """Keep the gauges current until the end."""

    async def look() -> None:
        while True:
            metrics.look(running, answering.executor, answering.events)
            await asyncio.sleep(EVERY_S)

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()
        metrics.look(running, answering.executor, answering.events)
