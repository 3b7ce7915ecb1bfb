"""Interactions and answers from an import."""

from decimal import Decimal
from typing import Any

from domain.imports.subjects import ImportKind
from tests.support.imports import LATER, Shop, faults, lines, outcomes

INTERACTIONS, FEEDBACK, ORDERS = ImportKind.INTERACTIONS, ImportKind.FEEDBACK, ImportKind.ORDERS


def visit(number: str, **others: Any) -> dict[str, Any]:
    """An interaction of customer c1."""
    return {"external_id": number, "customer": "c1", "type": "VISIT", "occurred_at": "2024-03-01T10:00:00Z"} | others


def answer(number: str, score: Any, **others: Any) -> dict[str, Any]:
    """An NPS answer of customer c1."""
    named = {"external_id": number, "customer": "c1", "kind": "NPS", "submitted_at": "2024-03-01T10:00:00Z"}
    return named | {"score": score} | others


async def test_interactions_are_stored_once_and_changed_in_place(shop: Shop) -> None:
    records = [visit("i1", channel="WEB", **{"properties.page": "/tea"}), visit("i2", direction="OUTBOUND")]
    assert outcomes(await shop.load(INTERACTIONS, records), "interactions") == {"created": 2}
    before = await shop.everything()
    assert outcomes(await shop.load(INTERACTIONS, records, now=LATER), "interactions") == {"unchanged": 2}
    assert await shop.everything() == before
    done = await shop.load(INTERACTIONS, [visit("i2", outcome="sold"), visit("i2", type="CALL")], now=LATER)
    assert (outcomes(done, "interactions"), lines(done, "interactions")) == ({"updated": 1}, {"updated": 2})
    assert await shop.rows("SELECT external_id, type, direction, channel, properties FROM interaction ORDER BY 1") == [
        {
            "external_id": "i1",
            "type": "VISIT",
            "direction": "INBOUND",
            "channel": "WEB",
            "properties": {"page": "/tea"},
        },
        {"external_id": "i2", "type": "CALL", "direction": "INBOUND", "channel": None, "properties": {}},
    ]


async def test_an_interaction_of_nobody_known_is_refused_unless_customers_may_be_created(shop: Shop) -> None:
    done = await shop.load(INTERACTIONS, [visit("i1"), visit("i2", type="DANCE")], create_customers=False)
    assert (outcomes(done, "interactions"), faults(done)) == (
        {"failed": 2}, [(2, "type", "NOT_AN_OPTION"), (1, "customer", "NOT_FOUND")]
    )  # fmt: skip
    done = await shop.load(INTERACTIONS, [visit("i1")])
    assert dict(done.besides) == {"customers": 1}
    assert await shop.one("SELECT registered_at = '2024-03-01 10:00Z' FROM customer") is True


async def test_answers_are_one_by_response_kind_and_question(shop: Shop) -> None:
    records = [
        answer("f1", "9"),
        answer("f1", "4", kind="CSAT"),
        answer("f1", "5", kind="CSAT", question_key="delivery"),
        answer("f2", "0", customer=None, comment="slow"),
    ]
    assert outcomes(await shop.load(FEEDBACK, records), "feedback") == {"created": 4}
    before = await shop.everything()
    assert outcomes(await shop.load(FEEDBACK, records, now=LATER), "feedback") == {"unchanged": 4}
    assert await shop.everything() == before
    done = await shop.load(FEEDBACK, [answer("f1", "10")], now=LATER)
    assert outcomes(done, "feedback") == {"updated": 1}
    stored = await shop.rows(
        "SELECT kind, question_key, score, scale_max, customer_id IS NULL AS anonymous FROM feedback"
    )
    assert sorted(
        (row["kind"], row["question_key"], row["score"], row["scale_max"], row["anonymous"]) for row in stored
    ) == [
        ("CSAT", "", Decimal(4), Decimal(5), False),
        ("CSAT", "delivery", Decimal(5), Decimal(5), False),
        ("NPS", "", Decimal(0), Decimal(10), True),
        ("NPS", "", Decimal(10), Decimal(10), False),
    ]


async def test_a_score_off_its_scale_or_without_one_is_refused(shop: Shop) -> None:
    done = await shop.load(
        FEEDBACK,
        [
            answer("f1", "11"),
            answer("f2", None),
            answer("f3", "3", scale_max="5"),
            answer("f4", "3", kind="TEXT"),
            answer("f5", None, kind="COMPLAINT", comment="late"),
            answer("f6", "7", kind="CSAT", scale_min="1", scale_max="10"),
        ],
    )
    assert faults(done) == [
        (1, "score", "OUT_OF_RANGE"), (2, "score", "REQUIRED"),
        (3, "scale_min", "BAD_SCALE"), (4, "scale_min", "BAD_SCALE"),
    ]  # fmt: skip
    assert outcomes(done, "feedback") == {"created": 2, "failed": 4}


async def test_an_answer_about_an_order_is_linked_to_it_once_it_is_known(shop: Shop) -> None:
    await shop.load(FEEDBACK, [answer("f1", "9", order="o1")])
    assert await shop.one("SELECT order_id FROM feedback") is None
    placed = {"order": "o1", "customer": "c1", "placed_at": "2024-03-01", "sku": "A", "quantity": 1, "unit_price": 1}
    await shop.load(ORDERS, [placed])
    done = await shop.load(FEEDBACK, [answer("f1", "9", order="o1")], now=LATER)
    assert outcomes(done, "feedback") == {"updated": 1}
    assert await shop.one("SELECT order_id = (SELECT id FROM orders) FROM feedback") is True


async def test_products_are_stored_by_article_number(shop: Shop) -> None:
    records = [{"sku": "A", "name": "Tea", "category_path": ["drinks", "tea"]}, {"sku": "B"}]
    assert outcomes(await shop.load(ImportKind.PRODUCTS, records), "products") == {"created": 2}
    before = await shop.everything()
    assert outcomes(await shop.load(ImportKind.PRODUCTS, records, now=LATER), "products") == {"unchanged": 2}
    assert await shop.everything() == before
    done = await shop.load(ImportKind.PRODUCTS, [{"sku": "A", "name": "Green tea"}], now=LATER)
    assert outcomes(done, "products") == {"updated": 1}
    assert await shop.rows("SELECT sku, name, category_path, version FROM product ORDER BY 1") == [
        {"sku": "A", "name": "Green tea", "category_path": ["drinks", "tea"], "version": 2},
        {"sku": "B", "name": "B", "category_path": [], "version": 1},
    ]
