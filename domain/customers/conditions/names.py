"""What the fields of a customer are called in the texts of rules: ``birth_date``, in both languages."""

from __future__ import annotations

from domain.customers.conditions.fields import BUILT_IN
from domain.rules.shape import camel, snake
from domain.rules.text.phrase import Named


def _read(word: str) -> str:
    """A built-in field by either spelling, else one of the tenant's own by its key."""
    return camel(word) if camel(word) in BUILT_IN else word


def _write(key: str) -> str | None:
    """The word that is read as this key; null where a built-in field takes it."""
    if key in BUILT_IN:
        return snake(key)
    return None if camel(key) in BUILT_IN else key


FIELD = Named(_read, _write)
