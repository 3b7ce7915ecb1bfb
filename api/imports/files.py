"""Reading tables from files: csv and JSON lines, gzipped or not, row by row."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from api.imports.shape import wrong
from domain.refusal import ProblemCode
from domain.values import BadValue

Cells = dict[str, Any]
LONGEST_CELL = 1_000_000


class Row(NamedTuple):
    """One row: the line it begins on, its cells by column, and what is wrong if it could not be read."""

    line: int
    cells: Cells
    problem: BadValue | None = None


@dataclass(slots=True)
class Table:
    """A file of rows.  Iterating reads it from the start, holding one row at a time."""

    path: Path
    delimiter: str = ","
    encoding: str = "utf-8"
    bytes_read: int = field(default=0, init=False)  # of the file as it lies on disk, for progress

    def columns(self) -> list[str] | None:
        """The header of a csv file; null for JSON lines, where each row names its own."""
        if self._is_json:
            return None
        with self._open() as text:
            return next(csv.reader(text, delimiter=self.delimiter), [])

    def place(self) -> tuple[int, int]:
        """How much of the file is read, and how much there is, in bytes as it lies on disk."""
        return self.bytes_read, self.path.stat().st_size

    def __iter__(self) -> Iterator[Row]:
        with self._open() as text:
            yield from self._json(text) if self._is_json else self._csv(text)

    @property
    def _is_json(self) -> bool:
        return ".jsonl" in self.path.suffixes or ".ndjson" in self.path.suffixes

    @contextmanager
    def _open(self) -> Iterator[TextIOWrapper]:
        # Bytes that are not of the encoding become lone surrogates, which the checks name by line and column.
        encoding = "utf-8-sig" if self.encoding.lower().replace("_", "-") == "utf-8" else self.encoding
        with self._readable(), self.path.open("rb") as disk:
            counted = _Counted(self, disk)
            source = gzip.GzipFile(fileobj=counted) if self.path.suffix == ".gz" else counted
            with TextIOWrapper(
                cast(IO[bytes], source), encoding=encoding, errors="surrogateescape", newline=""
            ) as text:
                yield text

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """A file that cannot be read at all, e.g. cut short, is refused."""
        try:
            yield
        except (OSError, EOFError, zlib.error, UnicodeError) as error:
            name = self.path.name
            raise wrong((name,), f"cannot be read: {error}.", f"无法读取：{error}。") from None

    def _csv(self, text: TextIOWrapper) -> Iterator[Row]:
        csv.field_size_limit(LONGEST_CELL)
        rows = csv.reader(text, delimiter=self.delimiter)
        header = next(rows, [])
        width, begins = len(header), rows.line_num + 1
        while True:
            try:
                found = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(begins, {}, _broken(str(error)))
            else:
                if len(found) == width:
                    yield Row(begins, dict(zip(header, found, strict=True)))
                elif found:
                    problem = _broken(f"{len(found)} cells where the header has {width}")
                    yield Row(begins, dict(zip(header, found, strict=False)), problem)
            begins = rows.line_num + 1

    def _json(self, text: TextIOWrapper) -> Iterator[Row]:
        for line, written in enumerate(text, 1):
            if not written.strip():
                continue
            try:
                # Numbers stay as they are written; NaN and Infinity become text, which no check takes for a number.
                cells = json.loads(written, parse_float=Decimal, parse_constant=str)
            except (ValueError, ArithmeticError, RecursionError) as error:
                yield Row(line, {}, _broken(str(error)[:100]))
            else:
                good = isinstance(cells, dict)
                yield Row(line, cells if good else {}, None if good else _broken("not an object"))


class _Counted:
    """A binary file that tells its table how far it has been read."""

    def __init__(self, table: Table, raw: IO[bytes]) -> None:
        self._table, self._raw = table, raw

    def read(self, size: int = -1) -> bytes:
        found = self._raw.read(size)
        self._table.bytes_read += len(found)
        return found

    read1 = read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def _broken(why: str) -> BadValue:
    return BadValue(ProblemCode.BROKEN_ROW, f"The row cannot be read: {why}.", f"无法读取该行：{why}。")
