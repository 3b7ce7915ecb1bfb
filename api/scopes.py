"""What a caller may do: the scopes that fields ask for, and what the words on a key grant."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """One permission.  A field says which it needs; default is none."""

    CUSTOMERS_READ = "CUSTOMERS_READ"
    CUSTOMERS_WRITE = "CUSTOMERS_WRITE"
    CUSTOMERS_ERASE = "CUSTOMERS_ERASE"
    PII_READ = "PII_READ"
    ORDERS_WRITE = "ORDERS_WRITE"
    SEGMENTS_READ = "SEGMENTS_READ"
    SEGMENTS_WRITE = "SEGMENTS_WRITE"
    STRATEGIES_READ = "STRATEGIES_READ"
    STRATEGIES_WRITE = "STRATEGIES_WRITE"
    FEEDBACK_READ = "FEEDBACK_READ"
    FEEDBACK_WRITE = "FEEDBACK_WRITE"
    EVENTS_READ = "EVENTS_READ"
    ADMIN = "ADMIN"


READING = frozenset(scope for scope in Scope if scope.endswith("_READ"))
WRITING = frozenset(scope for scope in Scope if scope.endswith("_WRITE"))
# Two words for most keys; any other word on a key is the name of one scope, in small letters: admin is one of them.
WORDS = {"read": READING, "write": WRITING}


def granted(words: Iterable[str]) -> frozenset[Scope]:
    """The scopes that the words on a key grant; a word that means nothing grants nothing."""
    scopes: set[Scope] = set()
    for word in words:
        scopes |= WORDS.get(word) or {scope for scope in Scope if scope == word.upper()}
    return frozenset(scopes)
