"""The made-up shop's segments: one alone, one that refers to it, one that refers to both."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.tag import Tag
from domain.orders.conditions.orders import Orders
from domain.rules.aggregate import AggregateTest, FieldNumberTest
from domain.rules.tests import NumberTest, SetTest, TextTest, ValueTest
from domain.rules.tree import All, AnyOf, AtLeast, Not
from domain.rules.window import Last
from domain.segments.conditions.segment import InSegment, SegmentRelation
from domain.time import Duration
from tests.support.rules.shop import id_of

ALONE, OUTSIDE, NESTED = (id_of(8, number) for number in (1, 2, 3))
NOT_IN_ULM = AttributeIs("city", ValueTest(text=TextTest(ne="Ulm")))
SPENT = Orders(AggregateTest(sum=FieldNumberTest("net_total", NumberTest(gt=Decimal(20)))), window=Last(Duration(6, 0)))
# UNKNOWN of whoever has no city: such a customer is no member, and so outside.
SEGMENTS: dict[UUID, tuple[str, Any]] = {
    ALONE: ("alone", All((NOT_IN_ULM, Not(Tag(SetTest(has_any=("press",))))))),
    OUTSIDE: ("outside", AnyOf((InSegment(id=ALONE, is_=SegmentRelation.NOT_MEMBER), SPENT))),
    NESTED: ("nested", AtLeast(2, (InSegment(id=ALONE), Not(InSegment(id=OUTSIDE)), SPENT))),
}
