"""How many members a rule has, estimated from an even sample of the customers.

A sample is a range of the buckets of ids.  Each customer is in it with the same known probability, so the members
found in it are binomially distributed, and Wilson's interval (1927), turned round, bounds how many there are.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Select, case, cast, func, literal_column, select

from domain.customers.customer import BUCKETS, Customer, bucket_of


class Accuracy(Enum):
    """How a number is found: all are counted, or a sample, in a fraction of the time."""

    EXACT = "EXACT"
    ESTIMATE = "ESTIMATE"


SAMPLE = 2048  # customers that are asked, about; all, when they are no more than four times as many
_PROBE = 64  # buckets whose size tells how many customers there are
_Z2 = literal_column("3.841459", Numeric())  # of 95 %, squared


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value), Integer())


def _sample() -> Any:
    """One row: the first bucket that is asked, and the first after it that is not."""
    probed = Customer.__table__.alias("probed")
    bucket = bucket_of(probed.c)
    found = select(func.count().label("n")).where(bucket >= _number(0), bucket < _number(_PROBE)).subquery("probe")
    few = found.c.n <= _number(4 * SAMPLE * _PROBE // BUCKETS)
    end = case((few, _number(BUCKETS)), else_=_number(SAMPLE * _PROBE).op("/")(func.greatest(found.c.n, _number(1))))
    # Both bounds are read from here, so that PostgreSQL expects a narrow range and uses the index.
    return (
        select(_number(0).label("first"), cast(end, Integer).label("beyond")).cte("sample").prefix_with("MATERIALIZED")
    )


_SAMPLE = _sample()
_FIRST, _BEYOND = (select(column).scalar_subquery() for column in (_SAMPLE.c.first, _SAMPLE.c.beyond))


def sampled(customer: Any) -> ColumnElement[bool]:
    """Whether a customer is in the sample."""
    bucket = bucket_of(customer)
    return (bucket >= _FIRST) & (bucket < _BEYOND)


def share_sampled() -> ColumnElement[Any]:
    """Which share of the customers is in the sample: 1 when all are."""
    return cast(_BEYOND, Numeric) / _number(BUCKETS)


def estimated(found: Select[Any]) -> Select[Any]:
    """One row: ``value``, ``exact``, ``low``, ``high``, by how many were ``found`` in the sample (its column count)."""
    counted = found.add_columns(share_sampled().label("share")).subquery("sampled")
    n, share = cast(counted.c.count, Numeric), counted.c.share
    missed = _number(1) - share
    middle = _number(2) * n + _Z2 * missed
    spread = func.sqrt(_Z2 * missed * (_Z2 * missed + _number(4) * n))
    twice = _number(2) * share
    columns: tuple[Any, ...] = (
        cast(func.round(n / share), Integer).label("value"),
        (missed == _number(0)).label("exact"),
        cast(func.greatest(n, func.floor((middle - spread) / twice)), Integer).label("low"),
        cast(func.ceil((middle + spread) / twice), Integer).label("high"),
    )
    return select(*columns)
