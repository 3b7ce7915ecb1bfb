"""What tenants and keys may spend, shared by all processes: each leases slices of a row in the control plane.

A token bucket: ``burst`` points at most, ``rate`` of them restored a second, by the database's clock, so that clocks of
processes do not matter.  A lease is one statement that holds its rows' locks until its own commit and no longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tenancy.platform import SCHEMA

# Ordered, so that two processes lock rows in the same order.  A statement that had to wait for a row began before the
# row was changed last: time does not run backwards for it.
_SINCE = "extract(epoch FROM greatest(excluded.at - kept.at, interval '0'))"
_THERE = f"greatest(0, least(excluded.burst, kept.points + excluded.rate * {_SINCE}))"
_LEASE = text(
    f"INSERT INTO {SCHEMA}.budget AS kept (id, points, granted, rate, burst, at)"
    " SELECT id, burst - least(wanted, burst), least(wanted, burst), rate, burst, statement_timestamp()"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:wanted AS float8[]), CAST(:rates AS float8[]), CAST(:bursts AS float8[]))"
    " AS asked (id, wanted, rate, burst) ORDER BY id"
    f" ON CONFLICT (id) DO UPDATE SET granted = least(excluded.granted, {_THERE}),"
    f" points = {_THERE} - least(excluded.granted, {_THERE}),"
    " rate = excluded.rate, burst = excluded.burst, at = greatest(kept.at, excluded.at)"
    " RETURNING id, granted, points"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A lease that is asked for: points of the bucket ``id``, and how that bucket is filled."""

    id: UUID
    points: float
    rate: float
    burst: float


@dataclass(frozen=True, slots=True)
class Leased:
    """``granted`` is the process's to spend; ``left`` stays in the bucket."""

    granted: float
    left: float


async def lease(connection: AsyncConnection, asked: Sequence[Asked]) -> dict[UUID, Leased]:
    """As much of what is asked as the buckets hold.  An unknown bucket is full."""
    given = {
        "ids": [one.id for one in asked],
        "wanted": [one.points for one in asked],
        "rates": [one.rate for one in asked],
        "bursts": [one.burst for one in asked],
    }
    rows = await connection.execute(_LEASE, given)
    return {id_: Leased(granted, left) for id_, granted, left in rows}
