"""What a tenant's schema is made of, compiled once to one script for all tenants.

A new tenant gets the tables of today, not the history of migrations; a test proves that both are equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import MetaData, create_mock_engine, insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from migrations.compiled import VERSION_TABLE, Revisions

FirstRows = Sequence[tuple[Any, dict[str, Any]]]  # (mapped class or table, column values)


@dataclass(slots=True)
class Blueprint:
    """The tables, first rows and migrations of a tenant; given by whoever knows what they mean."""

    metadata: MetaData
    first_rows: FirstRows
    revisions: Revisions
    _script: str | None = field(init=False, default=None)

    @property
    def script(self) -> str:
        """SQL that makes everything in the schema that the ``search_path`` names, the version row included."""
        if self._script is None:
            self._script = ";\n".join((*tables(self.metadata), *rows(self.first_rows), *version(self.revisions.head)))
        return self._script

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, those referred to first."""
        return tuple(table.name for table in self.metadata.sorted_tables)


def opening(schema: str) -> str:
    """What must stand before the tables: the path, and what the tenant's role may do with tables to come."""
    return (
        f"SET LOCAL search_path TO {schema}, pg_temp;\n"
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {schema};\n"
    )


def closing(schema: str) -> str:
    """What must stand after the tables: the tenant's role has no business with the version."""
    return f";\nREVOKE ALL ON {VERSION_TABLE} FROM {schema};\n"


def tables(metadata: MetaData) -> list[str]:
    """The statements that make the tables and their indexes."""
    made: list[str] = []
    dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]
    engine = create_mock_engine(
        "postgresql+asyncpg://", lambda statement, *_, **__: made.append(str(statement.compile(dialect=dialect)))
    )
    metadata.create_all(engine, checkfirst=False)
    return made


def rows(first_rows: FirstRows) -> list[str]:
    """The statements that insert them."""
    dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]
    options = {"literal_binds": True}
    return [
        str(insert(table).values(values).compile(dialect=dialect, compile_kwargs=options))
        for table, values in first_rows
    ]


def version(revision: str) -> list[str]:
    """The statements that say which revision the schema has; the table as alembic makes it."""
    return [
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL,"
        f" CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))",
        f"INSERT INTO {VERSION_TABLE} (version_num) VALUES ('{revision}')",
    ]
