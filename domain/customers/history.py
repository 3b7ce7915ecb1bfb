"""The history of a customer's fields: one row for each change of each field, and what a backdated one corrects."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.customer import WRITABLE
from domain.staging import listed, recordset, statement


class Change(NamedTuple):
    """What became of one field; JSON texts, null when none.  ``successor``: the later change that it precedes."""

    customer: UUID
    field: str
    before: str | None
    after: str | None
    successor: UUID | None = None


# The order of a field's changes is (valid_from, recorded_at).  What is true from now on comes after all that is
# stored, also when that was written by a process whose clock is ahead, or in the same operation; what is true since
# a moment comes after all that is true since the same.
_RECORD = statement(f"""
    WITH made AS (
        SELECT id, customer, field, CAST(before AS jsonb) AS before, CAST(after AS jsonb) AS after
        FROM {recordset("changes", id="uuid", customer="uuid", field="text", before="text", after="text")}
    ), written AS (
        INSERT INTO attribute_change (id, customer_id, field, before, after, valid_from, recorded_at, actor)
        SELECT id, customer, field, before, after,
               coalesce(:valid_from, greatest(:now, last.valid_from + interval '1 microsecond')),
               greatest(:now, last.recorded_at + interval '1 microsecond'), :actor
        FROM made CROSS JOIN LATERAL (
            SELECT max(valid_from) AS valid_from,
                   max(recorded_at) FILTER (WHERE valid_from = :valid_from) AS recorded_at
            FROM attribute_change AS c WHERE c.customer_id = made.customer AND c.field = made.field
        ) AS last
        RETURNING customer_id, valid_from
    )
    UPDATE customer AS c SET updated_at = last.valid_from
    FROM (SELECT customer_id, max(valid_from) AS valid_from FROM written GROUP BY customer_id) AS last
    WHERE c.id = last.customer_id AND c.updated_at < last.valid_from""")
_CORRECT = statement(f"""
    UPDATE attribute_change AS c SET before = CAST(changes.after AS jsonb)
    FROM {recordset("changes", successor="uuid", after="text")} WHERE c.id = changes.successor""")


def document(row: str) -> str:
    """SQL: the tracked fields of a customer, its own attributes among them, as one JSON object."""
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in WRITABLE)
    return f"(jsonb_build_object({pairs}) || {row}.attributes)"


async def record_changes(
    session: AsyncSession, changes: Sequence[Change], *, now: datetime, actor: str, valid_from: datetime | None = None
) -> list[UUID]:
    """Write what changed: since ``valid_from``, else from now on; the ids of the rows.

    No change of a customer comes after its ``updated_at``, which is raised where another clock is ahead: questions
    about the past rely on it.  The successor of a backdated change then comes after another value, so its ``before`` is
    corrected.
    """
    ids = [new_id(now) for _ in changes]
    if not changes:
        return ids
    rows = listed({**change._asdict(), "id": id_} for change, id_ in zip(changes, ids, strict=True))
    await session.execute(_RECORD, {"changes": rows, "valid_from": valid_from, "now": now, "actor": actor})
    corrected = [change._asdict() for change in changes if change.successor is not None]
    if corrected:
        await session.execute(_CORRECT, {"changes": listed(corrected)})
    return ids
