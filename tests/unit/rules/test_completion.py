"""What is offered while a rule is typed: words, fields, options, keys; of hostile texts in no time."""

import time

import pytest

from domain.rules.text.completion import CompletionKind as Kind
from domain.rules.text.completion import completions
from tests.support.rules.texts import TERMS


def offered(text: str, locale: str = "en", cursor: int | None = None) -> dict[str, Kind]:
    """What may stand at the cursor, by what is put in."""
    found = completions(text, len(text) if cursor is None else cursor, TERMS, locale)
    return {each.insert: each.kind for each in found}


def test_a_rule_begins_with_conditions_fields_and_connectives() -> None:
    found = offered("")
    assert {"orders", "no orders", "exists orders", "city", "nine_levels", "at least", "not", "top", "(" } <= {
        *found, "("}  # fmt: skip
    assert (found["city"], found["orders"]) == (Kind.FIELD, Kind.KEYWORD)
    assert {"没有 订单", "订单", "属于分群", "全部满足", "非"} <= set(offered("", "zh"))


def test_behind_a_field_stand_the_tests_of_its_type_only() -> None:
    assert set(offered("city ")) >= {"=", "in", "is null", "starts with"}
    assert ">=" not in offered("city ")
    assert set(offered("employees ")) >= {">", "=", "is null"}
    assert "in" not in offered("employees ")
    assert "and" not in offered("city = ")


def test_values_are_offered_as_options_or_by_their_kind() -> None:
    assert offered("nine_levels in (") == {'"vip"': Kind.OPTION, '"strategic"': Kind.OPTION, "": Kind.TEXT}
    assert {'"visit"', '"cart_add"'} <= set(offered("interactions(type = "))
    assert offered("employees > ") == {"": Kind.NUMBER}
    assert offered("birth_date > ") == {"": Kind.DAY}
    assert offered('in segment "') == {'"vip"': Kind.SEGMENT, '"complained"': Kind.SEGMENT, '"silent"': Kind.SEGMENT,
                                       "": Kind.TEXT}  # fmt: skip
    assert offered('in segment "si') == {'"silent"': Kind.SEGMENT, "": Kind.TEXT}
    assert set(offered("orders.sum(")) == {"net_total", "gross_total"}
    assert set(offered("orders.distinct(")) == {"channel", "store"}
    assert "net_spend" in offered("top 10 by ")
    assert set(offered("orders.count over last 30 ")) == {
        "years", "months", "weeks", "days", "hours", "minutes", "seconds"}  # fmt: skip
    assert "客户" in offered("近 30 天 没有", "zh") or "客户" in offered("没有 订单 以 ", "zh")


def test_a_begun_word_is_replaced_by_what_it_may_become_or_is_called() -> None:
    found = completions("city = 'x' and ord".replace("'", '"'), 18, TERMS)
    assert {each.insert for each in found if each.replaces == 3} == {"orders"}
    (city,) = [each for each in completions("城", 1, TERMS, "zh") if each.insert == "city"]
    assert (city.kind, city.detail, city.replaces) == (Kind.FIELD, "城市", 1)
    assert [each.insert for each in completions("birthD", 6, TERMS) if each.replaces] == []
    assert [each.insert for each in completions("birth_d", 7, TERMS) if each.replaces] == ["birth_date"]


def test_only_what_stands_before_the_cursor_counts() -> None:
    text = 'city = "Ulm" and  orders'
    assert "no orders" in offered(text, cursor=17)
    assert set(offered(text, cursor=13)) >= {"and", "or"}


def test_a_mistake_before_does_not_end_the_help() -> None:
    assert "orders" in offered("city = = 3 and ")


HOSTILE = {
    "parentheses": "(" * 20_000, "negations": "not " * 5_000, "a quote": 'city = "' + "x" * 20_000,
    "values": "city in (" + '"a", ' * 4_000, "ands": "no orders and " * 1_400, "nonsense": "\x00\ud800☃" * 5_000,
    "words": "orders " * 3_000, "names": "x " * 10_000, "lists": "all of (" * 2_000, "digits": "9" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_completed_in_no_time(text: str) -> None:
    completions(text[:100], 100, TERMS)
    took = []
    for locale in ("en", "zh"):
        began = time.process_time()
        assert len(completions(text, len(text), TERMS, locale)) <= 200
        took.append(time.process_time() - began)
    assert min(took) < 0.1


@pytest.mark.parametrize("cursor", [-(2**31), -1, 0, 3, 10**6, 2**31 - 1])
def test_any_cursor_is_a_place(cursor: int) -> None:
    assert all(0 <= each.replaces <= 8 for each in completions("city = 1", cursor, TERMS))


def test_a_text_that_is_too_long_is_not_completed() -> None:
    assert completions("city " * 50_000, 250_000, TERMS) == []
