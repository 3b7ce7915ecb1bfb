"""What cannot be stored is refused with its place and a code, all of it at once, and changes nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.customers.check import MOST_ATTRIBUTES, MOST_REFS, camel
from domain.customers.customer import WRITABLE, Customer
from domain.customers.input import AttributeInput
from domain.customers.read import CustomerBy
from tests.integration.customers.conftest import Saving, by_ref, ref
from tests.support.imports import NOW

NUL, LONE = "a\0b", "\ud800"
NUMBERS = ("employees", "registered_capital", "latitude", "longitude", "intimacy", "receivable")
OPTIONS = ("kind", "gender", "company_size", "purchase_intent", "decision_speed", "timezone")
TEXTS = [name for name in WRITABLE if name not in (*NUMBERS, *OPTIONS, "email", "phone", "birth_date", "tags")]


async def test_every_text_is_refused_with_a_nul_a_lone_surrogate_or_5000_characters(shop: Saving) -> None:
    assert "display_name" in TEXTS
    for raw, code in ((NUL, "BAD_TEXT"), (LONE, "BAD_TEXT"), ("x" * 5000, "TOO_LONG")):
        issues = await shop.issues("c1", **dict.fromkeys(TEXTS, raw), tags=["fine", raw])
        assert issues == [(f"input.{camel(name)}", code) for name in WRITABLE if name in (*TEXTS, "tags")]


async def test_every_other_field_has_its_own_code(shop: Saving) -> None:
    wrong = {
        "email": ("no address", "BAD_EMAIL"), "phone": ("030 123456", "BAD_PHONE"),
        "birth_date": ("1990-02-30", "BAD_DATE"),
        "timezone": ("Europe/Atlantis", "NOT_AN_OPTION"), "gender": ("UNKNOWN", "NOT_AN_OPTION"),
        "kind": ("person", "NOT_AN_OPTION"), "company_size": (NUL, "BAD_TEXT"), "intimacy": (101, "OUT_OF_RANGE"),
        "employees": (-1, "OUT_OF_RANGE"), "latitude": (Decimal("90.1"), "OUT_OF_RANGE"),
        "longitude": (Decimal("NaN"), "NOT_A_NUMBER"), "registered_capital": (Decimal("1e999"), "OUT_OF_RANGE"),
        "receivable": (float("1e999"), "NOT_A_NUMBER"), "purchase_intent": (LONE, "BAD_TEXT"),
    }  # fmt: skip
    issues = await shop.issues("c1", **{name: raw for name, (raw, _) in wrong.items()})
    assert sorted(issues) == sorted((f"input.{camel(name)}", code) for name, (_, code) in wrong.items())


async def test_a_stored_customer_is_left_as_it_is_by_one_wrong_field(shop: Saving) -> None:
    await shop.save("c1", city="Bonn")
    assert await shop.issues("c1", city="Ulm", email="?", refs=("c2",)) == [("input.email", "BAD_EMAIL")]


@pytest.mark.parametrize(
    ("by", "issue"),
    [
        (CustomerBy(email="no address"), ("by.email", "BAD_EMAIL")),
        (CustomerBy(email=LONE), ("by.email", "BAD_TEXT")),
        (CustomerBy(phone="12"), ("by.phone", "BAD_PHONE")),
        (by_ref(NUL), ("by.externalRef.value", "BAD_TEXT")),
        (by_ref(" "), ("by.externalRef.value", "REQUIRED")),
        (by_ref("c1", system="x" * 301), ("by.externalRef.system", "TOO_LONG")),
        (CustomerBy(email=" "), ("by", "REQUIRED")),
        (CustomerBy(), ("by", "REQUIRED")),
    ],
)
async def test_a_name_that_cannot_be_one_is_refused(shop: Saving, by: CustomerBy, issue: tuple[str, str]) -> None:
    assert await shop.issues(by, city="Ulm") == [issue]


async def test_references_are_checked_one_by_one_and_counted(shop: Saving) -> None:
    wrong = [ref("fine"), ref(LONE), ref("", system=""), ref("x" * 301)]
    assert await shop.issues(external_refs=wrong) == [
        ("input.externalRefs.1.value", "BAD_TEXT"), ("input.externalRefs.2.system", "REQUIRED"),
        ("input.externalRefs.2.value", "REQUIRED"), ("input.externalRefs.3.value", "TOO_LONG"),
    ]  # fmt: skip
    assert await shop.issues(refs=tuple(map(str, range(MOST_REFS + 1)))) == [("input.externalRefs", "TOO_LONG")]
    assert (await shop.save(refs=tuple(map(str, range(MOST_REFS)))))[1]


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("TEXT", NUL, "BAD_TEXT"),
        ("TEXT", {"a": LONE}, "BAD_TEXT"),
        ("TEXT", "x" * 5000, "TOO_LONG"),
        ("INTEGER", "many", "NOT_A_NUMBER"),
        ("INTEGER", 1.5, "NOT_A_NUMBER"),
        pytest.param("INTEGER", 10**5000, "OUT_OF_RANGE", id="5000 digits"),
        ("INTEGER", True, "NOT_A_NUMBER"),
        ("DECIMAL", "1e999", "OUT_OF_RANGE"),
        ("DECIMAL", float("1e999"), "NOT_A_NUMBER"),
        ("DECIMAL", float("nan"), "NOT_A_NUMBER"),
        ("DECIMAL", [1], "NOT_A_NUMBER"),
        ("BOOLEAN", "perhaps", "NOT_AN_OPTION"),
        ("BOOLEAN", {}, "NOT_AN_OPTION"),
        ("DATE", "2023-02-29", "BAD_DATE"),
        ("DATE", LONE, "BAD_TEXT"),
        ("DATETIME", "0001-01-01T00:00:00+14:00", "BAD_DATE"),
        ("DATETIME", 5, "BAD_DATE"),
        ("ENUM", "silver", "NOT_AN_OPTION"),
        ("ENUM", ["gold"], "NOT_AN_OPTION"),
        ("MULTI_ENUM", ["gold", "silver"], "NOT_AN_OPTION"),
        ("MULTI_ENUM", {"gold": 1}, "BAD_TEXT"),
        ("MULTI_ENUM", ["gold", ["gold"]], "BAD_TEXT"),
    ],
)
async def test_a_value_of_an_own_attribute_is_of_its_type(shop: Saving, kind: str, value: Any, code: str) -> None:
    await shop.define("mine", kind, ["gold"] if kind.endswith("ENUM") else None)
    assert await shop.issues("c1", own={"mine": value}) == [("input.attributes.0.value", code)]


async def test_an_own_attribute_is_defined_and_given_once(shop: Saving) -> None:
    await shop.define("visits", "INTEGER")
    assert await shop.issues("c1", own={"visits": 1, "mood": "fine", LONE: 1, "city": "Ulm", NUL: 1}) == [
        (f"input.attributes.{n}.key", "UNKNOWN_ATTRIBUTE") for n in (1, 2, 3, 4)
    ]
    twice = [AttributeInput("visits", 1), AttributeInput("visits", None)]
    assert await shop.issues("c1", attributes=twice) == [("input.attributes.1.key", "DUPLICATE")]
    many = [AttributeInput("visits", 1)] + [AttributeInput(f"a{n}") for n in range(MOST_ATTRIBUTES)]
    assert ("input.attributes", "TOO_LONG") in await shop.issues("c1", attributes=many)


async def test_nothing_is_true_from_the_future_on(shop: Saving) -> None:
    late = NOW + timedelta(microseconds=1)
    assert await shop.issues("c1", city="Ulm", valid_from=late) == [("input.validFrom", "OUT_OF_RANGE")]
    assert (await shop.save("c1", city="Ulm", valid_from=NOW))[1]


def test_every_column_can_be_said() -> None:
    """A new column needs no further declaration; one that is the product's own is named in ``KEPT``."""
    assert set(WRITABLE) < set(Customer.__table__.columns.keys())
    assert "version" not in WRITABLE
