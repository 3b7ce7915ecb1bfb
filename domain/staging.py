"""Where an import stages its rows, and how the subjects load them: chunk by chunk, in sets.

A run stages checked rows in ``import_row``, a permanent UNLOGGED table of the tenant; each subject then loads the
rows of some keys at a time.  A row knows how many lines of the file it stands for, so that lines add up too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, DateTime, Integer, Text, TextClause, Uuid, bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored
from domain.values import BadValue


class RowState(StrEnum):
    """What became of a line of the file."""

    READY = "READY"
    SKIPPED = "SKIPPED"  # by a rule of the map
    BROKEN = "BROKEN"


class ImportRow(Stored):
    """One record of a running import, as read and checked.  Emptied while the import loads."""

    __tablename__ = "import_row"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 — SQLAlchemy's own form

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True, doc="What it becomes: customers, orders, returns …")
    key: Mapped[str] = mapped_column(primary_key=True, doc="The external identifier of the entity it belongs to.")
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True, doc="Line of the file, from 1.")
    part: Mapped[int] = mapped_column(primary_key=True, doc="Which record of the line, from 0.")
    state: Mapped[RowState] = mapped_column(doc="Whether it can be loaded.")
    lines: Mapped[int] = mapped_column(doc="How many lines of the file it stands for.")
    id: Mapped[UUID] = mapped_column(doc="The id its row gets if it is new.")
    data: Mapped[dict[str, Any]] = mapped_column(doc="The record's fields, by column.")


COLUMNS = tuple(ImportRow.__table__.columns.keys())


class Outcome(StrEnum):
    """What an import did with an entity."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Loading:
    """What all chunks of a run share."""

    run_id: UUID
    now: datetime
    system: str  # names the entities
    customer_system: str | None  # names their customers and orders; null: rows name those by our ids
    create_customers: bool = False
    create_products: bool = False
    actor: str = "import"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of a run's rows: one subject's, their keys in ``(after, upto]``."""

    subject: str
    after: str
    upto: str

    def of(self, loading: Loading) -> dict[str, Any]:
        """The bind parameters of ``STAGED``."""
        return {"run": loading.run_id, "subject": self.subject, "after": self.after, "upto": self.upto}


@dataclass(frozen=True, slots=True)
class Failure:
    """An entity that could not be loaded, and the line that names it."""

    line: int
    column: str
    problem: BadValue


@dataclass(slots=True)
class Loaded:
    """What became of entities and of the lines they came from."""

    entities: Counter[Outcome] = field(default_factory=Counter)
    lines: Counter[Outcome] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    besides: Counter[str] = field(default_factory=Counter)  # what else was created, e.g. customers

    def count(self, outcome: Outcome, lines: int, entities: int = 1) -> None:
        """So many more entities and lines had this outcome."""
        self.entities[outcome] += entities
        self.lines[outcome] += lines

    def add(self, other: "Loaded") -> None:
        """Count what another chunk did, too."""
        self.entities.update(other.entities)
        self.lines.update(other.lines)
        self.failures += other.failures
        self.besides.update(other.besides)


class Overtaken(Exception):
    """Another transaction changed a row between reading and writing it: load the chunk again."""


STAGED = "run_id = :run AND subject = :subject AND key > :after AND key <= :upto"
_TYPES: dict[str, Any] = {
    "run": Uuid(),
    "rows": Integer(),
    "now": DateTime(timezone=True),
    "valid_from": DateTime(timezone=True),
    "expired": DateTime(timezone=True),
    "customer": Uuid(),
    "winner": Uuid(),
    "loser": Uuid(),
}


def recordset(name: str, /, **columns: str) -> str:
    """SQL: the JSON array in bind ``name`` as rows of those columns and types."""
    typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    return f"jsonb_to_recordset(CAST(:{name} AS jsonb)) AS {name}({typed})"


# The staged rows of a key, found by the index for each key: staged rows are never analysed, and a join that the
# planner takes for small would compare each with each.
STAGED_OF = (
    "LATERAL (SELECT * FROM import_row AS t WHERE t.run_id = :run AND t.subject = :subject AND t.key = {key}"
    " AND t.state = 'READY' OFFSET 0) AS s"
)


def listed(rows: Iterable[Mapping[str, Any]]) -> str:
    """The JSON of rows for a ``recordset``.  The driver's own UUID class is one that orjson does not know."""
    return orjson.dumps(list(rows), default=str).decode()


def statement(sql: str) -> TextClause:
    """SQL with ``:name`` places, each of its type: PostgreSQL cannot always tell what a bare parameter is."""
    found = text(sql)
    return found.bindparams(*(bindparam(name, type_=_TYPES.get(name, Text())) for name in found.compile().params))


_UPTO = statement(
    "SELECT max(key) FROM (SELECT key FROM import_row WHERE run_id = :run AND subject = :subject AND key > :after"
    " ORDER BY key LIMIT :rows) AS next_rows"
)
_UNLOADED = statement(f"""
    SELECT count(*) FILTER (WHERE broken AND NOT ready), count(*) FILTER (WHERE NOT broken AND NOT ready),
           coalesce(sum(broken_lines), 0), coalesce(sum(skipped_lines), 0)
    FROM (SELECT bool_or(state = 'READY') AS ready, bool_or(state = 'BROKEN') AS broken,
                 coalesce(sum(lines) FILTER (WHERE state = 'BROKEN'), 0) AS broken_lines,
                 coalesce(sum(lines) FILTER (WHERE state = 'SKIPPED'), 0) AS skipped_lines
          FROM import_row WHERE {STAGED} GROUP BY key) AS keys""")
_CLEAR = statement(f"DELETE FROM import_row WHERE {STAGED}")


async def next_chunk(session: AsyncSession, loading: Loading, subject: str, after: str, rows: int) -> Chunk | None:
    """The next keys after ``after``: about so many rows, all of each key.  Null when none are left."""
    places = {"run": loading.run_id, "subject": subject, "after": after, "rows": rows}
    upto = await session.scalar(_UPTO, places)
    return None if upto is None else Chunk(subject, after, upto)


async def unloaded(session: AsyncSession, loading: Loading, chunk: Chunk) -> Loaded:
    """Entities none of whose lines could be loaded, and all lines that were skipped or broken."""
    failed, skipped, broken_lines, skipped_lines = (await session.execute(_UNLOADED, chunk.of(loading))).one()
    found = Loaded()
    found.count(Outcome.FAILED, int(broken_lines), failed)
    found.count(Outcome.SKIPPED, int(skipped_lines), skipped)
    return found


async def clear_chunk(session: AsyncSession, loading: Loading, chunk: Chunk) -> None:
    """Drop the chunk's staged rows: they are loaded."""
    await session.execute(_CLEAR, chunk.of(loading))


async def clear_runs(session: AsyncSession, first: UUID, last: UUID) -> None:
    """Drop what is staged of the runs from ``first`` to ``last``; run ids sort by the time they began."""
    await session.execute(delete(ImportRow).where(ImportRow.run_id >= first, ImportRow.run_id <= last))
