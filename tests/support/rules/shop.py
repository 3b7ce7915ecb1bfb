"""A made-up shop: customers as rows with all that happened to them, full of nulls, ties and bounds of windows."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.support.rules.instants import DAY, DAYS, NOW, NOWS, ZONES, months_before, some_instant

CITIES = ("Ulm", "Bonn", "Kiel", "ulm", "Ul%", "北京")
COUNTRIES = ("DE", "CN", "FR")
REGIONS = ("north", "NRW", "")
KINDS = ("PERSON", "HOUSEHOLD", "ORGANIZATION")
INTENTS = ("HIGH", "MEDIUM", "LOW")
TAGS = ("vip", "new", "press", "a,b", "北")
STATUSES = ("PENDING", "PAID", "FULFILLED", "CANCELLED", "RETURNED", "PARTIALLY_RETURNED")
SALES_CHANNELS = ("web", "store", "wechat")
STORES = ("north", "south")
CURRENCIES = ("EUR", "CNY")
TYPES = ("VISIT", "CALL", "CART_ADD")
CHANNELS = ("WEB", "PHONE", "EMAIL")
DIRECTIONS = ("INBOUND", "OUTBOUND")
NAMES = ("spring", "autumn")
PURPOSES = ("MARKETING", "SURVEY")
SAID = ("GRANTED", "GRANTED", "DENIED", "REVOKED", "PENDING")
SURVEYS = ("after_sale", "yearly")
QUESTIONS = ("", "q1")
# Paths that begin alike as text but not as paths.
PATHS = (("phone",), ("phone", "case"), ("phone", "case", "leather"), ("phones",), ("garden", "case"), ())
TIERS, INTERESTS = ("gold", "silver", "bronze"), ("tea", "golf", "art")
# key: type, options
ATTRIBUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "colour": ("TEXT", ()),
    "children": ("INTEGER", ()),
    "rating": ("DECIMAL", ()),
    "member_of_club": ("BOOLEAN", ()),
    "joined_on": ("DATE", ()),
    "seen_at": ("DATETIME", ()),
    "tier": ("ENUM", TIERS),
    "interests": ("MULTI_ENUM", INTERESTS),
}
# What the history holds of fields, by how it names them.
HISTORIES: dict[str, tuple[Any, ...]] = {
    "city": CITIES,
    "purchase_intent": INTENTS,
    "receivable": (0, 10.5, -3),
    "birth_date": ("1980-02-29", "2026-02-28"),
    "children": (0, 1, 2),
    "member_of_club": (True, False),
    "interests": (["tea"], ["golf", "art"], []),
}
Row = dict[str, Any]


@dataclass(slots=True)
class Person:
    """A customer's row, and the rows that name the customer.  Keys are columns."""

    row: Row
    orders: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    returns: list[Row] = field(default_factory=list)
    interactions: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)  # what its orders were before
    dropped: list[Row] = field(default_factory=list)  # lines that its orders had


@dataclass(slots=True)
class Shop:
    """All that is stored, and what else the oracle must know."""

    people: list[Person]
    products: dict[UUID, Row]
    lines: list[Row] = field(default_factory=list)  # of lists, when it has any
    today: "Shop | None" = None  # of a shop as it was: the shop as it is
    turns: dict[Any, Any] = field(default_factory=dict)  # when customers came into segments and left them, once asked


def id_of(table: int, number: int) -> UUID:
    """A fixed id, so that a failure names the same rows every time."""
    return UUID(int=0x0190 << 112 | 7 << 76 | table << 68 | 2 << 62 | number)


PRODUCTS: dict[UUID, Row] = {
    id_of(2, n): {
        "id": id_of(2, n), "sku": f"A-{n}", "name": f"Product {n}", "category_path": list(path),
        "created_at": NOW, "updated_at": NOW,
    }
    for n, path in enumerate((*PATHS, PATHS[0], PATHS[1]))
}  # fmt: skip


