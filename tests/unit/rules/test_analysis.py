"""What is said of a rule without data: of what is of no use in it, what it reads, and how it is drawn."""

import time
from itertools import pairwise
from typing import Any

import pytest

from domain.rules.analysis.faults import RuleWarningKind as Kind
from domain.rules.analysis.nodes import all_nodes, drawn
from domain.rules.analysis.report import RuleAnalysis
from domain.rules.text.parser import parse
from domain.rules.tree import All, AnyOf, Not
from tests.support.rules.texts import TERMS

FAULTS: dict[str, list[tuple[str, Kind, str | None]]] = {
    'city = "Ulm" and city = "Bonn"': [("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    'city = "Ulm" and geo(city = "Bonn")': [("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    'city = "Ulm" and city starts with "B"': [("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "orders.count over last 30 days >= 3 and no orders over last 30 days": [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "exists orders over last 30 days and no orders over last 1 year": [],
    "exists orders over last 30 days and no orders over last 90 days": [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    'exists orders(channel = "web") and no orders': [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "metric order_count < 2 and orders.count >= 2": [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "no orders and orders.recency > 3 days": [("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "orders.last in last 30 days and orders.recency > 60 days": [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "orders.count > 2 and orders.count < 3": [("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "orders.avg(net_total) > 2 and orders.avg(net_total) < 3": [],
    "orders.count > 5 or orders.count <= 5": [("rule", Kind.ALWAYS_TRUE, None)],
    "employees > 5 or employees <= 5": [],  # not of whoever has none
    "(employees > 5 or employees <= 5) and no orders": [],  # the same
    "employees > 5 or employees <= 5 or employees is null": [("rule", Kind.ALWAYS_TRUE, None)],
    'tag has any ("vip") or tag has none ("vip")': [("rule", Kind.ALWAYS_TRUE, None)],
    'tag is empty and tag has any ("vip")': [("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    "orders.count >= 0": [("rule", Kind.ALWAYS_TRUE, None)],
    "employees > 5 and no orders and employees > 5": [("all.2", Kind.REDUNDANT, "all.0")],
    "employees > 5 and no orders and employees > 3": [("all.2", Kind.REDUNDANT, "all.0")],
    "employees > 5 and employees is not null": [("all.1", Kind.REDUNDANT, "all.0")],
    "not (employees > 5 and employees is not null)": [],  # UNKNOWN and false are not the same there
    "employees > 3 or no orders or employees > 5": [("any.2", Kind.SHADOWED, "any.0")],
    "none of (employees > 3, no orders, employees > 5)": [("none.2", Kind.SHADOWED, "none.0")],
    "exists orders over last 30 days or exists orders over last 90 days": [("any.0", Kind.SHADOWED, "any.1")],
    "top 10 % by net_spend and top 20 % by net_spend": [("all.1", Kind.REDUNDANT, "all.0")],
    'sample("a") from 0 % to 10 % and sample("a") from 10 % to 20 %': [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    'sample("a") from 0 % to 10 % and sample("b") from 10 % to 20 %': [],
    "rfm(total > 15)": [("rule", Kind.NEVER_TRUE, None)],
    'in segment "vip" and not in segment "vip"': [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    'in segment "vip" or tag has any ("nobody")': [("rule", Kind.ALWAYS_TRUE, None)],
    'city = "Ulm" and (no orders or (employees > 3 and employees < 2))': [
        ("all.1.any.1", Kind.NEVER_TRUE, None), ("all.1.any.1.all.1", Kind.CONTRADICTS, "all.1.any.1.all.0")],
    'at least 2 of (city = "Ulm", city = "Bonn", city = "Jena")': [("rule", Kind.NEVER_TRUE, None)],
    "joined_on < 1990-01-01 and joined_on > 1989-12-31": [
        ("rule", Kind.NEVER_TRUE, None), ("all.1", Kind.CONTRADICTS, "all.0")],
    'top 5 by order_count among (city = "Ulm" and city = "Bonn")': [
        ("rank.population", Kind.NEVER_TRUE, None),
        ("rank.population.all.1", Kind.CONTRADICTS, "rank.population.all.0")],
    'email = "a@example.test"': [("rule", Kind.USES_SENSITIVE_DATA, None)],
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_of_no_use_is_found_with_its_place(text: str) -> None:
    found = RuleAnalysis(parse(text, TERMS), TERMS).warnings
    assert sorted((each.node_id, each.kind, each.other_id) for each in found) == sorted(
        FAULTS[text], key=lambda fault: (fault[0], fault[1])
    )
    for each in found:
        assert each.message() != each.message("zh")


def test_a_warning_names_what_it_is_about_in_both_languages() -> None:
    (_, found) = RuleAnalysis(parse("exists orders and no orders", TERMS), TERMS).warnings
    assert found.message() == "This and “exists orders” cannot hold of the same customer."
    assert found.message("zh-CN") == "此条件与“存在 订单”不可能同时符合。"


def test_what_a_rule_is_made_of_is_told() -> None:
    text = 'all of (city = "Ulm", orders(channel = "web").sum(net_total) over last 1 year > 5, in segment "vip")'
    found = RuleAnalysis(parse(text, TERMS), TERMS)
    assert (found.nodes, found.depth, found.uses_time, found.uses_population) == (4, 2, True, False)
    assert {"city", "orders.netTotal", "orders.channel", "tags"} <= set(found.fields)
    cheap = RuleAnalysis(parse('city = "Ulm"', TERMS), TERMS)
    assert (cheap.uses_time, cheap.estimated_cost) == (False, 1)
    assert found.estimated_cost > 10


@pytest.mark.parametrize(
    ("text", "timely", "compares"),
    [
        ("metric days_since_order > 3", True, False),
        ("metric order_count > 3", False, False),
        ("anniversary(birth_date) today", True, False),
        ("rfm(recency = 5)", True, True),
        ("top 10 by order_count", False, True),
        ("top 10 by order_count among (birth_date in last 30 days)", True, True),
        ("orders.count over this month > 3", True, False),
        ("orders.count over from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z > 3", False, False),
    ],
)
def test_it_is_told_whether_time_or_others_change_who_is_a_member(text: str, timely: bool, compares: bool) -> None:
    found = RuleAnalysis(parse(text, TERMS), TERMS)
    assert (found.uses_time, found.uses_population) == (timely, compares)


def test_a_rule_is_drawn_with_the_places_of_issues() -> None:
    text = 'city in ("Ulm", "Bonn") and not (orders.sum(net_total) over last 1 year > 5 or in segment "vip")'
    nodes = list(all_nodes(drawn(parse(text, TERMS), TERMS)))
    assert [(node.id, node.parent_id, node.kind, node.depth) for node in nodes] == [
        ("rule", None, "all", 0),
        ("all.0", "rule", "attribute", 1),
        ("all.1", "rule", "not", 1),
        ("all.1.not", "all.1", "any", 2),
        ("all.1.not.any.0", "all.1.not", "orders", 3),
        ("all.1.not.any.1", "all.1.not", "segment", 3),
    ]
    city, orders, segment = nodes[1], nodes[4], nodes[5]
    assert (city.field, city.operator, city.values, city.window()) == ("city", "in", ["Ulm", "Bonn"], None)
    assert (orders.field, orders.aggregate, orders.operator, orders.values) == ("netTotal", "sum", "gt", ["5"])
    assert (orders.window(), orders.window("zh")) == ("over last 1 year", "于 近 1 年")
    assert segment.segment_id in TERMS.segments
    assert [node.label("zh") for node in nodes[:2]] == ["以下全部成立", "城市为“Ulm”、“Bonn”之一"]
    assert orders.text() == "orders.sum(net_total) over last 1 year > 5"


def large(width: int) -> Any:
    """As many subjects as there can be, none of which decides."""
    some = [parse(f"orders(net_total > {n}).count > {n}", TERMS) for n in range(width)]
    return AnyOf(tuple(All((each, Not(other))) for each, other in pairwise(some)))


WINDOWS = " and ".join(f"orders.count over last {n} days > {n % 7}" for n in range(1, 190))
TEXTS = " or ".join('city in ("' + '", "'.join(f"c{m}" for m in range(n, n + 50)) + '")' for n in range(150))
HOSTILE = {
    "many": large(60), "nested": All((large(30), Not(large(30)))), "windows": parse(WINDOWS, TERMS),
    "texts": parse(TEXTS, TERMS),
}  # fmt: skip


@pytest.mark.parametrize("rule", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_rule_is_analysed_in_bounded_time(rule: Any) -> None:
    began = time.process_time()
    assert isinstance(RuleAnalysis(rule, TERMS).warnings, list)
    assert time.process_time() - began < 1
