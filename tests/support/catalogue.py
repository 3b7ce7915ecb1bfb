"""What a schema consists of, as PostgreSQL's catalogue tells it: for comparing one with another."""

from typing import Any

import asyncpg

from domain.models import FIRST_ROWS

PARTS = {
    "relations": """
        SELECT relname, relkind::text, relpersistence::text, coalesce(reloptions, '{}'), relrowsecurity,
               replace(coalesce(relacl::text, ''), $1, 'tenant')
        FROM pg_class WHERE relnamespace = $1::regnamespace""",
    "columns": """
        SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity::text, attgenerated::text,
               pg_get_expr(adbin, adrelid), attcollation::regcollation::text, attstorage::text
        FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
        WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable, convalidated
        FROM pg_constraint WHERE connamespace = $1::regnamespace""",
    "indexes": """
        SELECT replace(pg_get_indexdef(indexrelid), $1 || '.', '')
        FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
        WHERE relnamespace = $1::regnamespace""",
    "privileges to come": """
        SELECT defaclobjtype::text, replace(defaclacl::text, $1, 'tenant') FROM pg_default_acl
        WHERE defaclnamespace = $1::regnamespace""",
    "privileges": "SELECT replace(nspacl::text, $1, 'tenant') FROM pg_namespace WHERE nspname = $1",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = $1::regnamespace",
    "types": "SELECT typname FROM pg_type WHERE typnamespace = $1::regnamespace AND typtype <> 'c' AND typelem = 0",
}


TENANT_ROWS = tuple(table.__tablename__ for table, _ in FIRST_ROWS)


async def described(dsn: str, schema: str, rows: tuple[str, ...] = TENANT_ROWS) -> dict[str, list[tuple[Any, ...]]]:
    """Every part of a schema, sorted, and the rows of some tables; the schema's own name taken out.

    The order of columns does not matter.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"SET search_path TO {schema}")
        found = {}
        for part, sql in PARTS.items():
            query = sql.replace("$1::regnamespace", f"'{schema}'::regnamespace").replace("$1", f"'{schema}'")
            found[part] = sorted([tuple(map(str, row)) for row in await connection.fetch(query)])
        for table in rows:
            kept = await connection.fetch(f"SELECT r::text FROM {table} AS r")
            found[f"rows of {table}"] = sorted(tuple(row) for row in kept)
        return found
    finally:
        await connection.close()
