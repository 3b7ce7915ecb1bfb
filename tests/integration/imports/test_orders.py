"""Orders from line files: whole or not at all, revised where they change, worth what the day's rate says."""

from decimal import Decimal
from typing import Any

from domain.imports.subjects import ImportKind
from tests.support.imports import LATER, NOW, Shop, faults, lines, outcomes

ORDERS = ImportKind.ORDERS


def line(order: str, sku: str = "A", quantity: Any = "1", price: Any = "10", **others: Any) -> dict[str, Any]:
    """A line of an order of customer c1."""
    placed = {"order": order, "customer": "c1", "placed_at": "2024-03-01T10:00:00"}
    return placed | {"sku": sku, "quantity": quantity, "unit_price": price} | others


async def test_lines_of_an_order_may_lie_anywhere_in_the_file(shop: Shop) -> None:
    done = await shop.load(ORDERS, [line("o1", "A"), line("o2", "A"), line("o1", "B", "2", "2.50")])
    assert (outcomes(done, "orders"), lines(done, "orders")) == ({"created": 2}, {"created": 3})
    assert dict(done.besides) == {"customers": 1, "products": 2}
    rows = await shop.rows("SELECT external_id, total, net_total, base_net, placed_at FROM orders ORDER BY 1")
    assert [(r["external_id"], r["net_total"]) for r in rows] == [("o1", Decimal(15)), ("o2", Decimal(10))]
    assert rows[0]["placed_at"].isoformat() == "2024-03-01T09:00:00+00:00"  # Berlin
    items = await shop.rows(
        "SELECT i.line, sku, net_amount FROM order_item AS i JOIN orders AS o ON o.id = order_id"
        " JOIN product AS p ON p.id = product_id WHERE o.external_id = 'o1' ORDER BY 1"
    )
    assert items == [
        {"line": 1, "sku": "A", "net_amount": Decimal(10)},
        {"line": 2, "sku": "B", "net_amount": Decimal(5)},
    ]


async def test_the_same_again_changes_nothing_at_all(shop: Shop) -> None:
    records = [line("o1"), line("o1", "B"), line("o2", discount="1"), line("r1", quantity="-1"), line("o1", "C", "-1")]
    await shop.load(ORDERS, records)
    before = await shop.everything()
    done = await shop.load(ORDERS, records, now=LATER)
    assert (outcomes(done, "orders"), outcomes(done, "returns")) == ({"unchanged": 2}, {"unchanged": 2})
    assert await shop.everything() == before


async def test_an_order_with_a_broken_line_is_refused_whole_naming_the_line(shop: Shop) -> None:
    done = await shop.load(
        ORDERS,
        [
            line("o1"),
            line("o2"),
            line("o1", "B", "1e999") | {"customer": "only-in-o1"},
            line("o1", "C", price="NaN"),
            line("o2", "B"),
            line("", "B"),
        ],
    )
    assert outcomes(done, "orders") == {"created": 1, "failed": 2}
    assert lines(done, "orders") == {"created": 2, "failed": 4}
    assert faults(done) == [
        (3, "quantity", "OUT_OF_RANGE"), (4, "unit_price", "NOT_A_NUMBER"), (6, "order", "REQUIRED")
    ]  # fmt: skip
    assert await shop.one("SELECT array_agg(external_id) FROM orders") == ["o2"]
    assert await shop.one("SELECT array_agg(sku ORDER BY sku) FROM product") == ["A", "B"]  # C is only in o1
    assert await shop.one("SELECT array_agg(value) FROM customer_external_ref") == ["c1"]