class Maker:
    """Makes a shop of ``seed``."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(str(seed))
        self.count = 0

    def id(self, table: int) -> UUID:
        """The next id."""
        self.count += 1
        return id_of(table, self.count)

    def maybe(self, values: Any, share: float = 0.7) -> Any:
        """One of the values, or null."""
        return self.chance.choice(values) if self.chance.random() < share else None

    def some(self, values: Any, most: int) -> list[Any]:
        """Some of the values, each once."""
        return self.chance.sample(list(values), self.chance.randint(0, min(most, len(values))))

    def money(self) -> Decimal:
        """An amount; often the same one."""
        return Decimal(self.chance.choice(("0", "10", "20", "50", "50", "100", "99.99", "0.01", "300")))

    def shop(self, people: int = 160) -> Shop:
        """A shop."""
        made = [self.person() for _ in range(people)]
        winner = made[0].row["id"]
        for person in made[1:]:
            if self.chance.random() < 0.05:
                person.row["merged_into"] = winner
            if self.chance.random() < 0.05:
                person.row["erased_at"] = some_instant(self.chance)
            if self.chance.random() < 0.05:
                person.row["deleted_at"] = some_instant(self.chance)
        return Shop(made, PRODUCTS)

    def person(self) -> Person:
        """A customer."""
        chance = self.chance
        # Some come to be known later than any question asks, some at the very instant of one.
        registered = chance.choice((NOW, NOW + timedelta(days=3), *[some_instant(chance) - timedelta(days=200)] * 18))
        row = {
            "id": self.id(1), "kind": chance.choice(KINDS), "display_name": self.maybe(("Li", "Ann")),
            "email": self.maybe(("a@example.test", "b@example.test")), "birth_date": self.maybe(self.days()),
            "city": self.maybe(CITIES), "country": self.maybe(COUNTRIES), "industry": self.maybe(("", "retail"), 0.5),
            "employees": self.maybe((0, 5, 50)), "receivable": self.maybe((Decimal(0), Decimal("10.5"), Decimal(-3))),
            "latitude": self.maybe((Decimal("52.52"), Decimal("-33.9"), Decimal("50.7")), 0.8),
            "longitude": self.maybe((Decimal("13.40"), Decimal("179.9"), Decimal("7.1")), 0.8),
            "intimacy": self.maybe((0, 40, 80)),
            "purchase_intent": self.maybe(INTENTS), "timezone": self.maybe(ZONES), "region": self.maybe(REGIONS),
            "tags": self.some(TAGS, 3), "attributes": self.attributes(),
            "registered_at": registered, "created_at": NOW, "updated_at": NOW, "merged_into": None, "erased_at": None,
            "deleted_at": None,
        }  # fmt: skip
        person = Person(row)
        for _ in range(chance.choice((0, 0, 1, 3, 6))):
            self.interaction(person)
        for _ in range(chance.choice((0, 0, 1, 2, 4, 7))):
            self.order(person)
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            self.lost_return(person)
        for _ in range(chance.choice((0, 0, 1, 2, 4))):
            self.feedback(person)
        for _ in range(chance.choice((0, 0, 1, 2, 5))):
            self.change(person)
        for _ in range(chance.choice((0, 0, 1, 3, 6))):
            self.consent(person)
        return person

    def consent(self, person: Person) -> None:
        """What was said of a purpose, often at the same instant as another; some of it ends."""
        at = some_instant(self.chance)
        ends = self.maybe([at + timedelta(days=n) for n in (1, 30, 200)], 0.5)
        person.consents.append({
            "id": self.id(10), "customer_id": person.row["id"], "purpose": self.chance.choice(PURPOSES),
            "channel": self.maybe(CHANNELS[1:], 0.5), "status": self.chance.choice(SAID), "basis": "CONSENT",
            "source": "form", "occurred_at": at, "expires_at": ends, "recorded_at": NOW, "actor": "import",
        })  # fmt: skip

    def change(self, person: Person) -> None:
        """A field that became something else."""
        name, of = self.chance.choice(list(HISTORIES.items()))
        before, after = self.maybe(of), self.maybe(of)
        person.changes.append({
            "id": self.id(9), "customer_id": person.row["id"], "field": name, "before": before, "after": after,
            "valid_from": some_instant(self.chance), "recorded_at": NOW, "actor": "import",
        })  # fmt: skip

    def days(self) -> list[date]:
        """Days: about today, a month's end, long ago."""
        near_by = (-90, -31, -30, -29, -14, -7, -1, 0, 1, 2, 7, 14, 30)
        near = [(now + timedelta(days=n)).date() for now in NOWS for n in near_by]
        rounds = [months_before(day, 12 * n) for day in near[::3] for n in (1, 2, 10)]
        return [*near, *rounds, date(2026, 2, 28), date(2025, 12, 31), date(1980, 2, 29), date(2024, 2, 29)]

    def attributes(self) -> Row:
        """Values of the tenant's own attributes; what is missing is null, and sometimes null is written."""
        values = {
            "colour": ("red", "blue", "Red", "re%"), "children": (0, 1, 2), "rating": (1, 4.5, 0.25),
            "member_of_club": (True, False), "joined_on": [day.isoformat() for day in self.days()],
            "seen_at": [some_instant(self.chance).isoformat() for _ in range(3)], "tier": TIERS,
            "interests": [self.some(INTERESTS, 3)],
        }  # fmt: skip
        kept = {key: self.maybe(of) for key, of in values.items()}
        return {key: value for key, value in kept.items() if value is not None or self.chance.random() < 0.2}

    def order(self, person: Person) -> None:
        """An order with its lines and what came back of it."""
        chance, placed = self.chance, some_instant(self.chance)
        if person.interactions and chance.random() < 0.3:
            # So long after a contact as sequences ask.
            placed = chance.choice(person.interactions)["occurred_at"] + DAY * chance.choice(DAYS[:5])
        status, currency, net = chance.choice((*STATUSES, "PAID", "PAID")), chance.choice(CURRENCIES), self.money()
        cancelled = some_instant(chance, placed) if status == "CANCELLED" else None
        id_, rate = self.id(3), 1 if currency == "EUR" else 8
        row = {
            "id": id_, "customer_id": person.row["id"], "system": "shop", "external_id": str(id_), "placed_at": placed,
            "cancelled_at": cancelled, "status": status, "currency": currency, "total": net * rate + 5,
            "discount": Decimal(5), "net_total": net * rate, "base_net": net,
            "channel": self.maybe(SALES_CHANNELS, 0.8), "store": self.maybe(STORES, 0.8), "recorded_at": NOW,
            "updated_at": NOW,
        }  # fmt: skip
        person.orders.append(row)
        for line in range(chance.choice((0, 1, 1, 2, 3))):
            self.item(person, row, line + 1)
        for _ in range(chance.choice((0, 0, 1, 2)) if status != "PENDING" else 0):
            voided = cancelled or self.maybe((some_instant(chance, placed),), 0.2)
            self.come_back(person, row, some_instant(chance, placed), voided)

    def item(self, person: Person, order: Row, line: int) -> None:
        """A line of an order."""
        amount = self.money()
        person.items.append({
            "id": self.id(4), "order_id": order["id"], "line": line, "product_id": self.chance.choice(list(PRODUCTS)),
            "quantity": Decimal(self.chance.choice(("1", "2", "0.5"))), "unit_price": amount * 8,
            "net_amount": amount * 8, "base_net": amount,
        })  # fmt: skip

    def lost_return(self, person: Person) -> None:
        """Goods that came back of an order nobody knows."""
        of = {"id": None, "channel": self.maybe(SALES_CHANNELS), "store": self.maybe(STORES)}
        self.come_back(person, of, some_instant(self.chance), self.maybe((some_instant(self.chance),), 0.2))

    def come_back(self, person: Person, order: Row, returned: datetime, voided: datetime | None) -> None:
        """Goods that came back."""
        amount, id_ = self.money(), self.id(5)
        person.returns.append({
            "id": id_, "customer_id": person.row["id"], "order_id": order["id"], "item_id": None, "product_id": None,
            "system": "shop", "external_id": str(id_), "line": 1, "quantity": Decimal(1), "currency": "EUR",
            "net_amount": amount, "base_net": amount, "channel": order["channel"], "store": order["store"],
            "returned_at": returned, "voided_at": voided, "recorded_at": NOW,
        })  # fmt: skip

    def interaction(self, person: Person) -> None:
        """A contact."""
        chance, id_ = self.chance, self.id(6)
        person.interactions.append({
            "id": id_, "customer_id": person.row["id"], "system": "crm", "external_id": str(id_),
            "type": chance.choice(TYPES), "name": self.maybe(NAMES), "channel": self.maybe(CHANNELS),
            "direction": chance.choice(DIRECTIONS), "occurred_at": some_instant(chance), "recorded_at": NOW,
        })  # fmt: skip

    def feedback(self, person: Person) -> None:
        """An answer: with a score, or with words only."""
        chance, id_ = self.chance, self.id(7)
        kind, low, high = chance.choice((("NPS", 0, 10), ("NPS", 0, 10), ("CSAT", 1, 5), ("TEXT", None, None)))
        scores = (0, 6, 7, 8, 9, 10, 6.5, 8.5) if kind == "NPS" else (1, 3, 5)
        person.feedback.append({
            "id": id_, "customer_id": person.row["id"], "system": "survey", "external_id": str(id_), "kind": kind,
            "survey_key": self.maybe(SURVEYS), "question_key": chance.choice(QUESTIONS),
            "score": None if low is None else self.maybe([Decimal(str(score)) for score in scores], 0.85),
            "scale_min": low, "scale_max": high, "submitted_at": some_instant(chance), "recorded_at": NOW,
        })  # fmt: skip
