"""Orders of a chunk of staged lines: what each order is by the file, and what is stored of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.refs import Sighting
from domain.staging import STAGED, Chunk, Failure, Loading, statement
from domain.values import WIDEST, out_of_range

Head = Row[Any]
# Compared with the stored order; the customer is compared apart, for it is found in between.
FIELDS = ("placed_at", "cancelled_at", "status", "currency", "channel", "store")
AMOUNTS = ("total", "discount", "net_total", "base_net")

# placed_at is that of the earliest line, everything else of the order as its last line says.
_HEADS = statement(f"""
    WITH staged AS MATERIALIZED (
        SELECT key, line, part, state, lines, data FROM import_row WHERE {STAGED} AND state <> 'SKIPPED'
    ), heads AS (
        SELECT key, min(line) AS line, sum(lines) AS lines, bool_or(state = 'BROKEN') AS broken,
               min(CAST(data ->> 'placed_at' AS timestamptz)) AS placed_at,
               coalesce(sum(CAST(data ->> 'net_amount' AS numeric)), 0) AS total,
               coalesce(sum(CAST(data ->> 'base_net' AS numeric)), 0) AS base_total,
               (array_agg(data ORDER BY line DESC, part DESC))[1] AS last
        FROM staged GROUP BY key
    ), priced AS (
        SELECT h.*, coalesce(CAST(last ->> 'discount' AS numeric), 0) AS discount,
               coalesce(CAST(last ->> 'base_discount' AS numeric), 0) AS base_discount
        FROM heads AS h
    )
    SELECT h.key, h.line, h.lines, h.broken, h.placed_at, h.total, h.discount, h.total - h.discount AS net_total,
           h.base_total - h.base_discount AS base_net, CAST(last ->> 'cancelled_at' AS timestamptz) AS cancelled_at,
           last ->> 'status' AS status, last ->> 'currency' AS currency, last ->> 'channel' AS channel,
           last ->> 'store' AS store, last ->> 'customer' AS customer, CAST(last -> 'customer_fields' AS text) AS seen,
           CAST(last ->> 'valid_from' AS timestamptz) AS valid_from,
           (SELECT max(r.valid_from) FROM order_revision AS r WHERE r.order_id = o.id) AS revised_from,
           o.id AS id, o.version, o.customer_id AS stored_customer_id,
           {", ".join(f"o.{name} AS stored_{name}" for name in FIELDS + AMOUNTS)}
    FROM priced AS h LEFT JOIN LATERAL (
        SELECT * FROM orders AS t WHERE t.system = :system AND t.external_id = h.key LIMIT 1
    ) AS o ON true
    ORDER BY h.key""")


async def read_heads(session: AsyncSession, loading: Loading, chunk: Chunk) -> list[Head]:
    """The chunk's orders, each with what is stored of it, by order number."""
    return list(await session.execute(_HEADS, {**chunk.of(loading), "system": loading.system}))


def sightings(heads: Sequence[Head]) -> dict[str, Sighting]:
    """Whom the orders name, and since when."""
    seen: dict[str, Sighting] = {}
    for head in heads:
        one = seen.setdefault(head.customer, Sighting(head.placed_at, orjson.loads(head.seen or "{}")))
        one.at = min(one.at, head.placed_at)
    return seen


def fault_of(head: Head) -> Failure | None:
    """Why the order as a whole cannot be stored, though each of its lines could."""
    if max(head.total, head.base_net) >= WIDEST:
        return Failure(head.line, "unit_price", out_of_range("The order's total is too large.", "订单总额过大。"))
    if head.net_total < 0:
        return Failure(head.line, "discount", out_of_range("The discount exceeds the total.", "折扣超过总额。"))
    return None


def misdated(head: Head, now: datetime) -> Failure | None:
    """Why its amounts cannot have changed when the row says: not in the future, not before a later change."""
    if head.valid_from is None or (
        head.valid_from <= now and head.valid_from >= (head.revised_from or head.valid_from)
    ):
        return None
    en = "Amounts cannot change in the future, nor before a change that is stored already."
    return Failure(head.line, "valid_from", out_of_range(en, "金额变更不能在将来，也不能早于已存的变更。"))


def fields_differ(head: Head, customer_id: UUID) -> bool:
    """Whether anything but amounts and lines is not as stored."""
    return head.stored_customer_id != customer_id or _differ(head, FIELDS)


def amounts_differ(head: Head) -> bool:
    """Whether an amount is not as stored."""
    return _differ(head, AMOUNTS)


def written(head: Head, id_: UUID, customer_id: UUID) -> Mapping[str, Any]:
    """The order's row, as JSON takes it: amounts as text, so that no digit is lost."""
    return {
        "id": id_,
        "key": head.key,
        "customer_id": customer_id,
        **{name: getattr(head, name) for name in FIELDS},
        **{name: str(getattr(head, name)) for name in AMOUNTS},
    }


def _differ(head: Head, names: tuple[str, ...]) -> bool:
    return any(getattr(head, name) != getattr(head, f"stored_{name}") for name in names)
