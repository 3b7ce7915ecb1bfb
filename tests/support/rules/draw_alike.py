"""Random rules whose conditions are about the same few things: they contradict, imply and repeat one another."""

from decimal import Decimal
from typing import Any

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.geo import Geo
from domain.customers.conditions.metric import MetricIs
from domain.customers.conditions.rank import Rank, RankTest
from domain.customers.conditions.sample import Sample
from domain.customers.conditions.tag import Tag
from domain.orders.conditions.filters import OrderFilter
from domain.orders.conditions.orders import Orders
from domain.orders.conditions.rfm import Rfm
from domain.rules.aggregate import AggregateTest, FieldNumberTest, FieldTest
from domain.rules.durations import DurationTest, OnEmpty
from domain.rules.metrics import MetricKey
from domain.rules.tests import BooleanTest, NumberTest, SetTest, TextTest, TimeTest, ValueTest
from domain.rules.window import ALL_TIME, Ago, Last, LastN
from domain.time import Duration
from tests.support.rules import shop
from tests.support.rules.draw import Draw
from tests.support.rules.draw_tests import COMPARING

DAY_S = 86_400
WINDOWS = (ALL_TIME, ALL_TIME, Last(Duration(0, 30 * DAY_S)), Last(Duration(0, 90 * DAY_S)), Last(Duration(6, 0)),
           Ago(Duration(0, 30 * DAY_S), Duration(0, 7 * DAY_S)), LastN(2))  # fmt: skip


class DrawAlike(Draw):
    """Draws one rule from ``seed``."""

    def condition(self) -> Any:
        """One of a few."""
        if self.segments and self.likely(0.08):
            return super().condition()
        return self.pick(self.field, self.field, self.events, self.events, self.events, self.labels, self.others)()

    def field(self) -> Any:
        """The city, the region, the number of employees, the club, when somebody registered or was born."""
        match self.pick("city", "city", "region", "employees", "employees", "club", "registered", "born"):
            case "city":
                return AttributeIs("city", ValueTest(text=self.named(shop.CITIES)))
            case "region":
                return Geo(city=self.named(shop.CITIES))
            case "employees":
                return AttributeIs("employees", ValueTest(number=self.amount((0, 5, 50))))
            case "club":
                return AttributeIs("member_of_club", ValueTest(boolean=self.pick(
                    BooleanTest(eq=True), BooleanTest(eq=False), BooleanTest(is_null=True))))  # fmt: skip
            case "registered":
                return AttributeIs("registeredAt", ValueTest(time=self.time()))
        return AttributeIs("birthDate", ValueTest(date=self.day(shop.Maker(0).days()[:3])))

    def named(self, values: Any) -> TextTest:
        """A test of a text."""
        value = self.pick(*values[:3])
        match self.pick("eq", "eq", "ne", "in_", "not_in", "is_null", "starts_with", "contains"):
            case "in_" as name:
                return TextTest(in_=self.some(values[:3]))
            case "not_in" as name:
                return TextTest(not_in=self.some(values[:3]))
            case "is_null":
                return TextTest(is_null=self.likely(0.5))
            case "starts_with" | "contains" as name:
                return TextTest(**{name: value[:2] or "a"})
            case name:
                return TextTest(**{name: value})

    def amount(self, values: Any) -> NumberTest:
        """A test of a number."""
        if self.likely(0.08):
            return NumberTest(is_null=self.likely(0.5))
        return NumberTest(**{self.pick(*COMPARING): Decimal(self.pick(*values))})

    def events(self) -> Any:
        """How many orders, how much, how long ago."""
        where = OrderFilter(channel=TextTest(eq=shop.SALES_CHANNELS[0])) if self.likely(0.3) else OrderFilter()
        window = self.pick(*WINDOWS)
        length = Duration(0, self.pick(7, 30, 90) * DAY_S)
        empty = self.pick(*OnEmpty)
        match self.pick("exists", "exists", "count", "count", "distinct", "sum", "avg", "recency", "last", "metric"):
            case "exists":
                having = AggregateTest(exists=self.likely(0.5))
            case "count":
                having = AggregateTest(count=NumberTest(**{self.pick(*COMPARING): Decimal(self.pick(0, 1, 2, 3))}))
            case "distinct":
                having = AggregateTest(distinct=FieldTest("channel", self.amount((0, 1, 2))))
            case "sum":
                having = AggregateTest(sum=FieldNumberTest("gross_total", self.amount((0, 50, 100))))
            case "avg":
                having = AggregateTest(avg=FieldNumberTest("gross_total", self.amount((0, 50, 100)), empty))
            case "recency":
                having = AggregateTest(
                    recency=DurationTest(**{self.pick("gt", "gte", "lt", "lte"): length}, on_empty=empty)
                )
            case "last":
                having = AggregateTest(last=TimeTest(in_last=length))
            case _:
                if isinstance(window, LastN):
                    window = ALL_TIME
                return MetricIs(MetricKey.ORDER_COUNT, self.amount((0, 1, 2, 3)), window)
        return Orders(having, where, window)

    def labels(self) -> Tag:
        """Tags."""
        name = self.pick("has_any", "has_all", "has_none", "is_empty")
        return Tag(SetTest(**{name: self.likely(0.5) if name == "is_empty" else self.some(shop.TAGS[:3])}))

    def others(self) -> Any:
        """Samples, places and scores."""
        match self.pick("sample", "rank", "rank", "rfm"):
            case "sample":
                low, high = sorted(self.chance.sample((0, 10, 30, 60, 100), 2))
                return Sample("a", Decimal(low), Decimal(high))
            case "rank":
                name = self.pick("top_percent", "top_n")
                most = self.pick(Decimal(10), Decimal(50), Decimal(100)) if name == "top_percent" else self.pick(3, 30)
                return Rank(MetricKey.ORDER_COUNT, RankTest(**{name: most}))
        return Rfm(recency=self.amount((1, 3, 5)) if self.likely(0.5) else None, total=self.amount((3, 9, 15)))
