"""The product's scalars: the compiler's own, and durations."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text

from api.graph.scalars import SCALARS, Scalar
from domain.time import Duration


def parse_duration(given: Any) -> Duration:
    """A Duration from its ISO 8601 text.  ValueError otherwise."""
    if not isinstance(given, str):
        raise ValueError("A Duration is ISO 8601, like P30D.")
    return Duration.parse(given)


DURATION = Scalar(
    "Duration",
    "ISO 8601, calendar aware: P1Y, P3M, P30D, PT12H.",
    Text(),
    parse=parse_duration,
    write=str,
    bound=str,
)
PRODUCT_SCALARS: Mapping[Any, Scalar] = {**SCALARS, Duration: DURATION}
