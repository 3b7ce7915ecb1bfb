"""The meaning of a rule in plain Python: what the SQL of every rule is held to.

It walks the tree as written, over rows in memory, and shares nothing with the compiler but the tree's own classes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from domain.consents.conditions.consent import ConsentIs
from domain.customers.conditions.anniversary import Anniversary
from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.changed import Changed
from domain.customers.conditions.geo import Geo
from domain.customers.conditions.metric import MetricIs
from domain.customers.conditions.rank import Rank
from domain.customers.conditions.sample import Sample
from domain.customers.conditions.tag import Tag
from domain.feedback.conditions.feedback import FeedbackGiven
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.orders.conditions.rfm import Rfm
from domain.orders.conditions.sequence import Sequence
from domain.rules.scoring import Scale
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not
from domain.segments.conditions.listed import OnList
from domain.segments.conditions.segment import InSegment
from tests.support.rules.configs import CONFIGS
from tests.support.rules.instants import When
from tests.support.rules.leaves import Leaves, sampled
from tests.support.rules.lists import listed
from tests.support.rules.logic import Truth, at_least, every, opposite
from tests.support.rules.past import then, turning
from tests.support.rules.shop import ATTRIBUTES, Person, Shop
from tests.support.rules.standings import label, scored, stands

BUILT_IN = {"kind": "kind", "displayName": "display_name", "email": "email", "birthDate": "birth_date", "city": "city",
            "country": "country", "industry": "industry", "employees": "employees", "receivable": "receivable",
            "latitude": "latitude", "region": "region", "intimacy": "intimacy", "purchaseIntent": "purchase_intent",
            "registeredAt": "registered_at", "phone": "phone"}  # fmt: skip


class Oracle(Leaves):
    """Answers whether a customer satisfies a rule."""

    def __init__(self, shop: Shop, when: When, segments: Mapping[UUID, Any]) -> None:
        super().__init__(shop, when)
        self.segments = segments
        self.lists: dict[Any, list[dict[UUID, Any]]] = {}
        self.earlier: dict[datetime, Oracle] = {}

    def seen_by(self, clock: str, person: Person) -> "Oracle":
        """The same on the clock of a condition."""
        zone = {"TENANT": self.when.zone, "UTC": "UTC", "CUSTOMER": person.row["timezone"] or self.when.zone}[clock]
        return Oracle(self.shop, replace(self.when, zone=zone), self.segments)

    def members(self, rule: Any) -> set[UUID]:
        """The customers known by now, neither merged nor gone, of whom the rule is true."""
        return {
            person.row["id"]
            for person in self.shop.people
            if self.known(person) and (rule is None or self.truth(rule, person) is True)
        }

    def known(self, person: Person) -> bool:
        """Whether the customer can be a member of anything."""
        row = person.row
        gone = row["merged_into"] or row["erased_at"] or row["deleted_at"]
        return row["registered_at"] <= self.now and gone is None

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
            return self.segment(rule, person)
        if isinstance(rule, OnList):
            return listed(self.shop, rule.segment_id, person.row["id"], self.now)
        if isinstance(rule, Rank):
            (values,) = self.listed(rule, rule.population, (rule.by,))
            return stands(rule, values, person.row["id"])
        if isinstance(rule, Rfm):
            return self.rfm(rule, person.row["id"])
        return self.seen_by(rule.clock, person).condition(rule, person)

    def segment(self, rule: Any, person: Person) -> bool:
        """Whether the customer is a member of a segment, or is none; came, or left; also of the past."""
        if rule.is_ not in ("MEMBER", "NOT_MEMBER"):
            return self.once(rule, person)
        asked: Oracle = self if rule.at is None else self.at(self.when.before(rule.at))
        person = asked.people[person.row["id"]]
        member = asked.truth(self.segments[rule.id], person) is True
        if rule.at is not None:
            member = member and asked.known(person)
        return member == (rule.is_ == "MEMBER")

    def once(self, rule: Any, person: Person) -> bool:
        """Whether the customer came into a segment in a window, or left it, or ever was in it."""
        key = (rule.id, person.row["id"], self.when.zone)
        if key not in self.shop.turns:
            self.shop.turns[key] = list(self.turns(self.segments[rule.id], person))
        turns = [(at, member) for at, member in self.shop.turns[key] if self.within(rule.window, at, person)]
        match rule.is_:
            case "EVER" | "NEVER":
                return any(member for _, member in turns) == (rule.is_ == "EVER")
        return any(member == (rule.is_ == "ENTERED") for _, member in turns)

    def turns(self, rule: Any, person: Person) -> Iterator[tuple[datetime, bool]]:
        """When the customer came and went: true and false by turns."""
        today, id_ = self.shop.today or self.shop, person.row["id"]
        these = [other for other in today.people if id_ in (other.row["id"], other.row["merged_into"])]
        alone, last = Oracle(replace(today, people=these), self.when, self.segments), False
        for at in turning(these, today.lines, self.when.zone):
            asked = alone.at(at)
            now = asked.people[id_]
            member = asked.known(now) and asked.truth(rule, now) is True
            if member != last:
                yield at, member
            last = member

    def at(self, now: datetime) -> "Oracle":
        """The same as of an instant, in the shop as it was."""
        if now not in self.earlier:
            self.earlier[now] = Oracle(then(self.shop, now), replace(self.when, now=now), self.segments)
        return self.earlier[now]

    @cached_property
    def people(self) -> dict[UUID, Person]:
        """The customers by their ids."""
        return {person.row["id"]: person for person in self.shop.people}

    def listed(self, rule: Any, population: Any, metrics: tuple[str, ...]) -> list[dict[UUID, Any]]:
        """The values of each metric of all who are in a population and have every one."""
        if rule not in self.lists:
            among = self.members(population)
            found = {
                p.row["id"]: [self.seen_by(rule.clock, p).metric(key, p, rule.window) for key in metrics]
                for p in self.shop.people
                if p.row["id"] in among
            }
            kept = {id_: values for id_, values in found.items() if None not in values}
            self.lists[rule] = [{id_: values[n] for id_, values in kept.items()} for n in range(len(metrics))]
        return self.lists[rule]

    def rfm(self, rule: Any, id_: UUID) -> Truth:
        """Whether the scores pass; who never ordered has none."""
        config = CONFIGS[UUID(rule.config.removeprefix("rfm_"))].scoring if rule.config else None
        days, orders, money = self.listed(config or rule, None, ("DAYS_SINCE_ORDER", "ORDER_COUNT", "NET_SPEND"))
        recent = {key: -value for key, value in days.items()}
        scales = (config.recency, config.frequency, config.monetary) if config else (Scale(bins=rule.bins),) * 3
        seen = [scored(values, id_, scale, sign) if id_ in values else None
                for values, scale, sign in zip((recent, orders, money), scales, (-1, 1, 1), strict=True)]  # fmt: skip
        total = None if None in seen else sum(part for part in seen if part is not None)
        asked = zip((rule.recency, rule.frequency, rule.monetary, rule.total), (*seen, total), strict=True)
        labelled = [] if rule.label_ is None else [label(config, seen, rule.label_)]
        return every([*(self.test(test, value) for test, value in asked), *labelled])

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
            case MetricIs(key, test, window):
                return self.test(test, self.metric(key, person, window))
            case Anniversary(field):
                return self.anniversary(rule, attribute(person, field))
            case Geo():
                return self.geo(rule, person.row)
            case Sample():
                return sampled(rule, person.row["id"])
            case Changed(field):
                return self.changed(rule, person, Stored(field))
            case ConsentIs():
                return self.consent(rule, person)
            case Sequence():
                return self.sequence(rule, person)
        raise TypeError(rule)


def given(one_of: Any) -> Iterator[Any]:
    """The members that are not null."""
    return (value for f in fields(one_of) if (value := getattr(one_of, f.name)) is not None)


def attribute(person: Person, key: str) -> Any:
    """A field of the customer as the value it means; null when missing."""
    if key in BUILT_IN:
        return person.row.get(BUILT_IN[key])
    return meant(person.row["attributes"].get(key), ATTRIBUTES[key][0])


class Stored:
    """How the history holds a field."""

    given = staticmethod(given)

    def __init__(self, key: str) -> None:
        self.name = BUILT_IN.get(key, key)
        self.type = {"birthDate": "DATE", "receivable": "DECIMAL"}.get(key) or ATTRIBUTES.get(key, ("TEXT",))[0]

    def read(self, value: Any) -> Any:
        """A stored value as the value it means."""
        return meant(value, self.type)


def meant(value: Any, type_: str) -> Any:
    """A value of JSON as its type means it; null when missing."""
    if value is None:
        return None
    match type_:
        case "DATE":
            return date.fromisoformat(value)
        case "DATETIME":
            return datetime.fromisoformat(value)
        case "DECIMAL":
            return Decimal(str(value))
    return value
