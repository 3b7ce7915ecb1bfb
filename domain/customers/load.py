"""Customers from an import: by external reference, fields that the file does not have are left alone."""

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import WRITABLE
from domain.customers.fields import NEVER_NULL
from domain.customers.history import Change, document, record_changes
from domain.customers.presence import there_sql
from domain.events import EventTopic, announce
from domain.refusal import ProblemCode
from domain.staging import Chunk, Failure, Loaded, Loading
from domain.upsert import Upsert, stored, upsert
from domain.values import BadValue

SUBJECT = "customers"
_DEFAULTS = {"kind": "'PERSON'", "tags": "'{}'"}
assert _DEFAULTS.keys() == NEVER_NULL.keys()


_CHANGES = f"""(
    SELECT CAST(jsonb_agg(jsonb_build_object(
        'field', key, 'before', CAST(NULLIF(b.value, 'null') AS text), 'after', CAST(NULLIF(a.value, 'null') AS text)
    ) ORDER BY key) AS text)
    FROM jsonb_each({document("(j.stored)")}) AS b
    FULL JOIN jsonb_each({document("j")}) AS a USING (key)
    WHERE NULLIF(a.value, 'null') IS DISTINCT FROM NULLIF(b.value, 'null'))"""

_UPSERT = Upsert(
    table="customer",
    columns={
        **{name: f"coalesce(n.{name}, {_DEFAULTS[name]})" if name in _DEFAULTS else f"n.{name}" for name in WRITABLE},
        "attributes": "jsonb_strip_nulls(coalesce(o.attributes, '{}') || coalesce(l.data -> 'attributes', '{}'))",
        # Only ever lowered: a later date would put events before the customer was known.
        "registered_at": "coalesce(least(o.registered_at, CAST(l.earliest AS timestamptz)), :now)",
    },
    windows=", min(data ->> 'registered_at') OVER (PARTITION BY key) AS earliest",
    found=f"""
        LEFT JOIN LATERAL (
            SELECT coalesce(named.merged_into, named.id) AS id
            FROM customer_external_ref AS r JOIN customer AS named ON named.id = r.customer_id
            WHERE r.system = :system AND r.value = l.key LIMIT 1
        ) AS winner ON true
        {stored("customer", "t.id = winner.id")}""",
    refused=f"CASE WHEN NOT {there_sql('o')} THEN 'external_id' END",
    at_creation={"created_at": ":now", "updated_at": ":now"},
    at_update={"version": "t.version + 1", "updated_at": "greatest(t.updated_at, :now)"},
    versioned=True,
    besides=""", referred AS (
        INSERT INTO customer_external_ref (system, value, customer_id, recorded_at)
        SELECT :system, key, new_id, :now FROM judged WHERE stored_id IS NULL AND refused IS NULL
    )""",
    shown=f"CASE WHEN differs THEN {_CHANGES} END",
)


async def load_customers(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Create and update customers; a changed field leaves a row in its history, a new customer none."""
    done, told = await upsert(session, loading, chunk, _UPSERT)
    history: list[Change] = []
    for row in told:
        if row.outcome == "failed":
            done.failures.append(Failure(row.line, row.refused, gone()))
        elif row.outcome == "created":
            announce(session, EventTopic.CUSTOMER_CREATED, row.id, loading.now)
        else:
            changed = orjson.loads(row.shown) if row.shown else []
            history += [Change(row.id, one["field"], one["before"], one["after"]) for one in changed]
            names = [one["field"] for one in changed] or ["registered_at"]
            announce(session, EventTopic.CUSTOMER_UPDATED, row.id, loading.now, fields=names)
    await record_changes(session, history, now=loading.now, actor=loading.actor)
    return done


def gone() -> BadValue:
    """The customer was deleted, and is not brought back by an import."""
    return BadValue(ProblemCode.NOT_FOUND, "This customer was deleted.", "该客户已被删除。")
