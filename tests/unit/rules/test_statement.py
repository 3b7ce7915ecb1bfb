"""The SQL of a rule: one statement whose text depends on its form only, never on the values in it."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import DateTime, Text, bindparam

from api.graph.sql import compiled
from domain.customers.conditions.attribute import AttributeIs
from domain.interactions.conditions.interactions import Interactions
from domain.interactions.interaction import InteractionType
from domain.orders.conditions.orders import Orders
from domain.rules.aggregate import AggregateTest, FieldNumberTest
from domain.rules.terms import AttributeTerms, Terms
from domain.rules.tests import NumberTest, TextTest, ValueTest
from domain.rules.tree import All, AnyOf, AtLeast, Not, Rule
from domain.rules.window import Last
from domain.segments.members import member_count, member_ids, members
from domain.time import Clock, Duration
from domain.vocabulary import CONDITIONS
from tests.support.rules.draw import Draw

TERMS = Terms(vocabulary=CONDITIONS)
CLOCK = Clock(now=datetime(2026, 1, 15, tzinfo=UTC), zone="Europe/Berlin")
BOUND = Clock(now=bindparam("now", type_=DateTime(timezone=True)), zone=bindparam("zone", type_=Text()))
MONTH = Last(Duration(0, 30 * 86_400))


def city(*names: str) -> AttributeIs:
    return AttributeIs("city", ValueTest(text=TextTest(in_=names)))


def spent(more: int) -> Orders:
    return Orders(AggregateTest(sum=FieldNumberTest("gross_total", NumberTest(gt=Decimal(more)))), window=MONTH)


def visited(having: AggregateTest) -> Interactions:
    return Interactions(having, types=(InteractionType.VISIT,), window=MONTH)


def text(rule: Rule, clock: Clock = CLOCK) -> str:
    return compiled(member_count(rule, terms=TERMS, clock=clock))[0]


def test_the_same_rule_is_the_same_statement() -> None:
    for number in range(100):
        first, again = (
            member_ids(Draw(f"same:{number}").rule(), terms=TERMS, clock=BOUND)._generate_cache_key() for _ in range(2)
        )
        assert first is not None
        assert again is not None
        assert first.key == again.key


def test_values_and_lengths_of_lists_change_nothing_but_parameters() -> None:
    assert text(All((city("Ulm"), spent(1)))) == text(All((city("Bonn", "Kiel", "Jena"), spent(2))))
    assert len(compiled(members(city(*map(str, range(9_999))), terms=TERMS, clock=CLOCK))[1]) == 2


def test_a_clock_of_parameters_is_one_of_values() -> None:
    for number in range(50):
        rule = Draw(f"clock:{number}").rule()
        assert text(rule).count("$") == text(rule, BOUND).count("$")


def test_a_source_is_scanned_once_for_all_that_is_asked_of_it() -> None:
    made = text(All((spent(1), Not(spent(2)), Orders(AggregateTest(count=NumberTest(gte=Decimal(3)))))))
    assert made.count("LATERAL") == made.count("FROM orders") == 1


def test_whether_there_is_any_event_needs_no_scan() -> None:
    for having in (AggregateTest(exists=False), AggregateTest(count=NumberTest(eq=Decimal(0)))):
        made = text(visited(having))
        assert "NOT (EXISTS" in made
        assert "LATERAL" not in made


def test_a_scan_is_only_made_for_candidates() -> None:
    made = text(AnyOf((All((city("Ulm"), spent(1))), All((city("Bonn"), visited(AggregateTest(exists=True)))))))
    outside = made.rpartition("WHERE (member.registered_at")[2]
    before_the_rule = outside.split("of_orders")[0]
    assert before_the_rule.count("member.city") == 3  # (Ulm or Bonn), and then Ulm with the sum


def test_who_is_a_member_anyway_is_not_scanned() -> None:
    assert "NOT coalesce(member.city" in text(AnyOf((city("Ulm"), spent(1))))
    assert "NOT coalesce" not in text(AtLeast(2, (city("Ulm"), spent(1))))


def test_a_value_of_an_attribute_is_sought_by_the_index_where_only_true_counts() -> None:
    terms = Terms(attributes={"tier": AttributeTerms("ENUM", ("gold", "silver"))}, vocabulary=CONDITIONS)
    gold = AttributeIs("tier", ValueTest(text=TextTest(eq="gold")))
    either = AttributeIs("tier", ValueTest(text=TextTest(in_=("gold", "silver"))))
    for rule, contained, read in ((gold, 1, 0), (either, 2, 0), (Not(gold), 0, 1)):
        made, _ = compiled(member_count(rule, terms=terms, clock=CLOCK))
        assert (made.count("@>"), made.count("->>")) == (contained, read)
