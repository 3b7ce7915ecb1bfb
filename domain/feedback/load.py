"""Feedback from an import: one answer by response, kind and question."""

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.refs import KNOWN, named_customers, no_customer
from domain.events import EventTopic, announce
from domain.staging import Chunk, Loaded, Loading, Outcome
from domain.upsert import Upsert, stored, upsert

SUBJECT = "feedback"
_PLAIN = ("survey_key", "score", "scale_min", "scale_max", "comment", "channel", "submitted_at")
# kind || '': without statistics the planner takes the index on kind for as good as the unique one.
_SAME = """t.system = :system AND t.external_id = l.data ->> 'external_id'
            AND t.kind || '' = l.data ->> 'kind' AND t.question_key = l.data ->> 'question_key'"""
_UPSERT = Upsert(
    table="feedback",
    columns={
        "customer_id": "who.id",
        # An order that is not known yet is linked when the file is imported again after it.
        "order_id": "about.id",
        "external_id": "n.external_id",
        "kind": "n.kind",
        "question_key": "n.question_key",
        **{name: f"n.{name}" for name in _PLAIN},
    },
    found=f"""
        {KNOWN}
        CROSS JOIN LATERAL (
            SELECT CASE WHEN :customer_system IS NULL THEN CAST(l.data ->> 'order' AS uuid) ELSE (
                SELECT id FROM orders WHERE system = :customer_system AND external_id = l.data ->> 'order' LIMIT 1
            ) END AS id
        ) AS about
        {stored("feedback", _SAME)}""",
    refused="CASE WHEN who.id IS NULL AND l.data ->> 'customer' IS NOT NULL THEN 'customer' END",
    # Whom it names, or whose it is now; null when it is anonymous.
    shown="coalesce(CAST(j.customer_id AS text), j.ref)",
    kept="l.data ->> 'customer' AS ref",
    at_creation={"system": ":system", "recorded_at": ":now"},
)


async def load_feedback(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Create and update answers; a customer nobody knows is created or the answer refused, as the import says."""
    named = Loaded()
    await named_customers(session, loading, chunk, "submitted_at", named)
    done, told = await upsert(session, loading, chunk, _UPSERT, customer_system=loading.customer_system)
    done.add(named)
    for row in told:
        if row.outcome == Outcome.FAILED:
            done.failures.append(no_customer(row.line, row.shown))
        else:
            ids = {} if row.shown is None else {"customer_id": row.shown}
            announce(session, EventTopic.FEEDBACK_RECEIVED, row.id, loading.now, **ids)
    return done
