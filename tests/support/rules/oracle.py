"""The meaning of a rule in plain Python: what the SQL of every rule is held to.

It walks the tree as written, over rows in memory, and shares nothing with the compiler but the tree's own classes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.tag import Tag
from domain.feedback.conditions.feedback import FeedbackGiven
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not
from domain.segments.conditions.segment import InSegment
from tests.support.rules.aggregates import Aggregates
from tests.support.rules.instants import When
from tests.support.rules.logic import Truth, at_least, every, opposite
from tests.support.rules.shop import ATTRIBUTES, Person, Shop

BUILT_IN = {"kind": "kind", "displayName": "display_name", "email": "email", "birthDate": "birth_date", "city": "city",
            "country": "country", "industry": "industry", "employees": "employees", "receivable": "receivable",
            "latitude": "latitude", "intimacy": "intimacy", "purchaseIntent": "purchase_intent",
            "registeredAt": "registered_at", "phone": "phone"}  # fmt: skip


class Oracle(Aggregates):
    """Answers whether a customer satisfies a rule."""

    def __init__(self, shop: Shop, when: When, segments: Mapping[UUID, Any]) -> None:
        super().__init__(shop, when)
        self.segments = segments

    def seen_by(self, clock: str, person: Person) -> "Oracle":
        """The same on the clock of a condition."""
        zone = {"TENANT": self.when.zone, "UTC": "UTC", "CUSTOMER": person.row["timezone"] or self.when.zone}[clock]
        return Oracle(self.shop, replace(self.when, zone=zone), self.segments)

    def members(self, rule: Any) -> set[UUID]:
        """The customers known by now, neither merged nor erased, of whom the rule is true."""
        return {
            person.row["id"]
            for person in self.shop.people
            if self.known(person) and (rule is None or self.truth(rule, person) is True)
        }

    def known(self, person: Person) -> bool:
        """Whether the customer can be a member of anything."""
        row = person.row
        return row["registered_at"] <= self.now and row["merged_into"] is None and row["erased_at"] is None

    def truth(self, rule: Any, person: Person) -> Truth:
        """True, false or unknown."""
        match rule:
            case All(of):
                return every(self.truth(one, person) for one in of)
            case AnyOf(of):
                return at_least(1, (self.truth(one, person) for one in of))
            case NoneOf(of):
                return opposite(at_least(1, (self.truth(one, person) for one in of)))
            case AtLeast(k, of):
                return at_least(k, (self.truth(one, person) for one in of))
            case Not(inner):
                return opposite(self.truth(inner, person))
        if isinstance(rule, InSegment):
            member = self.truth(self.segments[rule.id], person) is True
            return member == (rule.is_ == "MEMBER")
        return self.seen_by(rule.clock, person).condition(rule, person)

    def condition(self, rule: Any, person: Person) -> Truth:
        """The same of a leaf."""
        match rule:
            case AttributeIs(key, test):
                (value_test,) = given(test)
                return self.test(value_test, attribute(person, key))
            case Tag(test):
                return self.test(test, person.row["tags"])
            case Orders() | Items() | Interactions() | FeedbackGiven():
                return self.aggregate(rule, person)
        raise TypeError(rule)


def given(one_of: Any) -> Iterator[Any]:
    """The members that are not null."""
    return (value for f in fields(one_of) if (value := getattr(one_of, f.name)) is not None)


def attribute(person: Person, key: str) -> Any:
    """A field of the customer as the value it means; null when missing."""
    if key in BUILT_IN:
        return person.row.get(BUILT_IN[key])
    value = person.row["attributes"].get(key)
    if value is None:
        return None
    match ATTRIBUTES[key][0]:
        case "DATE":
            return date.fromisoformat(value)
        case "DATETIME":
            return datetime.fromisoformat(value)
        case "DECIMAL":
            return Decimal(str(value))
    return value
