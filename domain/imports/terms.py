"""What checking a record needs to know, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, NamedTuple, Protocol

from domain.customers.attribute import AttributeDefinition
from domain.orders.rates import Rates
from domain.values import LONGEST_KEY, BadValue, required, text

key = text(LONGEST_KEY)
# Of a customer that a row of another kind names, should it be new: customer.country, customer.kind …
OF_CUSTOMER = "customer."


@dataclass(frozen=True, slots=True)
class Terms:
    """The tenant's and the map's terms of an import."""

    zone: tzinfo  # of times without an offset
    rates: Rates
    region: str | None = None  # ISO 3166 country of phone numbers that name none
    attributes: Mapping[str, AttributeDefinition] = field(default_factory=dict)


class Staged(NamedTuple):
    """What a record becomes: a row of ``subject`` that belongs to the entity ``key``."""

    subject: str
    key: str
    data: dict[str, Any]


class Fault(NamedTuple):
    """What is wrong with one field of a record."""

    field: str
    problem: BadValue


class BadRecord(Exception):
    """A record that cannot be staged, and the entity it belongs to as far as that could be read."""

    def __init__(self, faults: list[Fault], subject: str = "", key: str | None = None) -> None:
        super().__init__(faults)
        self.faults, self.subject, self.key = faults, subject, key


class Build(Protocol):
    """How the checked fields of one kind of record become what is staged."""

    @property
    def naming(self) -> tuple[str, ...]:
        """The fields that ``place`` reads."""

    def place(self, values: Mapping[str, Any]) -> tuple[str, str | None]:
        """Subject, and key of the entity if the fields tell it."""

    def staged(self, values: Mapping[str, Any]) -> Staged:
        """What to stage.  Raises ``BadRecord``."""


def fault(field: str, problem: BadValue) -> BadRecord:
    """One fault of a record."""
    return BadRecord([Fault(field, problem)])


def need(values: Mapping[str, Any], *names: str) -> None:
    """Raises ``BadRecord`` naming each of the fields that has no value."""
    missing = [name for name in names if values.get(name) is None]
    if missing:
        raise BadRecord([Fault(name, required(name, f" {name}")) for name in missing])


def nested(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The fields below ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
