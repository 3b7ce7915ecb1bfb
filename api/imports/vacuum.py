"""VACUUM (ANALYZE) after an import: rows that were never vacuumed are read four times slower, and planned blindly."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from api.imports.run import Vacuum


def vacuuming(owner: AsyncEngine, schema: str) -> Vacuum:
    """Vacuums tables of ``schema`` as their owner, one after the other, outside any transaction."""

    async def vacuum(tables: Sequence[str]) -> None:
        async with owner.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables:
                await alone.exec_driver_sql(f'VACUUM (ANALYZE) "{schema}"."{table}"')

    return vacuum
