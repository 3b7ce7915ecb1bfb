"""The meaning of a rule in plain Python: what the SQL of every rule is held to.

It walks the tree as written, over rows in memory, and shares nothing with the compiler but the tree's own classes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
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
from tests.support.rules.logic import Truth, at_least, every, opposite
from tests.support.rules.shop import ATTRIBUTES, Person, Row, Shop
from tests.support.rules.sources import Asked

BUILT_IN = {"kind": "kind", "displayName": "display_name", "email": "email", "birthDate": "birth_date", "city": "city",
            "country": "country", "industry": "industry", "employees": "employees", "receivable": "receivable",
            "latitude": "latitude", "intimacy": "intimacy", "purchaseIntent": "purchase_intent",
            "registeredAt": "registered_at", "phone": "phone"}  # fmt: skip
Event = tuple[datetime, Row]


class Oracle(Asked):
    """Answers whether a customer satisfies a rule."""

    def __init__(self, shop: Shop, now: datetime, zone: str, segments: Mapping[UUID, Any]) -> None:
        super().__init__(shop, now, zone)
        self.segments = segments

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
        return self.condition(rule, person)

    def condition(self, rule: Any, person: Person) -> Truth:
        """The same of a leaf."""
        match rule:
            case AttributeIs(key, test):
                (value_test,) = given(test)
                return self.test(value_test, attribute(person, key))
            case Tag(test):
                return self.test(test, person.row["tags"])
            case InSegment():
                member = self.truth(self.segments[rule.id], person) is True
                return member == (rule.is_ == "MEMBER")
            case Orders(having, where, window):
                orders = [(row["placed_at"], row) for row in self.orders(person, where, window)]
                back = [row["base_net"] for row in self.returns(person, where, window)]
                return self.aggregate(having, orders, {"net_total": "base_net", "gross_total": "base_net"}, back)
            case Items(product, having, where, window):
                lines = list(self.items(person, product, where, window))
                return self.aggregate(having, lines, {"net_amount": "base_net", "product": "product_id",
                                                      "order": "order_id"})  # fmt: skip
            case Interactions(having):
                rows = self.interactions(person, rule)
                return self.aggregate(having, [(row["occurred_at"], row) for row in rows], {})
            case FeedbackGiven(having):
                rows = self.feedback(person, rule)
                return self.aggregate(having, [(row["submitted_at"], row) for row in rows], {})
        raise TypeError(rule)

    def aggregate(self, having: Any, events: list[Event], columns: dict[str, str], back: Any = ()) -> Truth:
        """Whether a count, sum … of events passes.  ``back`` is what lowers the sum of the net total."""
        if having.exists is not None:
            return bool(events) == having.exists
        if having.count is not None:
            return self.test(having.count, len(events))
        name, asked = next((f.name, getattr(having, f.name)) for f in fields(having) if getattr(having, f.name))
        if name in ("first", "last", "recency"):
            return self.moment(name, asked, [at for at, _ in events])
        column = columns.get(asked.field, asked.field)
        values = [row[column] for _, row in events if row[column] is not None]
        match name:
            case "distinct":
                return self.test(asked.test, len(set(values)))
            case "sum":
                total = sum(values, Decimal(0))
                return self.test(asked.test, total - sum(back, Decimal(0)) if asked.field == "net_total" else total)
            case "avg":
                return self.test(asked.test, Fraction(sum(values)) / len(values) if values else None)
            case "min":
                return self.test(asked.test, min(values, default=None))
            case "max":
                return self.test(asked.test, max(values, default=None))
        raise TypeError(having)

    def moment(self, name: str, asked: Any, instants: list[datetime]) -> Truth:
        """Whether the first or last event was then, or the last so long ago."""
        if name != "recency":
            return self.test(asked, (min if name == "first" else max)(instants, default=None))
        if not instants:
            return None
        last = max(instants)
        compare = {"gt": last.__lt__, "gte": last.__le__, "lt": last.__gt__, "lte": last.__ge__}
        return all(
            compare[f.name](self.before(getattr(asked, f.name))) for f in fields(asked) if getattr(asked, f.name)
        )


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
