"""Who is in a segment changes with the write that says so: at once, and to the second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from api.answering import Answering
from api.asked import Asked
from tests.integration.writes.conftest import Writing, back, line, order
from tests.integration.writes.test_contacts import answer, visit
from tests.support.http import caller_of, control_of

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MEMBERS = "query($rule: RuleInput!) { customers(where: $rule) { nodes { externalRefs { value } } } }"


def month(of: dict[str, Any], having: dict[str, Any], source: str) -> dict[str, Any]:
    """A rule about the last thirty days, which are exact seconds."""
    return {source: {**of, "having": having, "window": {"last": "P30D"}}}


async def members(shop: Writing, rule: dict[str, Any], now: datetime) -> list[str]:
    """The references of the members, as of an instant."""
    answering = Answering(shop.scope, control_of(shop.scope), b"k" * 32, lambda: now)
    caller = caller_of(shop.scope, shop.tenant)
    found = orjson.loads((await answering.answer(caller, Asked(MEMBERS, {"rule": rule}, None, True))).body)
    return [ref["value"] for one in found["data"]["customers"]["nodes"] for ref in one["externalRefs"]]


async def around(shop: Writing, rule: dict[str, Any], moment: datetime) -> list[list[str]]:
    """The members a second before an instant, at it, and a second after."""
    return [await members(shop, rule, moment + by) for by in (-SECOND, timedelta(0), SECOND)]


async def test_an_order_a_return_and_a_cancellation_move_a_customer_at_their_own_second(shop: Writing) -> None:
    spent = month({}, {"sum": {"field": "net_total", "test": {"gte": "25"}}}, "orders")
    at = {"placedAt": NOW.isoformat()}
    assert await members(shop, spent, NOW) == []
    await shop.recorded("ordersRecord", order("o1", line("A", 3), **at))
    assert await around(shop, spent, NOW) == [[], ["c1"], ["c1"]]
    assert await around(shop, spent, NOW + timedelta(days=30)) == [["c1"], [], []]
    later = NOW + timedelta(days=5)
    await shop.recorded("orderReturnsRecord", back("r1", line("A", 1), returnedAt=later.isoformat()))
    assert await around(shop, spent, later) == [["c1"], [], []]
    await shop.recorded("orderReturnsRecord", back("r1", line("A", "0.5"), returnedAt=later.isoformat()))
    assert await around(shop, spent, later) == [["c1"], ["c1"], ["c1"]]
    cancelled = NOW + timedelta(days=7)
    gone = {"status": "CANCELLED", "cancelledAt": cancelled.isoformat()}
    await shop.recorded("ordersRecord", order("o1", line("A", 3), **at, **gone))
    assert await around(shop, spent, cancelled + SECOND) == [[], [], []]
    await shop.recorded("ordersRecord", order("o1", line("A", 3), **at))
    assert await members(shop, spent, cancelled) == ["c1"]


async def test_a_visit_and_an_answer_move_a_customer_at_their_own_second(shop: Writing) -> None:
    visited = month({"types": ["VISIT"]}, {"count": {"gte": "2"}}, "interactions")
    await shop.recorded("interactionsRecord", visit("v1", occurredAt=(NOW - timedelta(days=1)).isoformat()))
    assert await members(shop, visited, NOW) == []
    await shop.recorded("interactionsRecord", visit("v2", occurredAt=NOW.isoformat()))
    assert await around(shop, visited, NOW) == [[], ["c1"], ["c1"]]
    unhappy = month({"kind": ["NPS"], "score": {"lte": "6"}}, {"exists": True}, "feedback")
    await shop.recorded("feedbackRecord", answer(score="9", submittedAt=(NOW - timedelta(days=1)).isoformat()))
    assert await members(shop, unhappy, NOW) == []
    await shop.recorded("feedbackRecord", answer("f2", score="3", submittedAt=NOW.isoformat()))
    assert await around(shop, unhappy, NOW) == [[], ["c1"], ["c1"]]
    await shop.recorded("feedbackRecord", answer("f2", score="8", submittedAt=NOW.isoformat()))
    assert await around(shop, unhappy, NOW) == [[], [], []]
