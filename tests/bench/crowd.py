"""One tenant with a million customers and ten million orders, made by SQL, kept in ``var/bench-segments``.

It is made again when the tables or what is written here change.
"""

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from api.blueprint import blueprint
from tenancy.embedded import LOGIN, Embedded, open_embedded
from tenancy.engine import create_engine
from tenancy.migrate import migrate_platform
from tenancy.provision import NewTenant, provision
from tests.bench import fill
from tests.bench.merchants import all_tables

HOME = Path("var") / "bench-segments"
CUSTOMERS, ORDERS, INTERACTIONS, ANSWERS = 1_000_000, 10_000_000, 2_000_000, 500_000
NEEDED_BYTES, SLUG = 14 << 30, "bench-segments"
# Random inserts into an index that is larger than the cache take longer than all the rest.
LATE = ("ix_orders_customer_placed", "ix_interaction_customer_occurred")

WHOSE = "(SELECT array_agg(id) FROM customer) AS c(ids)"
MADE_ORDERS = f"""
INSERT INTO orders (id, customer_id, system, external_id, placed_at, cancelled_at, status, currency, total, discount,
                    net_total, base_net, channel, store, recorded_at, updated_at)
SELECT uuidv7(placed - clock_timestamp()), ids[1 + floor(random() * {CUSTOMERS})::int], 'shop', n::text, placed,
       CASE WHEN cancelled THEN placed + interval '1 hour' END,
       CASE WHEN cancelled THEN 'CANCELLED' ELSE 'FULFILLED' END, 'EUR', amount + 1, 1, amount, amount,
       (ARRAY['web', 'store', 'wechat'])[1 + n % 3], 'Store ' || n % 20, placed, placed
  FROM (SELECT n, ids, random() < 0.02 AS cancelled, (5 + random() * 500)::numeric(20, 4) AS amount,
               $1::timestamptz - interval '730 days' + n * (interval '730 days' / {ORDERS}) AS placed
          FROM generate_series(1, {ORDERS}) AS n, {WHOSE}) AS made
"""
MADE_RETURNS = """
INSERT INTO order_return (id, customer_id, order_id, system, external_id, line, quantity, currency, net_amount,
                          base_net, channel, store, returned_at, recorded_at)
SELECT uuidv7(back - clock_timestamp()), customer_id, id, 'shop', external_id, 1, 1, 'EUR', base_net / 2, base_net / 2,
       channel, store, back, back
  FROM (SELECT *, placed_at + interval '10 days' AS back FROM orders WHERE cancelled_at IS NULL) AS o
 WHERE random() < 0.03 AND back < $1::timestamptz
"""
MADE_INTERACTIONS = f"""
INSERT INTO interaction (id, customer_id, system, external_id, type, channel, direction, occurred_at, recorded_at)
SELECT uuidv7(at - clock_timestamp()), ids[1 + floor(random() * {CUSTOMERS})::int], 'web', n::text,
       (ARRAY['VISIT', 'PAGE_VIEW', 'EMAIL_OPENED', 'CALL'])[1 + n % 4], (ARRAY['WEB', 'EMAIL', 'PHONE'])[1 + n % 3],
       'INBOUND', at, at
  FROM (SELECT n, ids, $1::timestamptz - interval '730 days' + n * (interval '730 days' / {INTERACTIONS}) AS at
          FROM generate_series(1, {INTERACTIONS}) AS n, {WHOSE}) AS made
"""
# In the last 60 days one customer of 20 moved, was labelled anew or was born on another day; one order of 200 was put
# right.
MADE_CHANGES = """
WITH changed AS (
    SELECT id, n, city, tags, birth_date,
           $1::timestamptz - (n % 86400 * 60) * interval '1 second' AS since
      FROM (SELECT *, row_number() OVER (ORDER BY email) AS n FROM customer WHERE random() < 0.05) AS c
), touched AS (
    UPDATE customer SET updated_at = since FROM changed WHERE customer.id = changed.id
)
INSERT INTO attribute_change (id, customer_id, field, before, after, valid_from, recorded_at, actor)
SELECT uuidv7(since - clock_timestamp()), id, field, before, after, since, since, 'key:bench'
  FROM changed CROSS JOIN LATERAL (VALUES
       (0, 'city', to_jsonb('City ' || n % 500), to_jsonb(city)),
       (1, 'tags', to_jsonb(ARRAY['gold']), to_jsonb(tags)),
       (2, 'birth_date', to_jsonb(date '1955-01-01'), to_jsonb(birth_date))) AS was(place, field, before, after)
 WHERE n % 3 = place
"""
MADE_REVISIONS = """
INSERT INTO order_revision (id, order_id, before_total, before_discount, before_net_total, before_base_net,
                            before_items, valid_from, recorded_at)
SELECT uuidv7(back - clock_timestamp()), id, total * 2, discount, net_total * 2, base_net * 2, '[]', back, back
  FROM (SELECT *, placed_at + random() * interval '20 days' AS back FROM orders
         WHERE placed_at > $1::timestamptz - interval '60 days') AS o
 WHERE random() < 0.005 AND back < $1::timestamptz
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The tenant, and the instant its rows end with: it is asked as of then."""

    schema: str
    now: datetime


