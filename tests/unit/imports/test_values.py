"""What a value may be, whoever writes it."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import values
from domain.customers.customer import WRITABLE
from domain.customers.fields import customer_fields
from domain.customers.normalise import email, phone
from domain.refusal import ProblemCode
from domain.values import BadValue, Check


@pytest.mark.parametrize(
    ("check", "given", "stored"),
    [
        (values.decimal, "1e3", Decimal(1000)),
        (values.decimal, " -0.5".strip(), Decimal("-0.5")),
        (values.decimal, 0.1, Decimal("0.1")),
        (values.integer(), "7.0", 7),
        (values.boolean, "是", True),
        (values.boolean, "N", False),
        (values.day, "2024-02-29", date(2024, 2, 29)),
        (values.texts, ["b", " a ", "b", ""], ["b", "a"]),
        (values.currency, "cny", "CNY"),
        (email, " Ana.B@EXAMPLE.com ", "ana.b@example.com"),
        (phone("CN"), "131 0000 0000", "+8613100000000"),
        (phone(), "+49 (0)30 123456", "+4930123456"),
        (values.instant(ZoneInfo("Europe/London")), "2024-07-01 10:00", datetime(2024, 7, 1, 9, tzinfo=UTC)),
        (values.instant(UTC), "2024-07-01T10:00:00+08:00", datetime(2024, 7, 1, 2, tzinfo=UTC)),
        # The hour that clocks repeat: the first.
        (values.instant(ZoneInfo("Europe/Berlin")), "2024-10-27 02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_good_value_is_stored_in_one_form(check: Check, given: Any, stored: Any) -> None:
    assert check(given) == stored


@pytest.mark.parametrize(
    ("check", "given", "code"),
    [
        (values.decimal, "NaN", ProblemCode.NOT_A_NUMBER),
        (values.decimal, "Infinity", ProblemCode.NOT_A_NUMBER),
        (values.decimal, float("inf"), ProblemCode.NOT_A_NUMBER),
        (values.decimal, "1e999", ProblemCode.OUT_OF_RANGE),
        (values.decimal, "1e16", ProblemCode.OUT_OF_RANGE),
        (values.decimal, "٣", ProblemCode.NOT_A_NUMBER),
        (values.decimal, "1_000", ProblemCode.NOT_A_NUMBER),
        (values.decimal, True, ProblemCode.NOT_A_NUMBER),
        (values.integer(), "1.5", ProblemCode.NOT_A_NUMBER),
        (values.integer(0, 100), "101", ProblemCode.OUT_OF_RANGE),
        (values.boolean, "perhaps", ProblemCode.NOT_AN_OPTION),
        (values.day, "2023-02-29", ProblemCode.BAD_DATE),
        (values.instant(ZoneInfo("Asia/Shanghai")), "0001-01-01", ProblemCode.BAD_DATE),
        (values.currency, "XYZ", ProblemCode.UNKNOWN_CURRENCY),
        (values.text(), "a\0b", ProblemCode.BAD_TEXT),
        (values.text(), "\ud800", ProblemCode.BAD_TEXT),
        (values.text(3), "four", ProblemCode.TOO_LONG),
        (email, "a@b@c", ProblemCode.BAD_EMAIL),
        (email, "\ud800@example.com", ProblemCode.BAD_TEXT),
        (phone(), "030 123456", ProblemCode.BAD_PHONE),
        (phone("DE"), "1", ProblemCode.BAD_PHONE),
    ],
)
def test_a_bad_value_is_refused_with_its_code_in_both_languages(check: Check, given: Any, code: ProblemCode) -> None:
    with pytest.raises(BadValue) as bad:
        check(given)
    assert bad.value.code == code
    for locale in ("en", "zh-CN"):
        bad.value.text.of(locale).encode()  # can be shown, whatever was given


@given(st.text())
def test_whatever_a_customers_field_is_given_it_stores_or_refuses(text: str) -> None:
    for check in customer_fields().values():
        with suppress(BadValue):
            check(text)


def test_every_writable_field_has_a_check() -> None:
    assert set(customer_fields()) == set(WRITABLE)
