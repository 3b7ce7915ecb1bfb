"""A demo merchant's customers, orders, returns, contacts and answers, drawn from a seed.

Each customer is drawn as one of five types whose place in the demo's segments is certain by construction, so the
generator knows the true answers (``Truth``) before any SQL has run.  All instants lie before ``anchor``, and the
types hold for four days after it.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from api.demo.merchants import Merchant

CUSTOMERS = 5_200
SYSTEM = "demo"
# type → share of the customers, in per cent
TYPES = {"regular": 18, "occasional": 30, "fading": 22, "new": 8, "prospect": 22}
TAGS = ("newsletter", "vip", "wholesale", "gift-buyer")
# type → the latest answers were given within so many days
ANSWERED = {"regular": 90.0, "occasional": 170.0, "fading": 380.0, "new": 15.0}
CONTACTS = (("VISIT", "IN_PERSON", "INBOUND"), ("CALL", "PHONE", "OUTBOUND"), ("PRODUCT_VIEW", "WEB", "INBOUND"))
Record = dict[str, Any]


@dataclass(slots=True)
class Truth:
    """What the demo must answer, counted while it was drawn."""

    types: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    orders: int = 0  # not cancelled
    cancelled: int = 0
    gross: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    nps: Counter[str] = field(default_factory=Counter)  # band → customers, by their latest answer
    csat: Counter[int] = field(default_factory=Counter)  # score → answers, all of them


@dataclass(slots=True)
class Drawn:
    """A merchant's records by kind, ready for the import, and the truth about them."""

    customers: list[Record] = field(default_factory=list)
    products: list[Record] = field(default_factory=list)
    orders: list[Record] = field(default_factory=list)
    interactions: list[Record] = field(default_factory=list)
    feedback: list[Record] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)


def draw(merchant: Merchant, anchor: datetime, customers: int = CUSTOMERS) -> Drawn:
    """All records of ``merchant`` as of ``anchor``; the same seed and anchor give the same records."""
    return _Draw(merchant, anchor).all(customers)


