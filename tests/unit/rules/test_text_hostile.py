"""Hostile rule texts: each has its outcome, a rule or a refusal at a place, and none takes long."""

import time
from contextlib import suppress
from typing import Any, NamedTuple

import pytest

from domain.refusal import Refused
from domain.rules.text.parser import parse
from domain.rules.text.printer import text_of
from tests.support.rules.texts import TERMS

N = 10_000
SLOWEST = 0.05  # seconds, for a text of 20,000 characters


class Wrong(NamedTuple):
    """Where the first issue stands, and what it suggests."""

    offset: int
    length: int
    suggestion: str | None = None
    code: str = "INVALID_RULE"


def Unknown(offset: int, length: int, suggestion: str) -> Wrong:
    return Wrong(offset, length, suggestion, "UNKNOWN_FIELD")


def TooMuch(offset: int, length: int) -> Wrong:
    return Wrong(offset, length, None, "TOO_COMPLEX")


CASES: list[tuple[str, str, str | Wrong]] = [
    ("10,000 opening parentheses", "(" * N, TooMuch(40, 1)),
    ("10,000 closing parentheses", ")" * N, Wrong(0, 1)),
    ("10,000 pairs of parentheses", "(" * N + "no orders" + ")" * N, TooMuch(40, 1)),
    ("10,000 negations", "not " * N + "no orders", TooMuch(160, 3)),
    ("lists inside one another", "none of (" * 2_000 + "no orders" + ")" * 2_000, TooMuch(368, 1)),
    ("39 pairs of parentheses", "(" * 39 + "no orders" + ")" * 39, "no orders"),
    ("41 pairs of parentheses", "(" * 41 + "no orders" + ")" * 41, TooMuch(40, 1)),
    ("17 levels of connectives", "not (" * 17 + "no orders" + ")" * 17, TooMuch(79, 17)),
    ("201 conditions", " and ".join(["no orders"] * 201), TooMuch(0, 2809)),
    ("2,000 conditions", " or ".join(["no orders"] * 2_000), TooMuch(3120, 2)),
    ("a quote that is not closed", 'city = "Ulm', Wrong(7, 4)),
    ("10,000 quotes", '"' * N, Wrong(0, 2)),
    ("a quote closed by another", 'city = "Ulm”', Wrong(7, 5)),
    ("single quotes", "city = 'Ulm'", Wrong(7, 1)),
    ("an escape that means nothing", r'city = "\x41"', Wrong(7, 6)),
    ("a surrogate", r'city = "\u{d800}"', Wrong(7, 10)),
    ("a character beyond Unicode", r'city = "\u{110000}"', Wrong(7, 12)),
    ("an escape of 10,000 digits", 'city = "\\u{' + "4" * N + '}"', Wrong(7, 10006)),
    ("a backslash at the end", 'city = "Ulm\\', Wrong(7, 5)),
    ("NUL in a text", 'city = "U\0lm"', Wrong(7, 6)),
    ("NUL as an escape", r'city = "\u{0}"', Wrong(7, 7)),
    ("NUL between words", "no\0orders", Wrong(2, 1)),
    ("a comment of SQL", "no orders -- and exists orders", Wrong(10, 1)),
    ("a comment of C", "no orders /* and */ and exists orders", Wrong(10, 1)),
    ("a comment of shells", "no orders # x", Wrong(10, 1)),
    ("a statement behind", "no orders; drop table customer", Wrong(9, 1)),
    ("an injection in a text", 'city = "\' or 1=1 --"', 'city = "\' or 1=1 --"'),
    ("a union", "no orders union select 1", Wrong(10, 5)),
    ("a cast", 'city::text = "Ulm"', Wrong(4, 1)),
    ("a parameter", "employees > $1", Wrong(12, 1)),
    ("a call of a function", "pg_sleep(10) > 1", Wrong(8, 1)),
    ("a template", "city = {{ 7*7 }}", Wrong(7, 1)),
    ("an unknown field", 'ciy = "Ulm"', Unknown(0, 3, "city")),
    ("a condition misspelt", "oders.count > 3", Unknown(0, 5, "orders")),
    ("an aggregate misspelt", "orders.cuont > 3", Wrong(7, 5, "count")),
    ("a field of a source that it has not", "orders.sum(net_totl) > 3", Unknown(11, 8, "netTotal")),
    ("a filter that it has not", 'orders(chanel = "web").count > 3', Wrong(7, 6, "channel")),
    ("an option that there is not", 'no interactions(type = "vist")', Wrong(23, 6, "visit")),
    ("a text where a number belongs", 'employees > "5"', Wrong(12, 3)),
    ("a number where a text belongs", "city = 5", Wrong(7, 1)),
    ("a day where an instant belongs", "seen_at > 2026-01-31", Wrong(10, 10)),
    ("a day that does not exist", "birth_date > 2026-02-30", Wrong(13, 10)),
    ("a number of 41 digits", "employees > " + "9" * 41, Wrong(12, 41)),
    ("a number of 10,000 digits", "employees > " + "9" * N, Wrong(12, 10000)),
    ("an exponent", "employees > 1e9", Wrong(13, 2)),
    ("full-width digits", "employees > ５０", Wrong(12, 2, "50")),
    ("Arabic digits", "employees > ٥٠", Wrong(12, 2)),
    ("full-width letters", "ｎｏ orders", Wrong(0, 2, "no")),
    ("full-width punctuation", "city 为 （“Ulm”， “Bonn”）", 'city in ("Ulm", "Bonn")'),
    ("a Cyrillic look-alike of a keyword", "no оrders", Wrong(3, 6, "orders")),
    ("a keyword that ends in Cyrillic", "no ordеrs", Wrong(3, 6, "orders")),
    ("a Greek question mark", "no orders;", Wrong(9, 1)),
    ("right-to-left marks around a keyword", "no \u202eorders", Wrong(3, 1)),
    ("right-to-left marks in a text", 'city = "\u202eUlm"', 'city = "\\u{202e}Ulm"'),
    ("a zero-width space in a keyword", "no or\u200bders", Wrong(3, 2)),  # and 1 more
    ("an Arabic word", "مدينة = 5", Wrong(0, 5)),
    ("Chinese that is no keyword", "没有 定单", Wrong(3, 2, "订单")),
    ("a list without end", 'city in ("a", "b"', Wrong(17, 0)),
    ("an empty list", "city in ()", Wrong(9, 1)),
    ("a comma too many", 'city in ("a", )', Wrong(14, 1)),
    ("10,001 values", "city in (" + ", ".join(['"a"'] * 10_001) + ")", TooMuch(9, 50003)),
    ("a test twice", "employees > 1 & > 2", Wrong(16, 1)),
    ("a connective too many", "no orders and and exists orders", Wrong(14, 3)),
    ("a connective at the end", "no orders and", Wrong(13, 0)),
    ("a connective at the start", "or no orders", Wrong(0, 2)),
    ("two rules side by side", "no orders exists orders", Wrong(10, 6)),
    ("too many are to hold", "at least 3 of (no orders, exists orders)", Wrong(9, 1)),
    ("none is to hold at least", "at least 0 of (no orders)", Wrong(9, 1)),
    ("a consent without its status", 'consent(purpose = "marketing")', Wrong(29, 1)),
    ("half of them", "at least 1.5 of (no orders)", Wrong(9, 3)),
    ("an unknown segment", 'in segment "vpi"', Unknown(11, 5, "vip")),
    ("a duration of nothing", "no orders over last 0 days", Wrong(20, 6)),
    ("a duration of 10,000 years", "no orders over last 10000 years", Wrong(20, 11)),
    ("a duration of half a day", "no orders over last 0.5 days", Wrong(20, 3)),
    ("a window that ends before it begins", "no orders over ago 1 day to 2 days", Wrong(10, 24)),
    ("nothing", "", Wrong(0, 0)),
    ("white space", " \n\t ", Wrong(0, 0)),
    ("a million characters", "a" * 1_000_000, TooMuch(200000, 800000)),
    ("a byte order mark", "\ufeffno orders", "no orders"),
    ("an emoji", "no orders \U0001f600", Wrong(10, 1)),
    ("a keyword as a field", "last > 5", Wrong(0, 4)),
    ("a keyword in backquotes as a field", "`last` > 5", "`last` > 5"),
    ("nothing in backquotes as a metric", "metric `` > 5", Wrong(7, 2)),
    ("a metric in backquotes", "metric `NET_SPEND` > 5", "metric net_spend > 5"),
    ("three mistakes", 'city = 5 and orders.count > "x" and tag size', Wrong(7, 1)),  # and 2 more
]


