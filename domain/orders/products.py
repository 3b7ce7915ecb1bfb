"""Products from an import, and products that become known through the lines of orders."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.events import EventTopic, announce
from domain.staging import STAGED, Chunk, Failure, Loaded, Loading, listed, recordset, statement
from domain.upsert import Upsert, stored, upsert
from domain.values import BadValue, ValueCode, shown

SUBJECT = "products"
_UPSERT = Upsert(
    table="product",
    columns={
        "sku": "l.key",
        "name": "coalesce(n.name, l.key)",
        "category_path": "coalesce(n.category_path, '{}')",
        "customizable": "coalesce(n.customizable, false)",
        "tags": "coalesce(n.tags, '{}')",
    },
    found=stored("product", "t.sku = l.key"),
    at_creation={"created_at": ":now", "updated_at": ":now"},
    at_update={"version": "t.version + 1", "updated_at": ":now"},
    versioned=True,
)
_NAMED = f"""
    FROM (SELECT data ->> 'sku' AS sku, data -> 'product' AS product, line, key FROM import_row
          WHERE {STAGED} AND state = 'READY') AS named
    WHERE sku IS NOT NULL AND NOT EXISTS (SELECT FROM product AS p WHERE p.sku = named.sku)"""
_UNKNOWN = statement(f"SELECT DISTINCT ON (key) key, line, sku {_NAMED} ORDER BY key, line")
# The last line that names a new article says what it is called.
_MISSING = statement(f"""
    SELECT DISTINCT ON (sku) sku, CAST(product AS text) AS product {_NAMED}
      AND NOT EXISTS (SELECT FROM {recordset("refused", key="text")} WHERE refused.key = named.key)
    ORDER BY sku, line DESC""")
_CREATE = statement(f"""
    WITH made AS (SELECT * FROM {recordset("made", id="uuid", sku="text", name="text", category_path="text[]")})
    INSERT INTO product (id, sku, name, category_path, created_at, updated_at)
    SELECT id, sku, coalesce(name, sku), coalesce(category_path, '{{}}'), :now, :now FROM made""")


async def load_products(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Create and update products, by article number."""
    done, told = await upsert(session, loading, chunk, _UPSERT)
    for row in told:
        announce(session, EventTopic.PRODUCT_SAVED, row.id, loading.now)
    return done


async def unknown_products(session: AsyncSession, loading: Loading, chunk: Chunk) -> dict[str, Failure]:
    """Order number → the first line that names a product nobody knows.  Empty if the import may create products."""
    if loading.create_products:
        return {}
    return {
        row.key: Failure(row.line, "sku", _no_product(row.sku))
        for row in await session.execute(_UNKNOWN, chunk.of(loading))
    }


async def create_products(session: AsyncSession, loading: Loading, chunk: Chunk, refused: Collection[str]) -> int:
    """Create the products that the chunk's lines name and nobody knows, but for the orders refused.  How many."""
    if not loading.create_products:
        return 0
    places = {**chunk.of(loading), "refused": listed({"key": key} for key in refused)}
    rows: list[dict[str, Any]] = []
    for row in await session.execute(_MISSING, places):
        rows.append({**orjson.loads(row.product or "{}"), "id": new_id(loading.now), "sku": row.sku})
        announce(session, EventTopic.PRODUCT_SAVED, rows[-1]["id"], loading.now)
    if rows:
        await session.execute(_CREATE, {"made": listed(rows), "now": loading.now})
    return len(rows)


def _no_product(sku: str) -> BadValue:
    return BadValue(
        ValueCode.NOT_FOUND, f"No product has article number {shown(sku)}.", f"没有货号为 {shown(sku)} 的商品。"
    )
