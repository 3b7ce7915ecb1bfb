"""Runs alembic's own commands (``alembic -n tenant revision --autogenerate``, ``upgrade``, ``check``) on one schema.

Product code does not come this way: it compiles migrations to SQL, see ``compiled``.
"""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from migrations.compiled import VERSION_TABLE


def run(metadata: MetaData, *, schema: str | None) -> None:
    """Run the command on ``-x dsn=… -x schema=…``, or on the owner's DSN of the environment.

    ``schema`` is that of the metadata's tables; null: the metadata names none, ``-x schema`` does.
    """
    given = context.get_x_argument(as_dictionary=True)
    named = schema or given.get("schema")
    if named is None:
        raise SystemExit("say which schema: alembic -n tenant -x schema=t_… upgrade head")
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True, target_metadata=metadata)
        context.run_migrations()
        return
    dsn = given.get("dsn") or os.environ.get("REGULARS_OWNER_DATABASE_URL")
    if dsn is None:
        raise SystemExit("say which database: -x dsn=postgresql://… or REGULARS_OWNER_DATABASE_URL")
    asyncio.run(_connect(dsn, lambda connection: _migrate(connection, metadata, schema, named)))


async def _connect(dsn: str, work: Any) -> None:
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(work)
    await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData, schema: str | None, named: str) -> None:
    if schema is None:
        # The recipe of Alembic's cookbook: the path names the schema, and reflection takes it for the default one.
        connection.execute(text("SELECT set_config('search_path', :named, true)"), {"named": named})
        connection.dialect.default_schema_name = named
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=schema is not None,
        include_name=lambda name, kind, parents: kind != "schema" or name == schema,
        include_object=compares,
        version_table=VERSION_TABLE,
        version_table_schema=named,
        compare_server_default=True,
    )
    context.run_migrations()


def compares(found: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Whether a difference of this object is one."""
    if kind == "index" and compared is not None:
        # Reflection loses the collation of an index's column, and PostgreSQL writes what is escaped in a text its own
        # way: they would differ for ever.
        return not any(mark in str(part) for part in found.expressions for mark in ("COLLATE", "regexp_replace"))
    return not (kind == "table" and name == VERSION_TABLE)
