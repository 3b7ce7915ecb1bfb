"""Random leaves that are no aggregate: metrics, places, sequences, anniversaries, circles, samples, changes."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.consents.conditions.consent import ConsentIs
from domain.consents.consent import ConsentPurpose, ConsentStatus
from domain.customers.conditions.anniversary import Anniversary, AnniversaryWindow, LeapDayRule
from domain.customers.conditions.changed import Changed
from domain.customers.conditions.geo import Geo, GeoCircle
from domain.customers.conditions.metric import MetricIs
from domain.customers.conditions.rank import QuantileTest, Rank, RankTest
from domain.customers.conditions.sample import Sample
from domain.customers.population import TieRule
from domain.interactions.conditions.filters import InteractionFilter
from domain.interactions.interaction import Channel, InteractionType
from domain.orders.conditions.filters import OrderFilter
from domain.orders.conditions.rfm import Rfm
from domain.orders.conditions.sequence import Sequence, SequenceStep
from domain.rules.metrics import MetricKey
from domain.rules.terms import RfmTerms, rfm_named
from domain.rules.tests import ValueTest
from domain.rules.window import ALL_TIME, After, FirstN, LastN
from domain.time import Duration
from tests.support.rules import shop
from tests.support.rules.draw_tests import DrawTests
from tests.support.rules.instants import DAYS

UNTIMED = (MetricKey.RECEIVABLE, MetricKey.TENURE_DAYS)
NOT_COUNTED = (MetricKey.NET_SPEND, MetricKey.RETURN_RATE)


class DrawLeaves(DrawTests):
    """Draws leaves; ``condition`` draws any."""

    configs: Mapping[UUID, RfmTerms]

    def condition(self) -> Any:
        """A leaf, for populations."""
        raise TypeError(self)

    def leaves(self) -> tuple[Callable[[], Any], ...]:
        """What makes each of them."""
        return (self.metric, self.rank, self.rfm, self.sequence, self.changed, self.anniversary, self.geo, self.sample,
                self.consent)  # fmt: skip

    def time_window(self) -> Any:
        """A window that is not so many events, nor anchored."""
        while isinstance(window := self.window(), LastN | FirstN | After):
            continue
        return window

    def measured(self) -> tuple[MetricKey, Any]:
        """A metric and a window that it takes."""
        key, window = self.pick(*MetricKey), self.window()
        if key in UNTIMED or (key in NOT_COUNTED and isinstance(window, LastN | FirstN)):
            return key, ALL_TIME
        return key, window

    def metric(self) -> MetricIs:
        """A measure."""
        key, window = self.measured()
        days = (0, 1, 7, 14, 30, 60, 99, 200, "30.5")
        amounts = {"ORDER_COUNT": (0, 1, 2, 3), "INTERACTION_COUNT": (0, 1, 2), "NPS_LAST": (6, 7, 9),
                   "CSAT_AVG": (1, 3, 4), "RECEIVABLE": (0, "10.5"), "RETURN_RATE": (0, 50, 100)}  # fmt: skip
        money = (0, 50, 100, "149.99", 300)
        values = amounts.get(key) or (days if "DAYS" in key else money)
        return MetricIs(key, self.number(values), window, self.clock())

    def rank(self) -> Rank:
        """A place among others."""
        key, window = self.measured()
        of = self.pick(2, 4, 5, 10)
        test = self.pick(
            RankTest(top_percent=Decimal(self.pick("20", "50", "33.3", "0.5", "100"))),
            RankTest(bottom_percent=Decimal(self.pick("20", "50", "12.5"))),
            RankTest(top_n=self.pick(1, 10, 40)),
            RankTest(bottom_n=self.pick(1, 10, 40)),
            RankTest(quantile=QuantileTest(of, self.some(range(1, of + 1)))),
        )
        population = self.condition() if self.likely(0.4) else None
        return Rank(key, test, window, population, self.pick(*TieRule), self.clock())

    def rfm(self) -> Rfm:
        """Scores."""
        asked = {name: self.number((1, 2, 3, 4)) for name in self.some(("recency", "frequency", "monetary"))}
        if self.likely(0.3):
            asked = {"total": self.number((6, 8, 10, 12))}
        if self.configs and self.likely(0.5):
            return self.configured(asked)
        return Rfm(**asked, bins=self.pick(5, 5, 3, 10), window=self.time_window(), clock=self.clock())

    def configured(self, asked: dict[str, Any]) -> Rfm:
        """The same by a stored configuration, or by its labels."""
        id_ = self.pick(*self.configs)
        labels = self.some([label.key for label in self.configs[id_].scoring.labels or ()])
        if self.likely(0.6):
            asked = {"label_": labels} if self.likely(0.7) else asked | {"label_": labels}
        return Rfm(config=rfm_named(id_), **asked)

    def sequence(self) -> Sequence:
        """Two or three steps."""
        steps = [self.step(first=True)] + [self.step() for _ in range(self.pick(1, 1, 2))]
        return Sequence(tuple(steps), self.time_window(), self.clock())

    def step(self, first: bool = False) -> SequenceStep:
        """An order or a contact, or none."""
        absent = not first and self.likely(0.4)
        days = Duration(0, 86_400 * self.pick(*DAYS[:6]))
        within = None if first or (not absent and self.likely(0.3)) else self.pick(days, days, days, self.duration())
        if self.likely(0.5):
            return SequenceStep(orders=OrderFilter(), within=within, absent=absent)
        types = tuple(map(InteractionType, self.some(shop.TYPES))) if self.likely(0.5) else None
        return SequenceStep(interactions=InteractionFilter(types), within=within, absent=absent)

    def changed(self) -> Changed:
        """A field that became something."""
        fields: dict[str, Callable[[], ValueTest]] = {
            "city": lambda: ValueTest(text=self.text(shop.CITIES)),
            "purchaseIntent": lambda: ValueTest(text=self.text(shop.INTENTS, True)),
            "receivable": lambda: ValueTest(number=self.number((0, "10.5", -3))),
            "birthDate": lambda: ValueTest(date=self.day(shop.Maker(0).days())),
            "children": lambda: ValueTest(number=self.number((0, 1, 2))),
            "member_of_club": lambda: ValueTest(boolean=self.boolean()),
            "interests": lambda: ValueTest(set=self.set(shop.INTERESTS)),
        }
        key = self.pick(*fields)
        ends = {end: fields[key]() for end in ("from_", "to") if self.likely(0.4)}
        return Changed(key, **ends, window=self.window(), clock=self.clock())

    def anniversary(self) -> Anniversary:
        """A day that comes round."""
        days = Duration(0, 86_400 * self.pick(1, 7, 30, 90, 300))
        window = self.pick(
            AnniversaryWindow(in_next=self.pick(days, Duration(2))),
            AnniversaryWindow(in_last=self.pick(days, Duration(2))),
            AnniversaryWindow(today=True),
            AnniversaryWindow(in_period=self.period(-1, 1)),
        )
        field = self.pick("birthDate", "birthDate", "joined_on", "registeredAt", "seen_at")
        return Anniversary(field, window, self.pick(None, None, None, 1, 2, 10), self.clock(), self.pick(*LeapDayRule))

    def consent(self) -> ConsentIs:
        """What the customer allows."""
        channel = self.pick(None, *map(Channel, shop.CHANNELS))
        statuses = tuple(map(ConsentStatus, self.some(tuple(ConsentStatus))))
        return ConsentIs(self.pick(*map(ConsentPurpose, shop.PURPOSES)), statuses, channel)

    def geo(self) -> Geo:
        """A place."""
        circle = GeoCircle(Decimal(self.pick("52.5", "50.7", "-33")), Decimal(self.pick("13.4", "7", "-179.9")),
                           Decimal(self.pick("15", "500", "12000")))  # fmt: skip
        named = {"city": shop.CITIES, "country": shop.COUNTRIES, "region": shop.REGIONS}
        tests = {name: self.text(values) for name, values in named.items() if self.likely(0.2)}
        return Geo(within=None if tests and self.likely(0.5) else circle, **tests)

    def sample(self) -> Sample:
        """A share of the customers."""
        low, high = self.pick(("0", "50"), ("0", "10.5"), ("25", "75"), ("90", "100"), ("33.3", "33.4"))
        return Sample(self.pick("a", "盐", "", "spring 2026"), Decimal(low), Decimal(high))
