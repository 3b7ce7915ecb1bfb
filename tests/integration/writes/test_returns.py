"""Goods that come back: net is lower from their date on, the order stays as it is, and a return is recorded once."""

from typing import Any

import pytest

from tests.integration.writes.conftest import Writing, back, by, line, named, order

STORED = """SELECT r.external_id, r.line, o.external_id AS of, i.line AS item, r.voided_at IS NULL AS counts
    FROM order_return AS r LEFT JOIN orders AS o ON o.id = r.order_id LEFT JOIN order_item AS i ON i.id = r.item_id
    ORDER BY 1, 2"""


async def net(shop: Writing, until: str) -> str:
    """Net total of all orders, less returns, in a window that ends at an instant."""
    window = {"between": {"from": "2024-01-01T00:00:00Z", "to": until}}
    ask = "query($w: WindowInput) { orderMetrics(window: $w) { netTotal } }"
    return str((await shop.client.data(ask, {"w": window}))["orderMetrics"]["netTotal"])


async def test_a_return_lowers_net_from_its_own_instant_on_and_leaves_the_order_alone(shop: Writing) -> None:
    (made,) = await shop.recorded("ordersRecord", order("o1", line("A", 3), line("B")))
    (returned,) = await shop.recorded("orderReturnsRecord", back("r1", line("A", 2), returnedAt="2024-03-10T09:00:00Z"))
    assert returned["id"].startswith("ret_")
    assert returned["baseNet"] == "20.0000"
    assert [await net(shop, f"2024-03-10T09:00:{end}Z") for end in ("00", "00.000001")] == ["40.0000", "20.0000"]
    ask = "query($id: ID!) { node(id: $id) { ... on Order { version netTotal items { returnedQuantity } } } }"
    kept = (await shop.client.data(ask, {"id": made["id"]}))["node"]
    assert kept == {
        "version": 1, "netTotal": "40.0000", "items": [{"returnedQuantity": "2.0000"}, {"returnedQuantity": "0.0000"}]
    }  # fmt: skip
    assert (await shop.events())[-1] == "ORDER_RETURNED"


async def test_a_return_names_its_order_or_stands_under_its_number_or_is_of_none(shop: Writing) -> None:
    (made,) = await shop.recorded("ordersRecord", order("o1", line("B"), line("A")))
    await shop.recorded(
        "orderReturnsRecord",
        back("r1"),
        back("r2", order={"id": made["id"]}),
        back("o1", order=None, by=by()),
        back("r3", order=None, by=by("c2", "crm")),
        back("r4", externalRef=named("r4", "till")),  # of an order of another system
    )
    found = {row["external_id"]: (row["of"], row["item"]) for row in await shop.rows(STORED)}
    assert found == {"r1": ("o1", 2), "r2": ("o1", 2), "o1": ("o1", 2), "r3": (None, None), "r4": ("o1", 2)}
    whose = "SELECT count(DISTINCT customer_id) FROM order_return WHERE external_id <> 'r3'"
    assert await shop.one(whose) == 1


async def test_the_same_return_again_changes_nothing_and_a_changed_one_is_replaced(shop: Writing) -> None:
    await shop.recorded("ordersRecord", order("o1", line("A", 3), line("B")))
    first = await shop.recorded("orderReturnsRecord", back("r1", line("A"), line("B")))
    before = await shop.everything()
    assert await shop.recorded("orderReturnsRecord", back("r1", line("A"), line("B"))) == first
    assert await shop.everything() == before
    again = await shop.recorded("orderReturnsRecord", back("r1", line("A", 3)))
    assert (again[0]["id"], again[0]["baseNet"]) == (first[0]["id"], "30.0000")
    assert [(row["line"], row["counts"]) for row in await shop.rows(STORED)] == [(1, True), (2, False)]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (back(order=None), "by", "REQUIRED"),
    (back(order=None, by=by("c9")), "by", "NOT_FOUND"),
    (back(order={"id": f"ord_{'0' * 32}"}), "order", "NOT_FOUND"),
    (back(order={"externalRef": named("o9")}), "order", "NOT_FOUND"),
    (back(order={"externalRef": named("")}, by=by()), "order.externalRef.value", "REQUIRED"),
    (back(externalRef=named("")), "externalRef.value", "REQUIRED"),
    (back(returnedAt="9999-12-31T23:59:59Z"), "returnedAt", "OUT_OF_RANGE"),
    (back(currency="USD"), "currency", "NO_EXCHANGE_RATE"),
    (back(items=[]), "items", "REQUIRED"),
    (back("r1", *[line()] * 501), "items", "TOO_LONG"),
    (back("r1", line("A", "-1")), "items.0.quantity", "OUT_OF_RANGE"),
    (back("r1", line("A", "0")), "items.0.quantity", "OUT_OF_RANGE"),
    (back("r1", line(), line("Z")), "items.1.sku", "NOT_FOUND"),
]


@pytest.fixture(scope="module")
async def sold(wide: Writing) -> Writing:
    """A tenant with one order, for tests that change nothing."""
    await wide.recorded("ordersRecord", order("o1"))
    return wide


@pytest.mark.parametrize(("said", "place", "code"), WRONG, ids=[f"{place} {code}" for _, place, code in WRONG])
async def test_what_is_wrong_is_told_with_its_place_and_changes_nothing(
    sold: Writing, said: dict[str, Any], place: str, code: str
) -> None:
    assert await sold.refused("orderReturnsRecord", said) == [(f"returns.0.{place}", code)]
