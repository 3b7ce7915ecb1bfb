"""Checked records into ``import_row``: by COPY, a batch at a time, holding one batch in memory."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.imports.rows import Line, Record
from api.imports.summary import Problem, Summary
from domain.base import new_id
from domain.imports.check import Checker
from domain.imports.terms import BadRecord, Fault, Staged
from domain.staging import COLUMNS, Loading, Outcome, RowState
from domain.values import as_json

BATCH = 20_000
Tuple = tuple[Any, ...]


async def copy_batch(session: AsyncSession, rows: list[Tuple]) -> None:
    """Send rows by COPY over the session's own connection, inside its transaction."""
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection  # asyncpg's
    await driver.copy_records_to_table("import_row", records=rows, columns=COLUMNS)


def batches(rows: Iterator[Tuple], size: int = BATCH) -> Iterator[list[Tuple]]:
    """``rows`` in lists of at most so many."""
    while batch := list(islice(rows, size)):
        yield batch


class Stager:
    """Turns lines into rows of ``import_row`` and counts what never gets there."""

    def __init__(
        self, checker: Checker, loading: Loading, summary: Summary, column_of: Callable[[str], str | None]
    ) -> None:
        self._checker, self._loading, self._summary, self._column_of = checker, loading, summary, column_of

    def rows(self, lines: Iterable[Line]) -> Iterator[Tuple]:
        """What to stage.  Each line is counted once: by its first broken record, else the first that is ready."""
        for line in lines:
            self._summary.lines_read += 1
            if len(line.records) == 1 and line.records[0].skipped is None and not line.records[0].faults:
                yield from self._plain(line.number, line.records[0])
            else:
                yield from self._mixed(line)

    def _plain(self, number: int, record: Record) -> Iterator[Tuple]:
        try:
            staged = self._checker.check(record.fields)
        except BadRecord as bad:
            yield from self._broken(number, 0, bad, 1)
        else:
            yield self._row(staged, number, 0, RowState.READY, 1)

    def _mixed(self, line: Line) -> Iterator[Tuple]:
        judged = [self._judged(record) for record in line.records]
        states = [_state(one) for one in judged]
        counted = next(
            states.index(state) for state in (RowState.BROKEN, RowState.READY, RowState.SKIPPED) if state in states
        )
        for part, (record, one) in enumerate(zip(line.records, judged, strict=True)):
            lines = 1 if part == counted else 0
            if isinstance(one, Staged):
                yield self._row(one, line.number, part, RowState.READY, lines)
            elif isinstance(one, BadRecord):
                yield from self._broken(line.number, part, one, lines)
            else:
                yield from self._skipped(line.number, part, record, lines)

    def _judged(self, record: Record) -> Staged | BadRecord | None:
        """What becomes of a record; null when a rule leaves it out."""
        if record.skipped is not None:
            return None
        if record.faults:
            return BadRecord(list(record.faults), *self._checker.place(record.fields))
        try:
            return self._checker.check(record.fields)
        except BadRecord as bad:
            return bad

    def _broken(self, number: int, part: int, bad: BadRecord, lines: int) -> Iterator[Tuple]:
        self._summary.report(self._problem(number, fault) for fault in bad.faults)
        if bad.key is None:
            self._summary.of(bad.subject).count(Outcome.FAILED, lines)
        else:
            yield self._row(Staged(bad.subject, bad.key, {}), number, part, RowState.BROKEN, lines)

    def _skipped(self, number: int, part: int, record: Record, lines: int) -> Iterator[Tuple]:
        self._summary.skipped[str(record.skipped)] += 1
        subject, key = self._checker.place(record.fields)
        if key is None:
            self._summary.of(subject).count(Outcome.SKIPPED, lines)
        else:
            yield self._row(Staged(subject, key, {}), number, part, RowState.SKIPPED, lines)

    def _row(self, staged: Staged, number: int, part: int, state: RowState, lines: int) -> Tuple:
        data = as_json(staged.data) if staged.data else "{}"
        id_ = new_id(self._loading.now)
        return self._loading.run_id, staged.subject, staged.key, number, part, state.value, lines, id_, data

    def _problem(self, line: int, fault: Fault) -> Problem:
        column = self._column_of(fault.field) if fault.field else None
        return Problem(line, column, fault.field or None, fault.problem.code, fault.problem.text)


def _state(judged: Staged | BadRecord | None) -> RowState:
    if judged is None:
        return RowState.SKIPPED
    return RowState.READY if isinstance(judged, Staged) else RowState.BROKEN
