"""consentRecord: entries are only added, the last one counts, and what was granted ends by the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.life.conftest import Life, by

RECORD = """
mutation($c: [ConsentInput!]!) { consentRecord(consents: $c) { items { index
  node { id ... on Consent { status evidence } }
  problem { code ... on Invalid { fields { path code message zh: message(locale: "zh") } } } } } }
"""
STATE = """query($by: CustomerBy!) { customer(by: $by) {
  consents { purpose channel status basis source } consentEntries { nodes { status } } } }"""


def said(name: str = "ann", **others: Any) -> dict[str, Any]:
    """An entry: marketing granted."""
    entry = {"by": by(name), "purpose": "MARKETING", "status": "GRANTED", "basis": "CONSENT", "source": "form"}
    return entry | others


async def record(shop: Life, *entries: dict[str, Any]) -> list[Any]:
    """What became of each."""
    found: list[Any] = (await shop.client.data(RECORD, {"c": list(entries)}))["consentRecord"]["items"]
    return found


async def states(shop: Life, name: str = "ann") -> list[tuple[str, Any, str]]:
    """Purpose, channel, status."""
    found = (await shop.client.data(STATE, {"by": by(name)}))["customer"]["consents"]
    return [(one["purpose"], one["channel"], one["status"]) for one in found]


async def test_the_last_entry_counts_by_when_it_was_said_and_then_by_the_order_of_the_list(shop: Life) -> None:
    await shop.customer("ann", events_too=False)
    assert await states(shop) == []
    items = await record(
        shop, said(occurredAt="2024-03-01T00:00:00Z"), said(status="REVOKED", occurredAt="2024-02-01T00:00:00Z"),
        said(purpose="SURVEY", channel="EMAIL", occurredAt="2024-02-01T00:00:00Z", evidence="letter 7"),
        said(purpose="SURVEY", channel="EMAIL", occurredAt="2024-02-01T00:00:00Z", status="DENIED"),
    )  # fmt: skip
    assert [item["node"]["status"] for item in items] == ["GRANTED", "REVOKED", "GRANTED", "DENIED"]
    assert items[2]["node"]["evidence"] == "letter 7"
    assert await states(shop) == [("MARKETING", None, "GRANTED"), ("SURVEY", "EMAIL", "DENIED")]
    assert (await shop.topics())[-4:] == ["CONSENT_CHANGED"] * 4
    payload = await shop.rows("SELECT payload FROM event WHERE topic = 'CONSENT_CHANGED' LIMIT 1")
    assert set(payload[0]["payload"]) == {"consent", "purpose"}


async def test_what_is_granted_ends_by_the_clock_and_rules_see_it(shop: Life) -> None:
    now = datetime.now(UTC)
    ended, later = now - timedelta(days=1), now + timedelta(days=1)
    for name, end in (("ann", ended), ("bob", later)):
        await shop.customer(name, events_too=False)
        await record(shop, said(name, occurredAt="2024-01-01T00:00:00Z", expiresAt=end.isoformat()))
    assert await states(shop, "ann") == [("MARKETING", None, "EXPIRED")]
    assert await states(shop, "bob") == [("MARKETING", None, "GRANTED")]
    text = """query($text: String!) { customers(where: { text: $text }) {
        nodes { externalRefs { value } consents { status } } } }"""
    for status, wanted in (("granted", ["bob"]), ("expired", ["ann"]), ("unknown", [])):
        rule = f'consent(purpose = "marketing", channel = "email", status = "{status}")'
        nodes = (await shop.client.data(text, {"text": rule}))["customers"]["nodes"]
        assert [node["externalRefs"][0]["value"] for node in nodes] == wanted


async def test_each_item_is_refused_by_itself_with_its_place(shop: Life) -> None:
    await shop.customer("ann", events_too=False)
    items = await record(
        shop, said(), said("nobody"), said(status="EXPIRED"), said(source="  "),
        said(occurredAt="2999-01-01T00:00:00Z"),
        said(occurredAt="2024-01-02T00:00:00Z", expiresAt="2024-01-01T00:00:00Z"), said(by={"email": "x"}),
        said(evidence="x" * 2001),
    )  # fmt: skip
    places = [
        item["problem"] and [(".".join(f["path"][2:]), f["code"]) for f in item["problem"]["fields"]] for item in items
    ]
    assert places == [
        None, [("by", "NOT_FOUND")], [("status", "OUT_OF_RANGE")], [("source", "REQUIRED")],
        [("occurredAt", "OUT_OF_RANGE")], [("expiresAt", "OUT_OF_RANGE")], [("by.email", "BAD_EMAIL")],
        [("evidence", "TOO_LONG")],
    ]  # fmt: skip
    assert await shop.one("SELECT count(*) FROM consent") == 1
    many = await shop.client.ask(RECORD, {"c": [said()] * 101})
    assert many["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
