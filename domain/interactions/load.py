"""Interactions from an import: by the number their system gives them."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.refs import KNOWN, named_customers, no_customer
from domain.events import EventTopic, announce
from domain.staging import Chunk, Loaded, Loading, Outcome
from domain.upsert import Upsert, stored, upsert

SUBJECT = "interactions"
_UPSERT = Upsert(
    table="interaction",
    columns={
        "customer_id": "who.id",
        "type": "n.type",
        "name": "n.name",
        "channel": "n.channel",
        "direction": "n.direction",
        "occurred_at": "n.occurred_at",
        "outcome": "n.outcome",
        "properties": "coalesce(n.properties, '{}')",
    },
    found=f"""
        {KNOWN}
        {stored("interaction", "t.system = :system AND t.external_id = l.key")}""",
    refused="CASE WHEN who.id IS NULL THEN 'customer' END",
    # Whom it names, or whose it is now.
    shown="coalesce(CAST(j.customer_id AS text), j.ref)",
    kept="l.data ->> 'customer' AS ref",
    at_creation={"system": ":system", "external_id": "j.key", "recorded_at": ":now"},
)


async def load_interactions(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Create and update interactions; a customer nobody knows is created or the row refused, as the import says."""
    named = Loaded()
    await named_customers(session, loading, chunk, "occurred_at", named)
    done, told = await upsert(session, loading, chunk, _UPSERT, customer_system=loading.customer_system)
    done.add(named)
    for row in told:
        if row.outcome == Outcome.FAILED:
            done.failures.append(no_customer(row.line, row.shown))
        else:
            announce(session, EventTopic.INTERACTION_RECORDED, row.id, loading.now, customer_id=row.shown)
    return done
