"""Orders from an import: every line of an order together, whole or not at all.

Lines are replaced by the file's.  Where amounts or lines change, ``order_revision`` keeps what was.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Result, TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.refs import customers_seen, no_customer
from domain.events import EventTopic, announce
from domain.orders.heads import (
    AMOUNTS,
    FIELDS,
    Head,
    amounts_differ,
    fault_of,
    fields_differ,
    misdated,
    read_heads,
    sightings,
    written,
)
from domain.orders.products import create_products, unknown_products
from domain.staging import (
    STAGED_OF,
    Chunk,
    Loaded,
    Loading,
    Outcome,
    Overtaken,
    listed,
    recordset,
    statement,
    unloaded,
)

SUBJECT = "orders"
_ITEM_COLUMNS = ("product_id", "quantity", "unit_price", "net_amount", "base_net", "customization")
_ITEM_PAIRS = ", ".join(f"'{name}', i.{name}" for name in ("line", *_ITEM_COLUMNS))
_ORDERS = recordset("orders", id="uuid", key="text")
_ORDER_ROWS = recordset(
    "orders", id="uuid", key="text", customer_id="uuid", placed_at="timestamptz", cancelled_at="timestamptz",
    status="text", currency="text", channel="text", store="text", total="numeric", discount="numeric",
    net_total="numeric", base_net="numeric",
)  # fmt: skip
_REVISIONS = recordset("revisions", id="uuid", order_id="uuid", valid_from="timestamptz")
_HEAD_COLUMNS = ("customer_id", *FIELDS, *AMOUNTS)
_LINES = f"""
    SELECT s.id, orders.id AS order_id, row_number() OVER (PARTITION BY s.key ORDER BY s.line, s.part) AS line,
           p.id AS product_id, CAST(s.data ->> 'quantity' AS numeric(20, 4)) AS quantity,
           CAST(s.data ->> 'unit_price' AS numeric(20, 4)) AS unit_price,
           CAST(s.data ->> 'net_amount' AS numeric(20, 4)) AS net_amount,
           CAST(s.data ->> 'base_net' AS numeric(20, 4)) AS base_net, s.data ->> 'customization' AS customization
    FROM {_ORDERS} CROSS JOIN {STAGED_OF.format(key="orders.key")}
    CROSS JOIN LATERAL (SELECT id FROM product WHERE sku = s.data ->> 'sku' LIMIT 1) AS p"""

_CHANGED_LINES = statement(f"""
    WITH lines AS MATERIALIZED ({_LINES}), stored AS MATERIALIZED (
        SELECT i.* FROM {_ORDERS} CROSS JOIN LATERAL (
            SELECT * FROM order_item AS t WHERE t.order_id = orders.id AND t.dropped_at IS NULL OFFSET 0
        ) AS i
    )
    SELECT DISTINCT coalesce(l.order_id, i.order_id) FROM lines AS l
    FULL JOIN stored AS i ON i.order_id = l.order_id AND i.line = l.line
    WHERE ROW({", ".join(f"l.{name}" for name in _ITEM_COLUMNS)}) IS DISTINCT FROM
          ROW({", ".join(f"i.{name}" for name in _ITEM_COLUMNS)})""")
_CREATE = statement(f"""
    WITH made AS (SELECT * FROM {_ORDER_ROWS})
    INSERT INTO orders (id, system, external_id, {", ".join(_HEAD_COLUMNS)}, recorded_at, updated_at)
    SELECT id, :system, key, {", ".join(_HEAD_COLUMNS)}, :now, :now FROM made""")
_UPDATE = statement(f"""
    UPDATE orders AS t SET {", ".join(f"{name} = m.{name}" for name in _HEAD_COLUMNS)},
        version = t.version + 1, updated_at = :now
    FROM (SELECT * FROM {_ORDER_ROWS}) AS m WHERE t.id = m.id""")
_LOCK = statement(f"""
    SELECT o.id, o.version FROM orders AS o JOIN {_ORDERS} ON o.id = orders.id ORDER BY o.id FOR UPDATE OF o""")
_REVISE = statement(f"""
    WITH made AS (
        SELECT revisions.id, revisions.valid_from, o.id AS order_id, o.total, o.discount, o.net_total, o.base_net,
               coalesce((SELECT jsonb_agg(jsonb_build_object({_ITEM_PAIRS}) ORDER BY i.line)
                         FROM order_item AS i WHERE i.order_id = o.id AND i.dropped_at IS NULL), '[]') AS items
        FROM orders AS o JOIN {_REVISIONS} ON o.id = revisions.order_id
    )
    INSERT INTO order_revision (id, order_id, before_total, before_discount, before_net_total, before_base_net,
                                before_items, valid_from, recorded_at)
    SELECT id, order_id, total, discount, net_total, base_net, items, valid_from, :now FROM made""")
_WRITE_LINES = statement(f"""
    WITH lines AS ({_LINES})
    INSERT INTO order_item (id, order_id, line, {", ".join(_ITEM_COLUMNS)})
    SELECT id, order_id, line, {", ".join(_ITEM_COLUMNS)} FROM lines
    ON CONFLICT (order_id, line) DO UPDATE
    SET dropped_at = NULL, {", ".join(f"{name} = excluded.{name}" for name in _ITEM_COLUMNS)}""")
_SURPLUS = f"""
    SELECT i.id FROM order_item AS i JOIN {_ORDERS} ON i.order_id = orders.id
    WHERE i.dropped_at IS NULL
      AND i.line > (SELECT count(s.data ->> 'sku') FROM {STAGED_OF.format(key="orders.key")})"""
_UNLINK = statement(f"UPDATE order_return SET item_id = NULL WHERE item_id IN ({_SURPLUS})")
# Kept, for what the order was before: ``order_revision`` names its lines by number.
_DROP_LINES = statement(f"""
    UPDATE order_item AS t SET dropped_at = revisions.valid_from FROM {_REVISIONS}
    WHERE t.order_id = revisions.order_id AND t.id IN ({_SURPLUS})""")
# Not what was voided for another reason than the order's cancellation.
_VOID = statement(f"""
    UPDATE order_return AS r SET voided_at = o.cancelled_at
    FROM orders AS o JOIN {recordset("orders", id="uuid", was="timestamptz")} ON o.id = orders.id
    WHERE r.order_id = o.id AND r.voided_at IS NOT DISTINCT FROM orders.was
      AND r.voided_at IS DISTINCT FROM o.cancelled_at""")


async def load_orders(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Create and update orders with their lines.  An order with a broken line is refused whole."""
    done = await unloaded(session, loading, chunk)
    # An order that is refused for one line fails with all its lines: counted below.
    done.entities[Outcome.FAILED] = done.lines[Outcome.FAILED] = 0
    heads = await read_heads(session, loading, chunk)
    refused = await unknown_products(session, loading, chunk)
    sound = [head for head in heads if not head.broken and head.key not in refused]
    relined = await _changed_lines(session, loading, chunk, [head for head in sound if head.id is not None])
    # All that can be refused is, before customers and products are made of what is left.
    for head in sound:
        fault = fault_of(head) or (misdated(head, loading.now) if _revised(head, relined) else None)
        if fault:
            refused[head.key] = [fault]
    done.failures += [one for found in refused.values() for one in found]
    good = [head for head in sound if head.key not in refused]
    customers = await customers_seen(session, loading, sightings(good), done)
    done.failures += [no_customer(head.line, head.customer) for head in good if head.customer not in customers]
    good = [head for head in good if head.customer in customers]
    whole = {head.key for head in good}
    for head in heads:
        if head.key not in whole:
            done.count(Outcome.FAILED, int(head.lines))
    done.besides["products"] += await create_products(session, loading, chunk, whole)
    await _Orders(session, loading, chunk, done, customers).write(good, relined)
    return done


