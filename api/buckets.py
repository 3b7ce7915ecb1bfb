"""Token buckets as a process sees them: slices leased from the control plane, spent by arithmetic alone.

A slice is what a bucket restores in a second.  The next one is leased in the background when less than half is left,
so that a busy key adds no round trip to a request.  While the control plane cannot be reached each process lets a
bucket have what it restores, and no more: limits keep the service from being overrun, they guard nothing secret, and
refusing everybody because a counter cannot be read would make an outage of a hiccup.
"""

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.budgets import Asked, Leased, lease

SLICE_S = 1.0
LEASE_TIMEOUT_S = 1.0
AGAIN_S = 0.1  # after a bucket was found empty
ALONE_S = 1.0  # after the control plane could not be reached
log = logging.getLogger(__name__)


class Bucket:
    """One bucket.  ``have``: points that are this process's to spend."""

    __slots__ = ("_asked_at", "_granted_at", "_left", "burst", "empty_until", "have", "id", "low", "rate", "slice")

    def __init__(self, id_: UUID) -> None:
        self.id = id_
        self.have = self._left = 0.0
        self._asked_at = self._granted_at = self.empty_until = float("-inf")

    def tune(self, rate: int, burst: int) -> None:
        """How it is filled from now on."""
        self.rate, self.burst = rate, burst
        self.slice = min(rate * SLICE_S, float(burst))
        self.low = self.slice / 2

    def remaining(self, now: float) -> int:
        """About how many points there are, here and for all processes."""
        return max(0, self._level(now))

    def retry_after_s(self, cost: int, now: float) -> int:
        """Whole seconds until so many points are likely to be there."""
        return max(1, -(-(cost - self._level(now)) // self.rate))

    def _level(self, now: float) -> int:
        """The same, below zero where something is owed."""
        return int(min(self.burst, self.have + self._left + self.rate * (now - self._asked_at)))

    def fill(self, wanted: float, leased: Leased) -> None:
        """A lease has come."""
        now = self._asked_at = self._granted_at = monotonic()
        self.have += leased.granted
        self._left = leased.left
        if leased.granted < wanted:
            self.empty_until = now + AGAIN_S

    def fill_alone(self) -> None:
        """No lease can be had: what it has restored since the last one, a second's worth at most."""
        now = monotonic()
        self.have = min(self.slice, self.have + self.rate * (now - self._granted_at))
        self._asked_at = self._granted_at = now
        self._left, self.empty_until = 0.0, now + AGAIN_S


class Leases:
    """Leases for all buckets of a process, one statement at a time."""

    def __init__(self, control: AsyncEngine) -> None:
        """``control`` leads to the control plane."""
        self._control = control
        self._wanted: dict[Bucket, float] = {}
        self._asking: dict[Bucket, float] = {}
        self._coming: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._alone_until = float("-inf")

    def ahead(self, bucket: Bucket) -> None:
        """Lease the next slice in the background, unless that is being done or the bucket was just found empty."""
        if bucket not in self._asking and monotonic() >= bucket.empty_until:
            self._want(bucket, bucket.slice)

    async def filled(self, buckets: Sequence[Bucket], cost: int) -> None:
        """Returns when buckets have been asked for so many points; whether they had them shows in ``have``."""
        for bucket in buckets:
            if bucket not in self._asking:
                self._want(bucket, max(bucket.slice, cost - bucket.have))
        coming = self._coming = self._coming or asyncio.get_running_loop().create_future()
        await asyncio.shield(coming)

    async def close(self) -> None:
        """Break off what is being asked."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _want(self, bucket: Bucket, points: float) -> None:
        self._wanted[bucket] = max(points, self._wanted.get(bucket, 0.0))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._wanted:
                self._asking, self._wanted = self._wanted, {}
                await self._lease(self._asking)
                self._asking = {}
                self._tell()
        finally:
            self._asking, self._task = {}, None
            self._tell()

    def _tell(self) -> None:
        coming, self._coming = self._coming, None
        if coming is not None and not coming.done():
            coming.set_result(None)

    async def _lease(self, wanted: dict[Bucket, float]) -> None:
        asked = [Asked(one.id, points, one.rate, one.burst) for one, points in wanted.items()]
        found: dict[UUID, Leased] = {}
        if monotonic() >= self._alone_until:
            try:
                async with asyncio.timeout(LEASE_TIMEOUT_S), self._control.begin() as connection:
                    found = await lease(connection, asked)
            except Exception as error:  # whatever it is, requests go on
                log.warning("no lease: %s", type(error).__name__)
                self._alone_until = monotonic() + ALONE_S
        for bucket, points in wanted.items():
            if bucket.id in found:
                bucket.fill(points, found[bucket.id])
            else:
                bucket.fill_alone()