@pytest.mark.parametrize(("text", "outcome"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_hostile_text_has_its_outcome_and_place(text: str, outcome: str | Wrong) -> None:
    try:
        rule = parse(text, TERMS)
    except Refused as error:
        problem: Any = error.problem
        found = problem.issues[0]
        assert Wrong(found.offset, found.length, found.suggestion, found.code) == outcome
        assert all(each.offset + each.length <= len(text) for each in problem.issues)
        assert all(each.message(locale).isprintable() for each in problem.issues for locale in ("en", "zh"))
    else:
        assert text_of(rule, TERMS) == outcome


LONG = [" and ".join(["abc = 1"] * 199)] + [text for _, text, _ in CASES if 5_000 <= len(text) <= 200_000] + [
    (piece * 20_000)[:20_000]
    for piece in (
        "no orders and ", "(no orders) or ", 'city = "a" or ', "abc = 1 and ", "oders.count > 1 and ", "没有订单且",
        '"",', 'city in ("a", ', "orders(", "orders(product(", "at least 1 of (", "1 ", "1 day ", "x ", "\n", "@", "字",
        "`a` ", "& > 1 ", "2026-01-01 ", "any of (no orders, ", '"\\u{41}', "over last 1 day ", "top 5 % by ", "not ",
        "= ", ". ",
    )
]  # fmt: skip


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:24].encode("unicode_escape").decode())
def test_a_long_text_is_refused_or_read_at_once(text: str) -> None:
    best = 9.0
    for _ in range(7):  # the least of some: what else the machine does is no matter of ours
        started = time.process_time()
        with suppress(Refused):
            parse(text, TERMS)
        best = min(best, time.process_time() - started)
        if best < SLOWEST:
            return
    assert best < SLOWEST * max(1, len(text) / 20_000)


def test_twice_the_text_takes_about_twice_the_time() -> None:
    def least(text: str) -> float:
        times = []
        for _ in range(5):
            started = time.process_time()
            with suppress(Refused):
                parse(text, TERMS)
            times.append(time.process_time() - started)
        return min(times)

    for text in ('city in ("", ' + '"", ' * 1_500, "(" * 5_000, "no orders and " * 500):
        assert least(text * 4) < 4 * 3 * least(text) + 0.005