async def _changed_lines(session: AsyncSession, loading: Loading, chunk: Chunk, known: list[Head]) -> set[UUID]:
    """Orders whose lines are not as stored.  A line whose product is not made yet is one that is not there."""
    if not known:
        return set()
    return set(await session.scalars(_CHANGED_LINES, {**chunk.of(loading), "orders": listed(_named(known))}))


def _revised(head: Head, relined: set[UUID]) -> bool:
    return head.id is not None and (amounts_differ(head) or head.id in relined)


class _Orders:
    """The writing of one chunk's orders."""

    def __init__(
        self, session: AsyncSession, loading: Loading, chunk: Chunk, done: Loaded, customers: dict[str, UUID]
    ) -> None:
        self.session, self.loading, self.done, self.customers = session, loading, done, customers
        self.places = {**chunk.of(loading), "system": loading.system, "now": loading.now}

    async def write(self, heads: list[Head], relined: set[UUID]) -> None:
        """Create the new ones, update those that differ, count the rest.  ``relined``: whose lines differ."""
        known = [head for head in heads if head.id is not None]
        revised = [head for head in known if _revised(head, relined)]
        altered = {head.id for head in revised}
        altered |= {head.id for head in known if fields_differ(head, self.customers[head.customer])}
        for head in known:
            if head.id not in altered:
                self.done.count(Outcome.UNCHANGED, int(head.lines))
        await self._update([head for head in known if head.id in altered], revised)
        await self._create([head for head in heads if head.id is None])

    async def _create(self, heads: list[Head]) -> None:
        if heads:
            made = {head.key: new_id(self.loading.now) for head in heads}
            await self._run(_CREATE, orders=self._rows(heads, made))
            await self._run(_WRITE_LINES, orders=[{"id": id_, "key": key} for key, id_ in made.items()])
            self._count(heads, made, Outcome.CREATED)

    async def _update(self, changed: list[Head], revised: list[Head]) -> None:
        if not changed:
            return
        locked = await self._run(_LOCK, orders=_named(changed))
        if {(row.id, row.version) for row in locked} != {(head.id, head.version) for head in changed}:
            raise Overtaken
        if revised:
            revisions = [
                {"id": new_id(self.loading.now), "order_id": head.id, "valid_from": head.valid_from or self.loading.now}
                for head in revised
            ]
            await self._run(_REVISE, revisions=revisions)
            for lines in (_WRITE_LINES, _UNLINK):
                await self._run(lines, orders=_named(revised))
            await self._run(_DROP_LINES, orders=_named(revised), revisions=revisions)
        ids = {head.key: head.id for head in changed}
        await self._run(_UPDATE, orders=self._rows(changed, ids))
        await self._run(_VOID, orders=[{"id": head.id, "was": head.stored_cancelled_at} for head in changed])
        self._count(changed, ids, Outcome.UPDATED)

    async def _run(self, what: TextClause, **lists: list[Any]) -> Result[Any]:
        """One statement, its lists as JSON."""
        places = self.places | {name: listed(rows) for name, rows in lists.items()}
        return await self.session.execute(what, places)

    def _rows(self, heads: list[Head], ids: Mapping[str, UUID]) -> list[Any]:
        return [written(head, ids[head.key], self.customers[head.customer]) for head in heads]

    def _count(self, heads: list[Head], ids: Mapping[str, UUID], outcome: Outcome) -> None:
        for head in heads:
            self.done.count(outcome, int(head.lines))
            customer = str(self.customers[head.customer])
            announce(self.session, EventTopic.ORDER_RECORDED, ids[head.key], self.loading.now, customer_id=customer)


def _named(heads: list[Head]) -> list[Any]:
    return [{"id": head.id, "key": head.key} for head in heads]
