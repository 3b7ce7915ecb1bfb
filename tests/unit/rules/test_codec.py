"""A rule, its JSON and the GraphQL input of that JSON are the same rule."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import coerce_input_value

from api.graph.inputs import Converter
from api.schema import core_schema
from api.scopes import Scope
from api.views import view
from domain.customers.conditions.attribute import AttributeIs
from domain.orders.conditions.filters import OrderFilter, ProductFilter
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.orders.order import OrderStatus
from domain.rules.aggregate import AggregateTest, FieldNumberTest, FieldTest
from domain.rules.codec import decode, encode, read
from domain.rules.shape import IdOf, members
from domain.rules.terms import AttributeTerms, SegmentTerms, Terms
from domain.rules.tests import DateTest, NumberTest, TextTest, ValueTest
from domain.rules.tree import All, AtLeast, Not, Rule
from domain.rules.window import Ago, Between, Last
from domain.segments.conditions.segment import InSegment, SegmentRelation
from domain.time import Duration
from domain.vocabulary import CONDITIONS
from tests.support.rules.configs import CONFIGS
from tests.support.rules.draw import Draw
from tests.support.rules.segments import SEGMENTS, SPENT
from tests.support.rules.shop import ATTRIBUTES

VIP = UUID("01900000-0000-7000-8000-00000000aaaa")
TERMS = Terms(
    attributes={key: AttributeTerms(type_, options) for key, (type_, options) in ATTRIBUTES.items()},
    segments={id_: SegmentTerms(key, rule) for id_, (key, rule) in (SEGMENTS | {VIP: ("vip", SPENT)}).items()},
    rfm=CONFIGS,
    vocabulary=CONDITIONS,
)
PHONE = UUID("01900000-0000-7000-8000-000000000001")
WRITTEN: list[tuple[Rule, dict[str, Any]]] = [
    (
        Orders(AggregateTest(sum=FieldNumberTest("net_total", NumberTest(gt=Decimal("5000.50"))))),
        {"orders": {"having": {"sum": {"field": "netTotal", "test": {"gt": "5000.50"}}}}},
    ),
    (
        All((AttributeIs("city", ValueTest(text=TextTest(in_=("Ulm", "乌尔姆")))), Not(InSegment(id=PHONE)))),
        {
            "all": [
                {"attribute": {"key": "city", "test": {"text": {"in": ["Ulm", "乌尔姆"]}}}},
                {"not": {"segment": {"id": f"seg_{PHONE.hex}"}}},
            ]
        },
    ),
    (
        Items(
            ProductFilter(ids=(PHONE,), category_under=("phone", "case")),
            AggregateTest(distinct=FieldTest("order", NumberTest(gte=Decimal(2)))),
            OrderFilter(status=(OrderStatus.PAID,)),
            Ago(Duration(24), Duration(18)),
        ),
        {
            "items": {
                "product": {"ids": [f"prd_{PHONE.hex}"], "categoryUnder": ["phone", "case"]},
                "having": {"distinct": {"field": "order", "test": {"gte": "2"}}},
                "order": {"status": ["PAID"]},
                "window": {"ago": {"from": "P2Y", "to": "P1Y6M"}},
            }
        },
    ),
    (
        AtLeast(
            1,
            (
                Orders(AggregateTest(exists=True), window=Last(Duration(1, 86_401))),
                Orders(
                    AggregateTest(exists=False),
                    window=Between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)),
                ),
                AttributeIs("birthDate", ValueTest(date=DateTest(in_last=Duration(0, 7 * 86_400)))),
                InSegment(key="vip", is_=SegmentRelation.NOT_MEMBER, at=Duration(1, 0)),
            ),
        ),
        {
            "atLeast": {
                "k": 1,
                "of": [
                    {"orders": {"having": {"exists": True}, "window": {"last": "P1M1DT1S"}}},
                    {
                        "orders": {
                            "having": {"exists": False},
                            "window": {
                                "between": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T03:04:05.000678Z"}
                            },
                        }
                    },
                    {"attribute": {"key": "birthDate", "test": {"date": {"inLast": "P7D"}}}},
                    {"segment": {"key": "vip", "is": "NOT_MEMBER", "at": "P1M"}},
                ],
            }
        },
    ),
]


class Request:
    """What a conversion reads of a request."""

    stored = TERMS
    scopes = frozenset(Scope)


@pytest.mark.parametrize(("rule", "json"), WRITTEN)
def test_a_rule_is_written_without_its_defaults_and_reads_back(rule: Rule, json: Any) -> None:
    assert encode(rule) == json
    assert read(orjson.loads(orjson.dumps(json)), CONDITIONS) == rule


def test_the_stored_json_of_any_rule_is_its_graphql_input() -> None:
    input_type = core_schema().type_map["RuleInput"]
    for number in range(500):
        rule = Draw(f"codec:{number}", sorted(SEGMENTS)).rule()
        json = orjson.loads(orjson.dumps(encode(rule)))
        assert decode(json, terms=TERMS, vocabulary=CONDITIONS) == rule
        coerced = coerce_input_value(json, input_type)  # type: ignore[arg-type]
        assert Converter(view, {}, None).value("rule", Rule, coerced, Request()) == rule  # type: ignore[arg-type]


def test_every_json_block_of_the_documentation_is_a_rule() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        assert encode(decode(orjson.loads(block), terms=TERMS, vocabulary=CONDITIONS))


def test_a_key_of_a_segment_is_stored_as_its_id() -> None:
    id_, (key, _) = next(iter(SEGMENTS.items()))
    assert decode({"not": {"segment": {"key": key}}}, terms=TERMS, vocabulary=CONDITIONS) == Not(InSegment(id=id_))


def test_ids_in_json_have_the_prefixes_of_the_api() -> None:
    said = {
        (member.of.type, member.of.prefix)
        for of in (*CONDITIONS, ProductFilter)
        for member in members(of)
        if isinstance(member.of, IdOf)
    }
    assert said == {(kind, view.prefix[kind]) for kind in ("Product", "Segment")}
