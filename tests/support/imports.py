"""Importing in tests: a shop to import into, files made of rows, and what the shop then holds."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.imports.mapping import Map, parse_map
from api.imports.run import Options, import_file, load_records
from api.imports.summary import Summary
from domain.imports.subjects import ImportKind
from domain.models import TABLES

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2024, 6, 1, 12, tzinfo=UTC)
MAPS = Path(__file__).parents[2] / "api" / "maps"


@dataclass(frozen=True, slots=True)
class Shop:
    """A tenant, and the door to it."""

    scope: Any
    tenant: Any

    async def load(
        self,
        kind: ImportKind,
        records: Sequence[Mapping[str, Any]],
        *,
        now: datetime = NOW,
        dry_run: bool = False,
        system: str = "shop",
        create_customers: bool = True,
        create_products: bool = True,
    ) -> Summary:
        """Import records; what they name is created."""
        summary = await load_records(
            self.scope, self.tenant, kind, records, Options(now=now, dry_run=dry_run), system=system,
            create_customers=create_customers, create_products=create_products,
        )  # fmt: skip
        assert_adds_up(summary)
        return summary

    async def import_file(self, path: Path, map_: Map, *, now: datetime = NOW, dry_run: bool = False) -> Summary:
        """Import a file."""
        summary = await import_file(self.scope, self.tenant, path, map_, Options(now=now, dry_run=dry_run))
        assert_adds_up(summary)
        return summary

    async def rows(self, sql: str, **binds: Any) -> list[dict[str, Any]]:
        """What a query finds."""
        async with self.scope.write(self.tenant) as session:
            return [dict(row) for row in (await session.execute(text(sql), binds)).mappings()]

    async def one(self, sql: str, **binds: Any) -> Any:
        """The only value of the only row."""
        (row,) = await self.rows(sql, **binds)
        (value,) = row.values()
        return value

    async def run(self, sql: str, **binds: Any) -> None:
        """Change something by hand."""
        async with self.scope.write(self.tenant) as session:
            await session.execute(text(sql), binds)

    async def everything(self) -> dict[str, str]:
        """A digest of every row of every table."""
        found = {}
        for table in (one.__tablename__ for one in TABLES):
            found[table] = await self.one(
                f"SELECT count(*) || md5(coalesce(string_agg(CAST(t AS text), '' ORDER BY CAST(t AS text)), ''))"
                f" FROM {table} AS t"
            )
        return found


def assert_adds_up(summary: Summary) -> None:
    """Every line read has one outcome; every subject's staged lines are among them."""
    assert summary.lines.total() == summary.lines_read
    assert all(count >= 0 for one in summary.subjects.values() for count in one.entities.values())


def outcomes(summary: Summary, subject: str) -> dict[str, int]:
    """A subject's entities by outcome, those that happened."""
    return {outcome.value: n for outcome, n in summary.of(subject).entities.items() if n}


def lines(summary: Summary, subject: str) -> dict[str, int]:
    """A subject's lines by outcome, those that happened."""
    return {outcome.value: n for outcome, n in summary.of(subject).lines.items() if n}


def faults(summary: Summary) -> list[tuple[int, str | None, str]]:
    """What was refused: line, field, code."""
    return [(problem.line, problem.field, problem.code) for problem in summary.problems]


def mapped(kind: ImportKind, fields: Mapping[str, Any], **others: Any) -> Map:
    """A map of those fields."""
    return parse_map({"kind": kind.value, "system": "shop", "fields": dict(fields), **others}, kind)


def csv_file(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """A csv file, gzipped if its name says so."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([header, *rows])
    content = written.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def jsonl_file(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A file of JSON lines."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path
