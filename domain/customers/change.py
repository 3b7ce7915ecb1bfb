"""Changing a customer: what differs is written, with its history; a backdated change finds its place in it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.check import Said
from domain.customers.customer import WRITABLE, Customer
from domain.customers.history import Change, document, record_changes
from domain.events import EventTopic, announce
from domain.staging import statement
from domain.values import as_json

# What is said of each field against what is true at that time: the column, unless a later change is known.
_DIFFER = statement(f"""
    SELECT given.name, CAST(NULLIF(one.before, 'null') AS text), CAST(NULLIF(one.after, 'null') AS text), next.id
    FROM (
        SELECT {document("o")} AS stored, {document("n")} || CAST(:attributes AS jsonb) AS said
        FROM customer AS o CROSS JOIN LATERAL jsonb_populate_record(o, CAST(:fields AS jsonb)) AS n
        WHERE o.id = :customer
    ) AS whole
    CROSS JOIN LATERAL jsonb_object_keys(CAST(:fields AS jsonb) || CAST(:attributes AS jsonb)) AS given(name)
    LEFT JOIN LATERAL (
        SELECT c.id, c.before FROM attribute_change AS c
        WHERE c.customer_id = :customer AND c.field = given.name AND c.valid_from > :valid_from
        ORDER BY c.valid_from, c.recorded_at LIMIT 1
    ) AS next ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN next.id IS NULL THEN stored -> given.name ELSE next.before END AS before,
               said -> given.name AS after
    ) AS one
    WHERE NULLIF(one.before, 'null') IS DISTINCT FROM NULLIF(one.after, 'null')
    ORDER BY given.name""")
_CHANGE = statement(f"""
    UPDATE customer AS t SET {", ".join(f"{name} = n.{name}" for name in WRITABLE)},
        attributes = jsonb_strip_nulls(t.attributes || CAST(:attributes AS jsonb)),
        version = t.version + 1, updated_at = greatest(t.updated_at, :now)
    FROM customer AS o CROSS JOIN LATERAL jsonb_populate_record(o, CAST(:fields AS jsonb)) AS n
    WHERE t.id = :customer AND o.id = t.id
    RETURNING t.*""")


async def change_customer(
    session: AsyncSession, found: Customer, said: Said, named: bool, now: datetime, actor: str
) -> Customer:
    """The customer, which is locked, with what is said, its history and its event; as it was, when nothing differs.

    ``named``: references were added.  What is said since a moment before a later change leaves the column alone.
    """
    binds = {
        "customer": found.id,
        "fields": as_json(said.fields),
        "attributes": as_json(said.attributes),
        "valid_from": said.valid_from,
    }
    changes = [Change(found.id, *row) for row in await session.execute(_DIFFER, binds)]
    if not changes and not named:
        return found
    current = {change.field for change in changes if change.successor is None}
    binds |= {
        "fields": as_json({name: one for name, one in said.fields.items() if name in current}),
        "attributes": as_json({key: one for key, one in said.attributes.items() if key in current}),
        "now": now,
    }
    changed = select(Customer).from_statement(_CHANGE)
    customer: Customer = (await session.scalars(changed, binds, execution_options={"populate_existing": True})).one()
    await record_changes(session, changes, now=now, actor=actor, valid_from=said.valid_from)
    names = [change.field for change in changes] + ["external_refs"] * named
    announce(session, EventTopic.CUSTOMER_UPDATED, found.id, now, fields=names)
    return customer