@contextmanager
def opened(say: Console) -> Iterator[tuple[Embedded, Crowd]]:
    """The server with the tenant, made if it is not there.  It ends when nobody uses it any more."""
    kept, print_ = HOME / "crowd.json", _fingerprint()
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    fresh = found.get("fingerprint") != print_
    if fresh:
        kept.unlink(missing_ok=True)
        shutil.rmtree(HOME / "postgres", ignore_errors=True)
        _announce(say)
    with open_embedded(HOME / "postgres", durable=False, say=say.print) as server:
        if fresh:
            crowd = asyncio.run(_make(server, datetime.now(UTC), say))
            kept.write_text(json.dumps({"fingerprint": print_, "schema": crowd.schema, "now": crowd.now.isoformat()}))
            found = json.loads(kept.read_text())
        yield server, Crowd(found["schema"], datetime.fromisoformat(found["now"]))


def _fingerprint() -> str:
    parts = (Path(__file__).read_bytes(), fill.CUSTOMERS.encode(), fill.ANSWERS.encode(), all_tables())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _announce(say: Console) -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(HOME).free
    say.print(f"The tenant takes about {NEEDED_BYTES / 1e9:.0f} GB under {HOME}; {free / 1e9:.0f} GB are free.")
    if free < NEEDED_BYTES:
        raise SystemExit(1)


async def _make(server: Embedded, now: datetime, say: Console) -> Crowd:
    await migrate_platform(server.owner_dsn, LOGIN, server.password(LOGIN))
    owner: AsyncEngine = create_engine(server.owner_dsn)
    connection = await asyncpg.connect(server.owner_dsn)
    try:
        tenant = await provision(owner, blueprint(), NewTenant(slug=SLUG), now)
        await connection.execute(f"SET search_path TO {tenant.schema}")
        # Rows that refer to rows made here need no look at what they refer to.
        await connection.execute("SET session_replication_role TO replica; SET maintenance_work_mem TO '1GB'")
        await connection.execute("SELECT setseed(0.42)")
        late = [
            await connection.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = $1", name) for name in LATE
        ]
        await connection.execute("; ".join(f"DROP INDEX {name}" for name in LATE))
        steps = [
            ("customers", fill.CUSTOMERS, (now, CUSTOMERS)),
            ("orders", MADE_ORDERS, (now,)),
            ("returns", MADE_RETURNS, (now,)),
            ("interactions", MADE_INTERACTIONS, (now,)),
            ("answers", fill.ANSWERS, (now, ANSWERS, CUSTOMERS)),
            ("changes", MADE_CHANGES, (now,)),
            ("revisions", MADE_REVISIONS, (now,)),
            *(("an index", definition, ()) for definition in late),
            ("vacuum", "VACUUM (ANALYZE)", ()),
            ("visibility", "VACUUM", ()),  # the first may have met an older snapshot
        ]
        for name, statement, values in steps:
            begun = time.monotonic()
            with say.status(f"Making {name} …"):
                await connection.execute(statement, *values, timeout=1800)
            say.print(f"{name}: {time.monotonic() - begun:.0f} s")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
        await owner.dispose()
    return Crowd(tenant.schema, now)
