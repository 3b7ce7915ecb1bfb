"""Words for changes of membership: which way, and why."""

from enum import StrEnum


class ChangeKind(StrEnum):
    """Which way somebody went."""

    ENTERED = "ENTERED"
    LEFT = "LEFT"


class ChangeCause(StrEnum):
    """Why somebody's membership changed."""

    DATA = "DATA"
    TIME_PASSED = "TIME_PASSED"
    RULE_EDITED = "RULE_EDITED"
    MERGED = "MERGED"
    MANUAL = "MANUAL"
    LATE_DATA = "LATE_DATA"
    POPULATION_SHIFT = "POPULATION_SHIFT"
    ERASED = "ERASED"