class _Draw:
    def __init__(self, merchant: Merchant, anchor: datetime) -> None:
        self.merchant, self.anchor = merchant, anchor
        self.random = Random(merchant.seed)
        self.drawn = Drawn()
        self.number = Counter[str]()

    def all(self, customers: int) -> Drawn:
        for sku, name, path, _ in self.merchant.products:
            self.drawn.products.append({"sku": sku, "name": name, "category_path": path.split("/")})
        types = self.random.choices(list(TYPES), list(TYPES.values()), k=customers)
        for number, type_ in enumerate(types, 1):
            self.customer(number, type_)
        return self.drawn

    def ago(self, longest: float, shortest: float) -> datetime:
        """An instant between so many days before the anchor, to the second."""
        days = self.random.uniform(shortest, longest)
        return self.anchor - timedelta(seconds=round(days * 86_400))

    def next_id(self, kind: str) -> str:
        self.number[kind] += 1
        return f"{kind}-{self.number[kind]:06d}"

    def customer(self, number: int, type_: str) -> None:
        choose, merchant = self.random.choice, self.merchant
        country, region, city, calling = choose(merchant.cities)
        registered = self.ago(25, 21) if type_ == "new" else self.ago(1000, 720)
        ref = f"C-{number:05d}"
        self.drawn.customers.append(
            {
                "external_id": ref,
                "kind": "PERSON",
                "display_name": merchant.full_name(choose(merchant.family_names), choose(merchant.given_names)),
                "email": f"{merchant.slug}.{number}@example.com" if self.random.random() < 0.7 else None,
                # 000 is no operator's: nobody is reachable under these.
                "phone": f"{calling}100000{number:05d}" if calling == "+86" else None,
                "gender": choose(("FEMALE", "MALE", "FEMALE", "MALE", "UNDISCLOSED", None)),
                "birth_date": self.birth_date(),
                "country": country,
                "region": region,
                "city": city,
                "store": choose(merchant.stores) if self.random.random() < 0.6 else None,
                "source": choose(("walk-in", "referral", "advert", "fair")),
                "purchase_intent": choose(("HIGH", "MEDIUM", "LOW", None)),
                "tags": sorted({choose(TAGS) for _ in range(2)}) if number % 3 == 0 else [],
                "attributes.level": choose(merchant.levels) if type_ != "prospect" else merchant.levels[0],
                "attributes.interests": sorted(
                    {choose(merchant.interests) for _ in range(self.random.choice((0, 1, 2)))}
                ),
                "registered_at": registered.isoformat(),
            }
        )
        self.drawn.truth.types[type_] += 1
        self.drawn.truth.levels[self.drawn.customers[-1]["attributes.level"]] += 1
        for placed in self.order_times(type_):
            self.order(ref, placed)
        self.contacts(ref, type_)
        self.answers(ref, type_)

    def birth_date(self) -> str:
        number = self.random.randint
        return f"{number(1945, 2006)}-{number(1, 12):02d}-{number(1, 28):02d}"

    def order_times(self, type_: str) -> list[datetime]:
        number, times = self.random.randint, []
        match type_:
            case "regular":
                times = [self.ago(25, 1), *(self.ago(350, 1) for _ in range(number(4, 9)))]
            case "occasional":
                times = [self.ago(170, 40) for _ in range(number(1, 3))]
            case "fading":
                times = [self.ago(700, 200) for _ in range(number(1, 6))]
            case "new":
                times = [self.ago(20, 1)]
        return sorted(times)

    def order(self, customer: str, placed: datetime) -> None:
        """One order that counts; now and then another one that was cancelled, or a line that came back."""
        lines = self.lines(customer, placed)
        worth = sum((line["quantity"] * line["unit_price"] for line in lines), Decimal(0))
        self.drawn.truth.orders += 1
        self.drawn.truth.gross += worth
        if self.random.random() < 0.06:
            self.give_back(lines[0], placed)
        if self.random.random() < 0.04:
            self.drawn.truth.cancelled += 1
            self.lines(customer, placed, cancelled_at=placed + timedelta(hours=3))

    def lines(self, customer: str, placed: datetime, cancelled_at: datetime | None = None) -> list[Record]:
        order, status = self.next_id("O"), self.random.choice(("PAID", "FULFILLED", "FULFILLED"))
        channel = self.random.choice(self.merchant.channels)
        store = self.random.choice(self.merchant.stores) if channel == "store" else None
        made = []
        for sku, _, _, price in self.random.sample(self.merchant.products, self.random.choice((1, 1, 2, 3))):
            made.append(
                {
                    "order": order,
                    "customer": customer,
                    "placed_at": placed.isoformat(),
                    "status": "CANCELLED" if cancelled_at else status,
                    "cancelled_at": cancelled_at and cancelled_at.isoformat(),
                    "channel": channel,
                    "store": store,
                    "sku": sku,
                    "quantity": Decimal(self.random.choice((1, 1, 1, 2, 3))),
                    "unit_price": Decimal(price),
                }
            )
        self.drawn.orders += made
        return made

    def give_back(self, line: Record, placed: datetime) -> None:
        latest = (self.anchor - placed).total_seconds()
        returned = placed + timedelta(seconds=round(self.random.uniform(0.2, 0.9) * min(latest, 20 * 86_400)))
        self.drawn.truth.returned += line["quantity"] * line["unit_price"]
        self.drawn.orders.append(
            {
                **line,
                "order": self.next_id("R"),
                "placed_at": returned.isoformat(),
                "quantity": -line["quantity"],
            }
        )

    def contacts(self, customer: str, type_: str) -> None:
        latest = {"regular": 30.0, "new": 20.0}.get(type_, 400.0)
        for _ in range(self.random.choice((0, 1, 1, 2, 4))):
            kind, channel, direction = self.random.choice(CONTACTS)
            self.drawn.interactions.append(
                {
                    "external_id": self.next_id("I"),
                    "customer": customer,
                    "type": kind,
                    "channel": channel,
                    "direction": direction,
                    "occurred_at": self.ago(latest, 0.1).isoformat(),
                }
            )

    def answers(self, customer: str, type_: str) -> None:
        if type_ == "prospect" or self.random.random() > 0.4:
            return
        mood = {"regular": 9.2, "new": 8.4, "occasional": 8.0, "fading": 6.4}[type_]
        days, scores = ANSWERED[type_], [min(10, max(0, round(self.random.gauss(mood, 1.6)))) for _ in range(2)]
        if type_ != "new" and self.random.random() < 0.33:
            self.answer(customer, "NPS", scores[0], days + 200, days)
        latest = self.answer(customer, "NPS", scores[1], days, 0.1)
        band = "promoters" if latest >= 9 else "detractors" if latest <= 6 else "passives"
        self.drawn.truth.nps[band] += 1
        if self.random.random() < 0.5:
            score = self.answer(customer, "CSAT", min(5, max(1, round(self.random.gauss(mood / 2, 0.9)))), days, 0.1)
            self.drawn.truth.csat[score] += 1

    def answer(self, customer: str, kind: str, score: int, longest: float, shortest: float) -> int:
        """Draw one answer, given between so many days before the anchor."""
        words = self.merchant.praise if score >= (9 if kind == "NPS" else 4) else self.merchant.complaints
        self.drawn.feedback.append(
            {
                "external_id": self.next_id("F"),
                "customer": customer,
                "survey_key": "relationship" if kind == "NPS" else "after_purchase",
                "kind": kind,
                "score": Decimal(score),
                "comment": self.random.choice(words) if self.random.random() < 0.3 else None,
                "channel": "WEB",
                "submitted_at": self.ago(longest, shortest).isoformat(),
            }
        )
        return score
