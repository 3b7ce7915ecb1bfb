"""The history of a customer's fields: one row for each change of each field."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.staging import listed, recordset, statement

_CHANGES = statement(f"""
    WITH made AS (
        SELECT id, customer_id, field, CAST(before AS jsonb) AS before, CAST(after AS jsonb) AS after
        FROM {recordset("changes", id="uuid", customer_id="uuid", field="text", before="text", after="text")}
    )
    INSERT INTO attribute_change (id, customer_id, field, before, after, valid_from, recorded_at, actor)
    SELECT id, customer_id, field, before, after, :valid_from, :now, :actor FROM made""")

# customer, field, JSON text before and after (null when none)
Change = tuple[UUID, str, str | None, str | None]


async def record_changes(
    session: AsyncSession, changes: Iterable[Change], *, valid_from: datetime, now: datetime, actor: str
) -> None:
    """Write what changed.  ``valid_from`` must not lie before a change of the same field that is stored already."""
    rows = [
        {"id": new_id(now), "customer_id": customer, "field": field, "before": before, "after": after}
        for customer, field, before, after in changes
    ]
    if rows:
        binds = {"changes": listed(rows), "valid_from": valid_from, "now": now, "actor": actor}
        await session.execute(_CHANGES, binds)
