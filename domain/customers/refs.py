"""Who an external reference of a row means, and customers that become known through their events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.customer import WRITABLE
from domain.customers.presence import there_sql
from domain.events import EventTopic, announce
from domain.refusal import ProblemCode
from domain.staging import STAGED, Chunk, Failure, Loaded, Loading, listed, recordset, statement
from domain.values import BadValue, shown


@dataclass(slots=True)
class Sighting:
    """A customer named by rows: when first, and what they say of it, should it be new."""

    at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)


# Each looked up by its index (see upsert.stored): the import itself makes the tables grow.
_NAMED = """CASE WHEN :customer_system IS NULL THEN CAST({ref} AS uuid) ELSE (
            SELECT customer_id FROM customer_external_ref
            WHERE system = :customer_system AND value = {ref} LIMIT 1
        ) END"""
# Locked as the foreign keys of events lock them: who merges waits for what is being recorded, and finds it; what is
# recorded waits for who merges, and sees the winner.
_FIND = statement(f"""
    SELECT named.ref, CAST(coalesce(c.merged_into, c.id) AS text) AS id, {there_sql("c")} AS there
    FROM (
        SELECT wanted.ref, {_NAMED.format(ref="wanted.ref")} AS id FROM {recordset("wanted", ref="text")} ORDER BY id
    ) AS named
    CROSS JOIN LATERAL (SELECT * FROM customer AS t WHERE t.id = named.id LIMIT 1 FOR KEY SHARE) AS c""")

_FILLED = [name for name in WRITABLE if name not in ("kind", "tags")]
_CREATE = statement(f"""
    WITH made AS (
        SELECT wanted.id AS new_id, wanted.ref, wanted.at, n.*
        FROM {recordset("wanted", id="uuid", ref="text", at="timestamptz", fields="jsonb")}
        CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS customer), wanted.fields) AS n
    ), created AS (
        INSERT INTO customer (id, kind, tags, {", ".join(_FILLED)}, registered_at, created_at, updated_at)
        SELECT new_id, coalesce(kind, 'PERSON'), coalesce(tags, '{{}}'), {", ".join(_FILLED)}, at, :now, :now FROM made
    )
    INSERT INTO customer_external_ref (system, value, customer_id, recorded_at)
    SELECT :system, ref, new_id, :now FROM made""")

# A customer that this same run created has no history yet: its version stays.
_LOWER = statement(f"""
    UPDATE customer AS c SET registered_at = seen.at, updated_at = greatest(c.updated_at, :now),
        version = c.version + CASE WHEN c.created_at = :now THEN 0 ELSE 1 END
    FROM (SELECT id, min(at) AS at FROM {recordset("wanted", id="uuid", at="timestamptz")} GROUP BY id) AS seen
    WHERE c.id = seen.id AND c.registered_at > seen.at
    RETURNING c.id, c.created_at = :now AS fresh""")


async def customers_seen(
    session: AsyncSession, loading: Loading, seen: Mapping[str, Sighting], done: Loaded
) -> dict[str, UUID]:
    """Reference → customer.  Unknown ones are created if the import may, else left out, as are those who are gone.

    A customer is known from the earliest event that names it on: ``registered_at`` is lowered to it.
    """
    if not seen:
        return {}
    wanted = listed({"ref": ref} for ref in seen)
    rows = await session.execute(_FIND, {"wanted": wanted, "customer_system": loading.customer_system})
    named = {row.ref: UUID(row.id) if row.there else None for row in rows}
    found = {ref: id_ for ref, id_ in named.items() if id_ is not None}
    if found:
        known = [{"id": id_, "at": seen[ref].at} for ref, id_ in found.items()]
        lowered = await session.execute(_LOWER, {"wanted": listed(known), "now": loading.now})
        for row in lowered:
            if not row.fresh:
                announce(session, EventTopic.CUSTOMER_UPDATED, row.id, loading.now, fields=["registered_at"])
    if loading.create_customers and len(named) < len(seen):
        new = {ref: one for ref, one in seen.items() if ref not in named}
        found |= await _create(session, loading, new)
        done.besides["customers"] += len(new)
    return found


async def _create(session: AsyncSession, loading: Loading, new: Mapping[str, Sighting]) -> dict[str, UUID]:
    made = {ref: new_id(loading.now) for ref in new}
    rows = [{"id": made[ref], "ref": ref, "at": one.at, "fields": dict(one.fields)} for ref, one in new.items()]
    wanted = listed(rows)
    await session.execute(_CREATE, {"wanted": wanted, "system": loading.customer_system, "now": loading.now})
    for id_ in made.values():
        announce(session, EventTopic.CUSTOMER_CREATED, id_, loading.now)
    return made


# SQL: the join that yields ``who.id``, the customer that the staged row ``l`` names, once they are created.
KNOWN = f"""LEFT JOIN LATERAL (
            SELECT coalesce(t.merged_into, t.id) AS id FROM customer AS t
            WHERE t.id = {_NAMED.format(ref="l.data ->> 'customer'")} AND {there_sql("t")} LIMIT 1
        ) AS who ON true"""


async def named_customers(session: AsyncSession, loading: Loading, chunk: Chunk, at: str, done: Loaded) -> None:
    """See to the customers that the chunk's rows name; ``at`` is the field that dates them."""
    rows = await session.execute(_named_at(at), chunk.of(loading))
    seen = {row.customer: Sighting(row.at, orjson.loads(row.fields or "{}")) for row in rows}
    await customers_seen(session, loading, seen, done)


@cache
def _named_at(at: str) -> TextClause:
    return statement(f"""
        SELECT customer, min(at) AS at, CAST((array_agg(fields))[1] AS text) AS fields
        FROM (SELECT DISTINCT ON (key) data ->> 'customer' AS customer, data -> 'customer_fields' AS fields,
                     CAST(data ->> '{at}' AS timestamptz) AS at
              FROM import_row WHERE {STAGED} AND state = 'READY' ORDER BY key, line DESC, part DESC) AS latest
        WHERE customer IS NOT NULL GROUP BY customer""")


def no_customer(line: int, ref: str) -> Failure:
    """A row's customer is unknown, and the import may not create customers."""
    problem = BadValue(
        ProblemCode.NOT_FOUND,
        f"No customer has the reference {shown(ref)}.",
        f"没有编号为 {shown(ref)} 的客户。",
    )
    return Failure(line, "customer", problem)
