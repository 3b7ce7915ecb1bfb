"""A shop whose segments are watched, at the instants that a test says: writes, rounds, and who is in by either way."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.graph.request import parse_id, typed_id
from domain.events import write_events
from domain.rules.terms import Terms
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from domain.watching.follow import follow
from domain.watching.read import waiting
from tests.support.club import Club

UNKNOWING = Terms(version=-1, vocabulary=CONDITIONS)
SAVED = "... on CustomerSuccess { customer { id } } ... on Problem { code path }"
CHANGES = """
SELECT s.key, coalesce(c.display_name, '') AS who, m.customer_id, m.change, m.at, m.cause, m.number, m.rule_version
FROM membership_change AS m JOIN segment_watch AS w ON w.id = m.watch_id JOIN segment AS s ON s.id = w.segment_id
JOIN customer AS c ON c.id = m.customer_id ORDER BY m.at, m.recorded_at, m.number"""
STORED = """
SELECT s.key, r.customer_id FROM watched_customer AS r JOIN segment_watch AS w ON w.id = r.watch_id
JOIN segment AS s ON s.id = w.segment_id WHERE r.member AND w.ended_at IS NULL"""


@dataclass
class Watched(Club):
    """Its ``now`` is the clock of what is written and of the rounds."""

    segments: dict[str, str] = field(default_factory=dict)  # ids by key
    recorded: int = 0

    async def prepare(self) -> "Watched":
        """With a product."""
        await self.data('mutation { productsSave(products: [{ sku: "A" }]) { items { problem { code } } } }')
        return self

    async def customer(self, name: str, **said: Any) -> str:
        """Save one by its name; the id."""
        found = await self.try_customer(name, **said)
        assert found is not None
        return found

    async def try_customer(self, name: str, **said: Any) -> str | None:
        """The same; null when it is refused, for the customer is gone."""
        given = {"displayName": name, "externalRefs": [{"system": "shop", "value": name}], **said}
        text = f"mutation($i: CustomerInput!) {{ done: customerUpsert(input: $i) {{ {SAVED} }} }}"
        found = (await self.data(text, i=given))["done"]
        if "customer" not in found:
            return None
        self.ids.setdefault(name, found["customer"]["id"])
        return str(found["customer"]["id"])

    async def change(self, mutation: str, **given: Any) -> Any:
        """A mutation of a customer that takes ids and texts."""
        types = {"losers": "[ID!]!", "reason": "String!"}
        heads = ", ".join(f"${name}: {types.get(name, 'ID!')}" for name in given)
        passed = ", ".join(f"{name}: ${name}" for name in given)
        return (await self.data(f"mutation({heads}) {{ done: {mutation}({passed}) {{ __typename }} }}", **given))[
            "done"
        ]

    async def order(self, name: str, ago: timedelta = timedelta(), **said: Any) -> str:
        """An order of a customer, placed so long ago; its number."""
        found = await self.try_order(name, ago, **said)
        assert found is not None
        return found

    async def try_order(self, name: str, ago: timedelta = timedelta(), **said: Any) -> str | None:
        """The same; null when it is refused, for the customer is gone."""
        self.recorded += 1
        number = said.pop("number", str(self.recorded))
        given = {
            "externalRef": {"system": "shop", "value": number},
            "by": {"externalRef": {"system": "shop", "value": name}},
            "placedAt": (self.now - ago).isoformat(), "status": "PAID", "currency": "EUR",
            "items": [{"sku": "A", "quantity": "1", "unitPrice": "5"}], **said,
        }  # fmt: skip
        text = "mutation($o: [OrderInput!]!) { ordersRecord(orders: $o) { items { problem { code path } } } }"
        done = await self.data(text, o=[given])
        return number if done["ordersRecord"]["items"][0]["problem"] is None else None

    async def segment(self, key: str, **said: Any) -> str:
        """A new segment's id."""
        self.segments[key] = (await self.create(key, **said))["id"]
        return self.segments[key]

    async def watch(self, key: str, *, end: bool = False, every: str | None = None) -> Any:
        """Begin to watch, or end; how it is watched then, or the problem."""
        text = f"""mutation($id: ID!{"" if end else ", $every: Duration"}) {{
            done: segment{"Unwatch(id: $id)" if end else "Watch(id: $id, every: $every)"} {{
            ... on SegmentSuccess {{ segment {{ watch {{ since every compares ready evaluatedAt }} }} }}
            ... on Problem {{ code path }} }} }}"""
        given = {} if every is None else {"every": every}
        found = (await self.data(text, id=self.segments[key], **given))["done"]
        return found["segment"]["watch"] if "segment" in found else found

    async def follow(self) -> int:
        """Rounds until nothing is left to do; how many changes were written."""
        written = 0
        for _ in range(1_000):
            async with self.scope.write(self.tenant, before_commit=write_events) as session:
                done = await follow(session, UNKNOWING, clock=Clock(now=self.now, zone=self.tenant.timezone))
            written += sum(done.changes.values())
            async with self.scope.write(self.tenant) as session:
                left = (await session.execute(waiting())).one()
            if left.unread_since is None and (left.next_at is None or left.next_at > self.now):
                return written
        raise AssertionError("it never ends")

    async def stored(self) -> dict[str, set[UUID]]:
        """Who is in, as it is kept."""
        found: dict[str, set[UUID]] = {}
        for row in await self.rows(STORED):
            found.setdefault(row["key"], set()).add(row["customer_id"])
        return found

    async def live(self, key: str) -> set[UUID]:
        """Who is in, asked now."""
        text = "query($id: ID!) { node(id: $id) { ... on Segment { members(first: 250) { nodes { id } } } } }"
        found = await self.data(text, id=self.segments[key])
        return {parse_id(one["id"]) or UUID(int=0) for one in found["node"]["members"]["nodes"]}

    async def changes(self) -> list[tuple[str, str, str, datetime, str]]:
        """Key, name, change, instant and cause of all, in their order."""
        return [(r["key"], r["who"], r["change"], r["at"], r["cause"]) for r in await self.rows(CHANGES)]

    async def told(self) -> list[tuple[str, str, str, str, str]]:
        """Topic, segment, customer, instant and cause of the events of the log that tell of them."""
        text = """query($t: [EventTopic!]) { events(topics: $t, first: 250) {
            nodes { topic payload occurredAt subject { ... on Customer { id } } } } }"""
        found = await self.data(text, t=["SEGMENT_ENTERED", "SEGMENT_LEFT"])
        names = {typed: key for key, typed in self.segments.items()}
        return [
            (one["topic"], names[typed_id("seg", UUID(one["payload"]["segment_id"]))],
             (one["subject"] or {}).get("id"), one["payload"]["at"], one["payload"]["cause"])
            for one in found["events"]["nodes"]
        ]  # fmt: skip
