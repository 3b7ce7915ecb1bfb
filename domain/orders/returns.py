"""Goods that came back, from the lines of an order file: each lowers net at its own date and counts no order."""

from collections import defaultdict

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.refs import customers_seen, no_customer
from domain.events import EventTopic, announce
from domain.orders.heads import sightings
from domain.orders.products import create_products, unknown_products
from domain.staging import STAGED, STAGED_OF, Chunk, Loaded, Loading, Outcome, listed, recordset, statement, unloaded

SUBJECT = "returns"
_COLUMNS = (
    "customer_id", "order_id", "item_id", "product_id", "quantity", "currency", "net_amount", "base_net", "channel",
    "store", "returned_at", "voided_at",
)  # fmt: skip
_HEADS = statement(f"""
    SELECT key, min(line) AS line, sum(lines) AS lines, bool_or(state = 'BROKEN') AS broken,
           min(CAST(data ->> 'placed_at' AS timestamptz)) AS placed_at,
           (array_agg(data ->> 'customer' ORDER BY line DESC, part DESC))[1] AS customer,
           CAST((array_agg(data -> 'customer_fields' ORDER BY line DESC, part DESC))[1] AS text) AS seen
    FROM import_row WHERE {STAGED} AND state <> 'SKIPPED' GROUP BY key ORDER BY key""")

# A return names its order, or stands under its number, or its order is not known.  It is linked to the first line
# of that order with the same product.
_WRITE = statement(f"""
    WITH lines AS MATERIALIZED (
        SELECT s.id AS new_id, s.key, row_number() OVER (PARTITION BY s.key ORDER BY s.line, s.part) AS line,
               wanted.id AS customer_id, o.id AS order_id, i.id AS item_id, p.id AS product_id,
               CAST(s.data ->> 'quantity' AS numeric(20, 4)) AS quantity, s.data ->> 'currency' AS currency,
               CAST(s.data ->> 'net_amount' AS numeric(20, 4)) AS net_amount,
               CAST(s.data ->> 'base_net' AS numeric(20, 4)) AS base_net,
               coalesce(s.data ->> 'channel', o.channel) AS channel, coalesce(s.data ->> 'store', o.store) AS store,
               CAST(s.data ->> 'placed_at' AS timestamptz) AS returned_at, o.cancelled_at AS voided_at
        FROM {recordset("wanted", key="text", id="uuid")} CROSS JOIN {STAGED_OF.format(key="wanted.key")}
        LEFT JOIN LATERAL (SELECT id FROM product WHERE sku = s.data ->> 'sku' LIMIT 1) AS p ON true
        LEFT JOIN LATERAL (
            SELECT * FROM orders AS t
            WHERE t.id = CASE WHEN :customer_system IS NULL AND s.data ->> 'returned_order' IS NOT NULL
                THEN CAST(s.data ->> 'returned_order' AS uuid)
                ELSE (SELECT id FROM orders WHERE system = :system
                      AND external_id = coalesce(s.data ->> 'returned_order', s.key) LIMIT 1) END
            LIMIT 1
        ) AS o ON true
        LEFT JOIN LATERAL (
            SELECT i.id FROM order_item AS i
            WHERE i.order_id = o.id AND i.product_id = p.id AND i.dropped_at IS NULL ORDER BY i.line LIMIT 1
        ) AS i ON true
    ), judged AS MATERIALIZED (
        SELECT l.*, r.id AS stored_id, r.id IS NOT NULL
               AND ROW({", ".join(f"l.{name}" for name in _COLUMNS)}) IS DISTINCT FROM
                   ROW({", ".join(f"r.{name}" for name in _COLUMNS)}) AS differs
        FROM lines AS l LEFT JOIN LATERAL (
            SELECT * FROM order_return AS t
            WHERE t.system = :system AND t.external_id = l.key AND t.line = l.line LIMIT 1
        ) AS r ON true
    ), created AS (
        INSERT INTO order_return (id, system, external_id, line, {", ".join(_COLUMNS)}, recorded_at)
        SELECT new_id, :system, key, line, {", ".join(_COLUMNS)}, :now FROM judged WHERE stored_id IS NULL
    ), updated AS (
        UPDATE order_return AS t SET {", ".join(f"{name} = j.{name}" for name in _COLUMNS)}
        FROM judged AS j WHERE t.id = j.stored_id AND j.differs
    ), gone AS (
        UPDATE order_return AS t SET voided_at = :now
        FROM (SELECT key, max(line) AS lines FROM judged GROUP BY key) AS whole
        WHERE t.system = :system AND t.external_id = whole.key AND t.line > whole.lines AND t.voided_at IS NULL
        RETURNING t.external_id
    )
    SELECT key, CAST((array_agg(coalesce(stored_id, new_id) ORDER BY line))[1] AS text) AS id,
           bool_and(stored_id IS NULL) AS created,
           bool_or(stored_id IS NULL OR differs) OR key IN (SELECT external_id FROM gone) AS changed
    FROM judged GROUP BY key""")


async def load_returns(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Create and update returns.  One with a broken line is refused whole; a line that vanished no longer counts."""
    done = await unloaded(session, loading, chunk)
    # One that is refused for one line fails with all its lines: counted below.
    done.entities[Outcome.FAILED] = done.lines[Outcome.FAILED] = 0
    heads = list(await session.execute(_HEADS, chunk.of(loading)))
    refused = await unknown_products(session, loading, chunk)
    done.failures += [one for found in refused.values() for one in found]
    good = [head for head in heads if not head.broken and head.key not in refused]
    customers = await customers_seen(session, loading, sightings(good), done)
    done.failures += [no_customer(head.line, head.customer) for head in good if head.customer not in customers]
    wanted = {head.key: customers[head.customer] for head in good if head.customer in customers}
    done.besides["products"] += await create_products(session, loading, chunk, wanted)
    places = {**chunk.of(loading), "system": loading.system, "now": loading.now}
    places["customer_system"] = loading.customer_system
    written = await session.execute(
        _WRITE, {**places, "wanted": listed({"key": key, "id": id_} for key, id_ in wanted.items())}
    )
    outcomes: dict[str, Outcome] = defaultdict(lambda: Outcome.FAILED)
    for row in written:
        outcomes[row.key] = Outcome.CREATED if row.created else Outcome.UPDATED if row.changed else Outcome.UNCHANGED
        if row.changed:
            customer = str(wanted[row.key])
            announce(session, EventTopic.ORDER_RETURNED, row.id, loading.now, customer_id=customer)
    for head in heads:
        done.count(outcomes[head.key], int(head.lines))
    return done
