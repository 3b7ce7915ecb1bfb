"""Products from an import, and products that become known through the lines of orders."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.events import EventTopic, announce
from domain.refusal import ProblemCode
from domain.staging import STAGED, STAGED_OF, Chunk, Failure, Loaded, Loading, listed, recordset, statement
from domain.upsert import Upsert, stored, upsert
from domain.values import BadValue, shown

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
_NO_PRODUCT = "s.data ->> 'sku' IS NOT NULL AND NOT EXISTS (SELECT FROM product AS p WHERE p.sku = s.data ->> 'sku')"
_UNKNOWN = statement(f"""
    SELECT key, line, data ->> 'sku' AS sku
    FROM (SELECT * FROM import_row WHERE {STAGED} AND state = 'READY') AS s WHERE {_NO_PRODUCT} ORDER BY key, line""")
# The last line that names a new article says what it is called.
_MISSING = statement(f"""
    SELECT DISTINCT ON (sku) s.data ->> 'sku' AS sku, CAST(s.data -> 'product' AS text) AS product
    FROM {recordset("wanted", key="text")} CROSS JOIN {STAGED_OF.format(key="wanted.key")}
    WHERE {_NO_PRODUCT} ORDER BY sku, s.line DESC""")
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


async def unknown_products(session: AsyncSession, loading: Loading, chunk: Chunk) -> dict[str, list[Failure]]:
    """Order number → its lines that name a product nobody knows.  Empty if the import may create products."""
    found: dict[str, list[Failure]] = {}
    if not loading.create_products:
        for row in await session.execute(_UNKNOWN, chunk.of(loading)):
            found.setdefault(row.key, []).append(Failure(row.line, "sku", _no_product(row.sku)))
    return found


async def create_products(session: AsyncSession, loading: Loading, chunk: Chunk, wanted: Collection[str]) -> int:
    """Create the products that the chunk's lines name and nobody knows, those of the orders wanted.  How many."""
    if not loading.create_products:
        return 0
    places = {**chunk.of(loading), "wanted": listed({"key": key} for key in wanted)}
    rows: list[dict[str, Any]] = []
    for row in await session.execute(_MISSING, places):
        rows.append({**orjson.loads(row.product or "{}"), "id": new_id(loading.now), "sku": row.sku})
        announce(session, EventTopic.PRODUCT_SAVED, rows[-1]["id"], loading.now)
    if rows:
        await session.execute(_CREATE, {"made": listed(rows), "now": loading.now})
    return len(rows)


def _no_product(sku: str) -> BadValue:
    return BadValue(
        ProblemCode.NOT_FOUND, f"No product has article number {shown(sku)}.", f"没有货号为 {shown(sku)} 的商品。"
    )
