"""Entities of one row each, loaded as a set: the last line of a key wins, equal rows are left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from domain.staging import STAGED, Chunk, Loaded, Loading, Outcome, Overtaken, statement, unloaded


@dataclass(frozen=True, slots=True)
class Upsert:
    """How staged rows become rows of a table.

    In the SQL, ``l`` is the last staged row of its key, ``o`` the stored row (all null if there is none; ``o.whole``
    is it as one value) and ``n`` the stored row with the record's fields laid over it.
    """

    table: str
    columns: Mapping[str, str]  # column → SQL of its value; compared with what is stored
    found: str  # joins that yield ``o``
    at_creation: Mapping[str, str] = field(default_factory=dict)  # further columns, from ``j``, the judged row
    at_update: Mapping[str, str] = field(default_factory=dict)
    versioned: bool = False
    windows: str = ""  # further columns of ``l``
    besides: str = ""  # further CTEs, over ``judged``
    shown: str = "CAST(NULL AS text)"  # what else is told of a created or changed row ``j``
    kept: str = "l.data IS NULL AS nothing"  # a further column of ``j``, from ``l`` and its joins
    refused: str = "CAST(NULL AS text)"  # name of the field for which the row is refused, from ``l`` and its joins

    def sql(self) -> str:
        """The one statement: judge, insert, update, and tell what was done."""
        values = ", ".join(f"{sql} AS {name}" for name, sql in self.columns.items())
        news, olds = _columns("v", self.columns), _columns("o", self.columns)
        version = "o.version AS stored_version, " if self.versioned else ""
        current = " AND t.version = j.stored_version" if self.versioned else ""
        changes = {name: f"j.{name}" for name in self.columns} | dict(self.at_update)
        makes = {"id": "j.new_id"} | {name: f"j.{name}" for name in self.columns} | dict(self.at_creation)
        return f"""
            WITH latest AS MATERIALIZED (
                SELECT DISTINCT ON (key) key, line, id, data, sum(lines) OVER (PARTITION BY key) AS lines{self.windows}
                FROM import_row WHERE {STAGED} AND state = 'READY' ORDER BY key, line DESC, part DESC
            ), judged AS MATERIALIZED (
                SELECT l.key, l.line, l.lines, l.id AS new_id, o.id AS stored_id, {version}v.*, o.whole AS stored,
                       {self.refused} AS refused, {self.kept},
                       o.id IS NOT NULL AND ROW({news}) IS DISTINCT FROM ROW({olds})
                       -- Two keys may mean one row (merged customers): the last line wins.
                       AND row_number() OVER (PARTITION BY o.id ORDER BY l.line DESC) = 1 AS differs
                FROM latest AS l {self.found}
                CROSS JOIN LATERAL jsonb_populate_record(o.whole, l.data) AS n
                CROSS JOIN LATERAL (SELECT {values}) AS v
            ), created AS (
                INSERT INTO {self.table} ({", ".join(makes)})
                SELECT {", ".join(makes.values())} FROM judged AS j WHERE stored_id IS NULL AND refused IS NULL
                RETURNING 1
            ), updated AS (
                UPDATE {self.table} AS t SET {", ".join(f"{name} = {sql}" for name, sql in changes.items())}
                FROM judged AS j WHERE t.id = j.stored_id AND j.differs AND j.refused IS NULL{current}
                RETURNING 1
            ){self.besides}
            SELECT CASE WHEN refused IS NOT NULL THEN 'failed' WHEN stored_id IS NULL THEN 'created' ELSE 'updated' END
                       AS outcome,
                   key, line, lines, coalesce(stored_id, new_id) AS id, refused, {self.shown} AS shown,
                   1 AS entities, (SELECT count(*) FROM updated) AS updated
            FROM judged AS j WHERE stored_id IS NULL OR differs OR refused IS NOT NULL
            UNION ALL
            SELECT 'unchanged', NULL, NULL, coalesce(sum(lines), 0), NULL, NULL, NULL, count(*), 0
            FROM judged WHERE stored_id IS NOT NULL AND NOT differs AND refused IS NULL"""


def stored(table: str, where: str) -> str:
    """SQL: the join that yields ``o``, found by a unique index.

    A subquery with a limit, so that each row is looked up by the index: in a table that grows by the import itself
    the planner has no statistics and would join by scanning it.
    """
    return f"LEFT JOIN LATERAL (SELECT t.*, t AS whole FROM {table} AS t WHERE {where} LIMIT 1) AS o ON true"


async def upsert(
    session: AsyncSession, loading: Loading, chunk: Chunk, how: Upsert, **binds: Any
) -> tuple[Loaded, Sequence[Row[Any]]]:
    """Load a chunk.  Gives what was done and the rows created, changed or refused.

    Raises ``Overtaken`` when a row was changed by another transaction meanwhile.
    """
    places = {**chunk.of(loading), "system": loading.system, "now": loading.now, **binds}
    rows = (await session.execute(statement(how.sql()), places)).all()
    done = await unloaded(session, loading, chunk)
    told = []
    for row in rows:
        done.count(Outcome(row.outcome), int(row.lines), row.entities)
        if row.key is not None:
            told.append(row)
    if told and told[0].updated != done.entities[Outcome.UPDATED]:
        raise Overtaken
    return done, told


def _columns(alias: str, names: Mapping[str, str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
