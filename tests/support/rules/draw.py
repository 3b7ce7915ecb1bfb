"""Random rules about the made-up shop: every connective, every condition, bounds that meet events."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.tag import Tag
from domain.feedback.conditions.feedback import FeedbackGiven
from domain.feedback.feedback import FeedbackKind, NpsBand
from domain.interactions.conditions.interactions import Interactions
from domain.interactions.interaction import Channel, Direction, InteractionType
from domain.orders.conditions.filters import OrderFilter, ProductFilter
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.orders.order import OrderStatus
from domain.rules.tests import ValueTest
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not
from domain.segments.conditions.segment import InSegment, SegmentRelation
from tests.support.rules import shop
from tests.support.rules.configs import CONFIGS
from tests.support.rules.draw_leaves import DrawLeaves

AMOUNTS = tuple(map(Decimal, ("0", "10", "50", "100", "149.99", "300", "-20")))


class Draw(DrawLeaves):
    """Draws one rule from ``seed``; ``segments`` are those it may refer to, and with them ways to score."""

    def __init__(self, seed: object, segments: Sequence[UUID] = ()) -> None:
        super().__init__(seed)
        self.segments = tuple(segments)
        self.configs = CONFIGS if segments else {}

    # trees

    def rule(self, depth: int = 3) -> Any:
        """A rule of at most so many levels of connectives."""
        if depth == 0 or self.likely(0.3):
            return self.condition()
        of = tuple(self.rule(depth - 1) for _ in range(self.chance.choice((1, 2, 2, 3))))
        connective = self.pick("all", "any", "none", "not", "least", "least")
        match connective:
            case "all":
                return All(of)
            case "any":
                return AnyOf(of)
            case "none":
                return NoneOf(of)
            case "not":
                return Not(of[0])
        return AtLeast(self.chance.randint(1, len(of)), of)

    def condition(self) -> Any:
        """A leaf."""
        makers = (self.attribute, self.attribute, self.tag, self.orders, self.orders, self.orders, self.items,
                  self.interactions, self.interactions, self.feedback, *self.leaves())  # fmt: skip
        if self.segments and self.likely(0.1):
            return self.segment()
        return self.pick(*makers)()

    def segment(self) -> InSegment:
        """Membership of a segment, now or so long ago, or whether somebody came or left."""
        id_ = self.pick(*self.segments)
        if self.likely(0.3):
            turn = self.pick(*list(SegmentRelation)[2:])
            windowed = turn in (SegmentRelation.ENTERED, SegmentRelation.LEFT)
            return InSegment(id=id_, is_=turn, **({"window": self.time_window()} if windowed else {}))
        is_ = self.pick(SegmentRelation.MEMBER, SegmentRelation.NOT_MEMBER)
        return InSegment(id=id_, is_=is_, at=self.duration() if self.likely(0.3) else None)

    def attribute(self) -> AttributeIs:
        """A field of the customer."""
        days, some = shop.Maker(0).days(), self.chance.choice
        texts = {"city": shop.CITIES, "country": shop.COUNTRIES, "industry": ("", "retail"), "kind": shop.KINDS,
                 "purchaseIntent": shop.INTENTS, "colour": ("red", "blue", "Red", "re%"), "tier": shop.TIERS,
                 "email": ("a@example.test", "b@example.test"), "displayName": ("Li", "Ann")}  # fmt: skip
        numbers = {"employees": (0, 5, 50), "receivable": ("0", "10.5", "-3", "7"), "intimacy": (0, 40, 80),
                   "latitude": ("52.52", "0"), "children": (0, 1, 2), "rating": ("1", "4.5", "0.25")}  # fmt: skip
        chosen = {"text": lambda key: ValueTest(text=self.text(texts[key], key in ("email", "kind", "purchaseIntent",
                                                                                   "tier"))),
                  "number": lambda key: ValueTest(number=self.number(numbers[key])),
                  "date": lambda key: ValueTest(date=self.day(days)),
                  "time": lambda key: ValueTest(time=self.time()),
                  "boolean": lambda key: ValueTest(boolean=self.boolean()),
                  "set": lambda key: ValueTest(set=self.set(shop.INTERESTS))}  # fmt: skip
        keys = {"text": list(texts), "number": list(numbers), "date": ["birthDate", "joined_on"],
                "time": ["registeredAt", "seen_at"], "boolean": ["member_of_club"], "set": ["interests"]}  # fmt: skip
        kind = some(("text", "text", "number", "number", "date", "date", "time", "boolean", "set"))
        key = some(keys[kind])
        return AttributeIs(key, chosen[kind](key), self.clock())

    def tag(self) -> Tag:
        """Tags."""
        return Tag(self.set(shop.TAGS))

    def orders(self) -> Orders:
        """Orders."""
        having = self.having(("net_total", "net_total", "gross_total"), ("channel", "store"), AMOUNTS)
        return Orders(having, self.order_filter(), *self.when(having))

    def items(self) -> Items:
        """Lines of orders."""
        having = self.having(("quantity", "net_amount"), ("product", "order"), (0, 1, 2, "2.5", 50, 100))
        where = self.order_filter() if self.likely(0.3) else OrderFilter()
        return Items(self.product(), having, where, *self.when(having))

    def order_filter(self) -> OrderFilter:
        """Which orders; mostly all, or by one filter."""
        wanted: dict[str, Any] = {}
        if self.likely(0.2):
            wanted["status"] = tuple(map(OrderStatus, self.some(shop.STATUSES)))
        if self.likely(0.2):
            wanted["channel"] = self.text(shop.SALES_CHANNELS)
        if self.likely(0.1):
            wanted["store"] = self.text(shop.STORES)
        if self.likely(0.1):
            wanted["net_total"] = self.number(AMOUNTS)
        if self.likely(0.1):
            wanted["currency"] = self.some(shop.CURRENCIES)
        if self.likely(0.1):
            wanted["contains_product"] = self.product()
        return OrderFilter(**wanted)

    def product(self) -> ProductFilter:
        """Which products."""
        match self.pick("ids", "skus", "path", "path", "both"):
            case "ids":
                return ProductFilter(ids=self.some(list(shop.PRODUCTS)))
            case "skus":
                return ProductFilter(skus=self.some([row["sku"] for row in shop.PRODUCTS.values()]))
            case "both":
                return ProductFilter(ids=tuple(shop.PRODUCTS)[:4], category_under=("phone",))
        return ProductFilter(category_under=self.pick(("phone",), ("phone", "case"), ("garden",), ("case",)))

    def interactions(self) -> Interactions:
        """Contacts."""
        wanted: dict[str, Any] = {}
        if self.likely(0.5):
            wanted["types"] = tuple(map(InteractionType, self.some(shop.TYPES)))
        if self.likely(0.15):
            wanted["name"] = self.pick(*shop.NAMES)
        if self.likely(0.15):
            wanted["channel"] = tuple(map(Channel, self.some(shop.CHANNELS)))
        if self.likely(0.15):
            wanted["direction"] = self.pick(*Direction)
        having = self.having((), ("type", "channel", "name"), ())
        window, clock = self.when(having)
        return Interactions(having, **wanted, window=window, clock=clock)

    def feedback(self) -> FeedbackGiven:
        """Answers."""
        wanted: dict[str, Any] = {}
        if self.likely(0.5):
            wanted["kind"] = tuple(map(FeedbackKind, self.some(("NPS", "NPS", "CSAT", "TEXT"))))
        if self.likely(0.15):
            wanted["survey_key"] = self.pick(*shop.SURVEYS)
        if self.likely(0.15):
            wanted["question_key"] = self.pick(*shop.QUESTIONS)
        if self.likely(0.2):
            wanted["score"] = self.number((0, 5, 6, 7, 9))
        if self.likely(0.2):
            wanted["band"] = tuple(map(NpsBand, self.some(tuple(NpsBand))))
        having = self.having(("score",), (), (3, 5, 7, 8, 9, 20))
        window, clock = self.when(having)
        return FeedbackGiven(having, **wanted, window=window, clock=clock)