async def test_changed_amounts_keep_what_was_in_a_revision(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1"), line("o1", "B", "2", "3")])
    item = await shop.one("SELECT id FROM order_item WHERE line = 1")
    done = await shop.load(ORDERS, [line("o1", price="12", status="FULFILLED")], now=LATER)
    assert outcomes(done, "orders") == {"updated": 1}
    (order,) = await shop.rows("SELECT version, net_total, status, updated_at FROM orders")
    assert order == {"version": 2, "net_total": Decimal(12), "status": "FULFILLED", "updated_at": LATER}
    (was,) = await shop.rows("SELECT before_net_total, before_items, valid_from FROM order_revision")
    assert (was["before_net_total"], was["valid_from"]) == (Decimal(16), LATER)
    assert [(one["line"], one["quantity"], one["net_amount"]) for one in was["before_items"]] == [(1, 1, 10), (2, 2, 6)]
    assert await shop.one("SELECT array_agg(id) FROM order_item WHERE dropped_at IS NULL") == [item]


async def test_a_changed_status_writes_no_revision(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1")])
    done = await shop.load(ORDERS, [line("o1", status="FULFILLED")], now=LATER)
    assert outcomes(done, "orders") == {"updated": 1}
    assert await shop.one("SELECT count(*) FROM order_revision") == 0


async def test_amounts_change_when_the_row_says_but_not_before_a_stored_change(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1")])
    await shop.load(ORDERS, [line("o1", price="11", valid_from="2024-04-10")], now=LATER)
    done = await shop.load(ORDERS, [line("o1", price="12", valid_from="2024-04-09")], now=LATER)
    assert (outcomes(done, "orders"), faults(done)) == ({"failed": 1}, [(1, "valid_from", "OUT_OF_RANGE")])
    (valid,) = await shop.rows("SELECT valid_from FROM order_revision")
    assert valid["valid_from"].isoformat() == "2024-04-09T22:00:00+00:00"
    assert await shop.one("SELECT net_total FROM orders") == Decimal(11)


async def test_amounts_are_rounded_half_to_even_at_the_currencys_digits_line_by_line(shop: Shop) -> None:
    await shop.load(
        ORDERS, [line("o1", price="0.125"), line("o1", price="0.135"), line("o1", quantity="3", price="0.005")]
    )
    assert await shop.one("SELECT array_agg(net_amount ORDER BY line) FROM order_item") == [
        Decimal("0.12"), Decimal("0.14"), Decimal("0.02")
    ]  # fmt: skip
    assert await shop.one("SELECT net_total FROM orders") == Decimal("0.28")


async def test_the_base_amount_is_at_the_rate_of_the_day_or_the_latest_before_it(shop: Shop) -> None:
    await shop.run(
        "INSERT INTO exchange_rate SELECT gen_random_uuid(), 'USD', day, rate, now()"
        " FROM (VALUES (date '2024-02-01', 0.9), ('2024-03-02', 0.5)) AS given(day, rate)"
    )
    done = await shop.load(
        ORDERS,
        [
            line("o1", currency="USD"),
            line("o2", currency="usd", placed_at="2024-03-01T23:30:00Z"),  # already the 2nd in Berlin
            line("o3", currency="USD", placed_at="2024-01-31"),
            line("o4", currency="XYZ"),
        ],
    )
    assert await shop.rows("SELECT external_id, base_net FROM orders ORDER BY 1") == [
        {"external_id": "o1", "base_net": Decimal(9)},
        {"external_id": "o2", "base_net": Decimal(5)},
    ]
    assert faults(done) == [(3, "currency", "NO_EXCHANGE_RATE"), (4, "currency", "UNKNOWN_CURRENCY")]


async def test_a_discount_lowers_net_and_may_not_exceed_the_total(shop: Shop) -> None:
    done = await shop.load(ORDERS, [line("o1", discount="3"), line("o2", discount="11"), line("o3", line_discount="4")])
    assert await shop.rows("SELECT external_id, total, discount, net_total, base_net FROM orders ORDER BY 1") == [
        {"external_id": "o1", "total": 10, "discount": 3, "net_total": 7, "base_net": 7},
        {"external_id": "o3", "total": 6, "discount": 0, "net_total": 6, "base_net": 6},
    ]
    assert faults(done) == [(2, "discount", "OUT_OF_RANGE")]


async def test_an_order_larger_than_can_be_stored_is_refused_and_the_rest_loaded(shop: Shop) -> None:
    huge = [line("o1", price="9999999999999999") for _ in range(3)]
    done = await shop.load(ORDERS, [*huge, line("o2")])
    assert outcomes(done, "orders") == {"created": 1, "failed": 1}
    assert faults(done) == [(1, "unit_price", "OUT_OF_RANGE")]


async def test_a_cancelled_order_is_dated_when_the_row_says_or_from_the_start(shop: Shop) -> None:
    await shop.load(ORDERS, [
        line("o1", status="CANCELLED", cancelled_at="2024-03-05T00:00:00Z"), line("o2", status="CANCELLED"), line("o3")
    ])  # fmt: skip
    rows = await shop.rows("SELECT cancelled_at = placed_at AS at_once, cancelled_at FROM orders ORDER BY external_id")
    assert [row["at_once"] for row in rows] == [False, True, None]


async def test_a_customer_is_known_from_its_earliest_order_on(shop: Shop) -> None:
    await shop.load(
        ORDERS, [line("o1", placed_at="2024-03-01T00:00:00Z"), line("o2", placed_at="2024-02-01T00:00:00Z")]
    )
    assert await shop.rows("SELECT registered_at = '2024-02-01 00:00Z' AS earliest, version FROM customer") == [
        {"earliest": True, "version": 1}
    ]
    await shop.load(ORDERS, [line("o3", placed_at="2023-01-01T00:00:00Z")], now=LATER)
    assert await shop.rows("SELECT registered_at = '2023-01-01 00:00Z' AS earliest, version FROM customer") == [
        {"earliest": True, "version": 2}
    ]


async def test_customers_and_products_are_created_only_if_the_import_may(shop: Shop) -> None:
    done = await shop.load(ORDERS, [line("o1")], create_customers=False)
    assert (outcomes(done, "orders"), faults(done)) == ({"failed": 1}, [(1, "customer", "NOT_FOUND")])
    done = await shop.load(ORDERS, [line("o1"), line("o1", "B")], create_products=False)
    assert faults(done) == [(1, "sku", "NOT_FOUND"), (2, "sku", "NOT_FOUND")]
    assert await shop.rows("SELECT (SELECT count(*) FROM customer) AS c, (SELECT count(*) FROM product) AS p") == [
        {"c": 0, "p": 0}
    ]


async def test_a_created_customer_gets_the_fields_the_lines_have(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1", **{"customer.country": "FR", "customer.kind": "ORGANIZATION"})])
    assert await shop.rows("SELECT country, kind FROM customer") == [{"country": "FR", "kind": "ORGANIZATION"}]


async def test_an_order_without_an_article_is_an_order_without_lines(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1", "", None, None)])
    assert await shop.rows("SELECT net_total, (SELECT count(*) FROM order_item) AS items FROM orders") == [
        {"net_total": 0, "items": 0}
    ]


async def test_a_dry_run_writes_nothing_and_says_the_same(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1"), line("o2")])
    before = await shop.everything()
    records = [line("o1", price="11"), line("o3"), line("o4", "", "x"), line("r1", quantity="-2")]
    dry = await shop.load(ORDERS, records, now=LATER, dry_run=True)
    assert await shop.everything() == before
    assert dry.as_json() | {"dryRun": False} == (await shop.load(ORDERS, records, now=LATER)).as_json()


async def test_each_order_has_one_event_in_a_gap_free_sequence(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1"), line("o2"), line("r1", quantity="-1")])
    events = await shop.rows("SELECT sequence, topic, subject_id, payload, occurred_at FROM event ORDER BY sequence")
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert [event["topic"] for event in events if event["topic"].startswith("ORDER")] == [
        "ORDER_RECORDED", "ORDER_RECORDED", "ORDER_RETURNED"
    ]  # fmt: skip
    assert {event["occurred_at"] for event in events} == {NOW}
