"""Goods that came back: of a known order or of none, lowering net at their own date."""

from decimal import Decimal

from domain.imports.subjects import ImportKind
from tests.integration.imports.test_orders import line
from tests.support.imports import LATER, Shop, faults, outcomes

ORDERS = ImportKind.ORDERS
RETURNS = """SELECT r.external_id, r.line, o.external_id AS of, i.line AS item, r.quantity, r.base_net, r.channel
    FROM order_return AS r LEFT JOIN orders AS o ON o.id = r.order_id LEFT JOIN order_item AS i ON i.id = r.item_id
    ORDER BY 1, 2"""


async def test_a_negative_line_that_names_no_order_is_a_return_and_counts_no_order(shop: Shop) -> None:
    done = await shop.load(ORDERS, [line("r1", quantity="-2", price="2.50", channel="web")])
    assert (outcomes(done, "orders"), outcomes(done, "returns")) == ({}, {"created": 1})
    assert await shop.rows(RETURNS) == [
        {"external_id": "r1", "line": 1, "of": None, "item": None, "quantity": 2, "base_net": 5, "channel": "web"}
    ]
    assert await shop.one("SELECT count(*) FROM orders") == 0


async def test_a_negative_line_under_an_orders_number_is_a_return_of_that_order(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1", "A"), line("o1", "B", channel="store"), line("o1", "B", "-1")])
    assert await shop.rows(RETURNS) == [
        {"external_id": "o1", "line": 1, "of": "o1", "item": 2, "quantity": 1, "base_net": 10, "channel": "store"}
    ]
    assert await shop.one("SELECT net_total FROM orders") == Decimal(20)


async def test_a_return_may_name_its_order(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1"), line("r1", quantity="-1", returned_order="o1")])
    assert [(row["of"], row["item"]) for row in await shop.rows(RETURNS)] == [("o1", 1)]


async def test_a_return_that_changed_is_updated_and_a_line_that_vanished_no_longer_counts(shop: Shop) -> None:
    await shop.load(ORDERS, [line("r1", quantity="-1"), line("r1", "B", "-1")])
    done = await shop.load(ORDERS, [line("r1", quantity="-3")], now=LATER)
    assert outcomes(done, "returns") == {"updated": 1}
    assert await shop.rows("SELECT line, quantity, voided_at FROM order_return ORDER BY line") == [
        {"line": 1, "quantity": 3, "voided_at": None},
        {"line": 2, "quantity": 1, "voided_at": LATER},
    ]
    again = await shop.load(ORDERS, [line("r1", quantity="-3")], now=LATER)
    assert outcomes(again, "returns") == {"unchanged": 1}


async def test_a_return_with_a_broken_line_is_refused_whole(shop: Shop) -> None:
    done = await shop.load(
        ORDERS, [line("r1", quantity="-1"), line("r1", "B", "-1", "dear"), line("r2", quantity="-1")]
    )
    assert (outcomes(done, "returns"), faults(done)) == (
        {"created": 1, "failed": 1},
        [(2, "unit_price", "NOT_A_NUMBER")],
    )


async def test_when_its_order_is_cancelled_a_return_no_longer_counts(shop: Shop) -> None:
    records = [line("o1"), line("o1", quantity="-1")]
    await shop.load(ORDERS, records)
    cancelled = {"status": "CANCELLED", "cancelled_at": "2024-05-20T00:00:00Z"}
    await shop.load(ORDERS, [one | cancelled for one in records], now=LATER)
    assert await shop.one("SELECT voided_at = '2024-05-20 00:00Z' FROM order_return") is True
    again = await shop.load(ORDERS, [one | cancelled for one in records], now=LATER)
    assert outcomes(again, "returns") == {"unchanged": 1}


async def test_lines_that_leave_an_order_leave_their_returns(shop: Shop) -> None:
    await shop.load(ORDERS, [line("o1", "A"), line("o1", "B"), line("o1", "B", "-1")])
    await shop.load(ORDERS, [line("o1", "A")], now=LATER)
    assert [(row["of"], row["item"]) for row in await shop.rows(RETURNS)] == [("o1", None)]


async def test_when_its_order_is_no_longer_cancelled_a_return_counts_again_but_no_vanished_line(shop: Shop) -> None:
    bought, back = line("o1"), line("o1", quantity="-1")
    await shop.load(ORDERS, [bought, back, line("o1", "B", "-1")])
    await shop.load(ORDERS, [bought, back], now=LATER)  # the second line of the return vanished
    voided = "SELECT array_agg(voided_at IS NOT NULL ORDER BY line) FROM order_return"
    assert await shop.one(voided) == [False, True]
    await shop.load(ORDERS, [bought | {"status": "CANCELLED"}], now=LATER)
    assert await shop.one(voided) == [True, True]
    await shop.load(ORDERS, [bought], now=LATER)
    assert await shop.one(voided) == [False, True]
