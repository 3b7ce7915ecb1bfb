"""Orders recorded one by one: as they are now, whole, with what they were kept, and nothing done twice."""

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.writes.conftest import Writing, back, by, line, named, order

WHOLE = """... on Order { id system externalId placedAt cancelledAt status currency total discount netTotal baseNet
  channel store version customer { externalRefs { value } }
  items { line quantity unitPrice netAmount customization product { sku name } } }"""


async def test_an_order_is_recorded_with_its_lines_and_answered_as_it_is_stored(shop: Writing) -> None:
    said = order(
        "o1", line("A", "2", "2.50"), line("B", "1.5", 4, discount="1", customization="blue"), discount="0.5",
        channel="web", store="Ulm", status="FULFILLED",
    )  # fmt: skip
    (made,) = await shop.recorded("ordersRecord", said, made=WHOLE)
    assert made == {
        "id": made["id"], "system": "shop", "externalId": "o1", "placedAt": "2024-03-01T09:00:00+00:00",
        "cancelledAt": None, "status": "FULFILLED", "currency": "EUR", "total": "10.0000", "discount": "0.5000",
        "netTotal": "9.5000", "baseNet": "9.5000", "channel": "web", "store": "Ulm", "version": 1,
        "customer": {"externalRefs": [{"value": "c1"}]},
        "items": [
            {"line": 1, "quantity": "2.0000", "unitPrice": "2.5000", "netAmount": "5.0000", "customization": None,
             "product": {"sku": "A", "name": "A"}},
            {"line": 2, "quantity": "1.5000", "unitPrice": "4.0000", "netAmount": "5.0000", "customization": "blue",
             "product": {"sku": "B", "name": "Bowl"}},
        ],
    }  # fmt: skip
    assert (await shop.events())[-1] == "ORDER_RECORDED"


async def test_a_customer_may_be_named_in_every_way_but_must_be_there(shop: Writing) -> None:
    ways = [
        by(),
        by("c2", "crm"),
        {"id": shop.customers["c1"]},
        {"email": " C1@Example.com"},
        {"phone": "+49 731 12345"},
    ]
    await shop.recorded("ordersRecord", *(order(f"o{n}", by=way) for n, way in enumerate(ways)))
    found = await shop.rows(
        "SELECT o.external_id, c.email IS NOT NULL AS first FROM orders AS o JOIN customer AS c ON c.id = customer_id"
        " ORDER BY 1"
    )
    assert [row["first"] for row in found] == [True, False, True, True, False]
    nobody: list[dict[str, Any]] = [
        by("c9"), by("c1", "crm"), {"id": "garbage"}, {"id": f"cus_{'0' * 32}"}, {"email": "c9@example.com"},
        {"phone": "+4973100000"},
    ]  # fmt: skip
    wrong = await shop.refused("ordersRecord", *(order("o9", by=way) for way in nobody))
    assert wrong == [(f"orders.{n}.by", "NOT_FOUND") for n in range(len(nobody))]


async def test_an_order_of_a_merged_customer_is_the_winners_and_of_an_erased_one_nobodys(shop: Writing) -> None:
    await shop.run("UPDATE customer SET merged_into = (SELECT id FROM customer WHERE phone <> '') WHERE email <> ''")
    await shop.recorded("ordersRecord", order("o1"), order("o2", by={"id": shop.customers["c1"]}))
    assert await shop.one("SELECT DISTINCT c.phone FROM orders JOIN customer AS c ON c.id = customer_id")
    await shop.run("UPDATE customer SET erased_at = now() WHERE phone <> ''")
    for way in (by(), by("c2", "crm"), {"id": shop.customers["c1"]}, {"phone": "+4973112345"}):
        assert await shop.refused("ordersRecord", order("o3", by=way)) == [("orders.0.by", "NOT_FOUND")]


async def test_the_same_again_changes_nothing_at_all(shop: Writing) -> None:
    said = [order("o1", line(), line("B"), discount="1"), order("o2", items=[], validFrom="2024-03-02T00:00:00Z")]
    first = await shop.recorded("ordersRecord", *said)
    before = await shop.everything()
    assert await shop.recorded("ordersRecord", *said) == first
    assert await shop.everything() == before


async def test_changed_amounts_keep_what_was_as_a_revision_from_when_the_caller_says(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1", line("A"), line("B")))
    (changed,) = await shop.recorded("ordersRecord", order("o1", line("A", 3), validFrom="2024-03-05T00:00:00Z"))
    assert (changed["version"], changed["netTotal"]) == (2, "30.0000")
    (was,) = await shop.rows("SELECT before_net_total, before_items, valid_from FROM order_revision")
    assert (was["before_net_total"], was["valid_from"].isoformat()) == (Decimal(20), "2024-03-05T00:00:00+00:00")
    assert [one["line"] for one in was["before_items"]] == [1, 2]
    (paid,) = await shop.recorded("ordersRecord", order("o1", line("A", 3), status="FULFILLED"))
    assert (paid["version"], paid["status"]) == (3, "FULFILLED")
    assert await shop.one("SELECT count(*) FROM order_revision") == 1


async def test_amounts_change_neither_in_the_future_nor_before_a_stored_change(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1"))
    await shop.recorded("ordersRecord", order("o1", line("A", 2), validFrom="2024-03-05T00:00:00Z"))
    # Another customer and an earlier date: nothing of a refused order may stay.
    other = {"by": by("c2", "crm"), "placedAt": "2001-01-01T00:00:00Z"}
    for at in ("2024-03-04T00:00:00Z", "2999-01-01T00:00:00Z"):
        wrong = await shop.refused("ordersRecord", order("o1", line("A", 3), validFrom=at, **other))
        assert wrong == [("orders.0.validFrom", "OUT_OF_RANGE")]


async def test_a_cancellation_is_dated_and_can_be_undone(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1"))
    await shop.recorded("orderReturnsRecord", back("r1"))
    cancelled = {"status": "CANCELLED", "cancelledAt": "2024-03-20T00:00:00Z"}
    (made,) = await shop.recorded("ordersRecord", order("o1", **cancelled))
    assert made["status"] == "CANCELLED"
    both = "SELECT cancelled_at AS at FROM orders UNION ALL SELECT voided_at FROM order_return"
    dates = f"SELECT array_agg(DISTINCT at) FROM ({both}) AS dates"
    (at,) = await shop.one(dates)
    assert at.isoformat() == "2024-03-20T00:00:00+00:00"
    await shop.recorded("ordersRecord", order("o1"))
    assert await shop.one(dates) == [None]


async def test_amounts_are_rounded_line_by_line_and_the_base_amount_is_at_the_days_rate(shop: Writing) -> None:
    rates = [("usd", "2024-02-01", "0.9"), ("USD", "2024-03-02", "0.5"), ("JPY", "2024-01-01", "0.006")]
    await shop.recorded("exchangeRatesSet", *({"currency": c, "onDate": d, "rate": r} for c, d, r in rates))
    said = [
        order("o1", currency="USD"),
        order("o2", currency="usd", placedAt="2024-03-01T23:30:00Z"),  # already the 2nd in Berlin
        order("o3", currency="USD", placedAt="2024-03-01T22:30:00Z"),
        order("o4", line(price="0.125"), line(price="0.135"), line("A", 3, "0.005")),
        order("o5", line(price="100.5"), line(price="101.5"), currency="JPY"),
    ]
    found = await shop.recorded("ordersRecord", *said)
    assert [one["baseNet"] for one in found] == ["9.0000", "5.0000", "9.0000", "0.2800", "1.2100"]
    assert found[4]["netTotal"] == "202.0000"
    early = order("o6", currency="USD", placedAt="2024-01-31T22:59:59Z")
    assert await shop.refused("ordersRecord", early, order("o7", currency="GBP")) == [
        ("orders.0.currency", "NO_EXCHANGE_RATE"), ("orders.1.currency", "NO_EXCHANGE_RATE")
    ]  # fmt: skip
    at_the_end = order("o6", placedAt="9999-12-30T00:00:00Z", currency="USD")
    assert (await shop.recorded("ordersRecord", at_the_end))[0]["baseNet"] == "5.0000"


async def test_a_customer_is_known_from_its_earliest_order_on(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1", placedAt="2001-01-01T00:00:00Z"))
    (known,) = await shop.rows("SELECT registered_at, version FROM customer WHERE email IS NOT NULL")
    assert (known["registered_at"].isoformat(), known["version"]) == ("2001-01-01T00:00:00+00:00", 2)
    assert (await shop.events())[-2:] == ["CUSTOMER_UPDATED", "ORDER_RECORDED"]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (order(externalRef=named("")), "externalRef.value", "REQUIRED"),
    (order(externalRef=named("  ")), "externalRef.value", "REQUIRED"),
    (order(externalRef=named("o1", "")), "externalRef.system", "REQUIRED"),
    (order(externalRef=named("x" * 301)), "externalRef.value", "TOO_LONG"),
    (order(externalRef=named("o1", "x" * 301)), "externalRef.system", "TOO_LONG"),
    (order(by=by("")), "by.externalRef.value", "REQUIRED"),
    (order(by={"email": "nobody"}), "by.email", "BAD_EMAIL"),
    (order(by={"email": " "}), "by", "REQUIRED"),
    (order(by={"phone": "0731 1"}), "by.phone", "BAD_PHONE"),
    (order(placedAt="9999-12-31T23:59:59Z"), "placedAt", "OUT_OF_RANGE"),
    (order(placedAt="0001-01-01T00:00:00Z", currency="USD"), "placedAt", "OUT_OF_RANGE"),
    (order(validFrom="9999-12-31T23:59:59Z"), "validFrom", "OUT_OF_RANGE"),
    (order(currency="XYZ"), "currency", "UNKNOWN_CURRENCY"),
    (order(currency=""), "currency", "REQUIRED"),
    (order(discount="-1"), "discount", "OUT_OF_RANGE"),
    (order(discount="10.01"), "discount", "OUT_OF_RANGE"),
    (order(channel="x" * 1001), "channel", "TOO_LONG"),
    (order(store="x" * 1001), "store", "TOO_LONG"),
    (order(status="CANCELLED"), "cancelledAt", "REQUIRED"),
    (order(cancelledAt="2024-03-02T00:00:00Z"), "cancelledAt", "OUT_OF_RANGE"),
    (order("o1", line(), line("Z")), "items.1.sku", "NOT_FOUND"),
    (order("o1", line(), line("")), "items.1.sku", "REQUIRED"),
    (order("o1", line(), line("A", 0)), "items.1.quantity", "OUT_OF_RANGE"),
    (order("o1", line(), line("A", "-1")), "items.1.quantity", "OUT_OF_RANGE"),
    (order("o1", line(), line("A", "1" + "0" * 16)), "items.1.quantity", "OUT_OF_RANGE"),
    (order("o1", line(), line(price="-0.01")), "items.1.unitPrice", "OUT_OF_RANGE"),
    (order("o1", line(), line("A", "1000000000", "1000000000")), "items.1.unitPrice", "OUT_OF_RANGE"),
    (order("o1", line(), line(discount="10.01")), "items.1.unitPrice", "OUT_OF_RANGE"),
    (order("o1", line(), line(customization="x" * 1001)), "items.1.customization", "TOO_LONG"),
    (order("o1", *[line()] * 501), "items", "TOO_LONG"),
    (order("o1", *[line(price="9999999999999999")] * 3), "items.0.unitPrice", "OUT_OF_RANGE"),
]


@pytest.mark.parametrize(("said", "place", "code"), WRONG, ids=[f"{place} {code}" for _, place, code in WRONG])
async def test_what_is_wrong_is_told_with_its_place_and_changes_nothing(
    wide: Writing, said: dict[str, Any], place: str, code: str
) -> None:
    assert await wide.refused("ordersRecord", said) == [(f"orders.0.{place}", code)]


async def test_all_that_is_wrong_with_an_order_is_told_at_once(shop: Writing) -> None:
    wrong = await shop.refused(
        "ordersRecord", order("o1", line("Z", 0), line("", 1, "-1"), by=by("c9"), currency="X", status="CANCELLED")
    )
    assert sorted(wrong) == [
        ("orders.0.by", "NOT_FOUND"), ("orders.0.cancelledAt", "REQUIRED"), ("orders.0.currency", "UNKNOWN_CURRENCY"),
        ("orders.0.items.1.sku", "REQUIRED"),
    ]  # fmt: skip
    assert await shop.refused("ordersRecord", order("o1", line("Y"), line(), line("Z"))) == [
        ("orders.0.items.0.sku", "NOT_FOUND"), ("orders.0.items.2.sku", "NOT_FOUND")
    ]  # fmt: skip
