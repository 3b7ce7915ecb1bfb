"""From the rows of a file to records of fields, by a map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.imports.files import Cells, Row, Table
from api.imports.mapping import Join, Map
from api.imports.shape import wrong
from api.imports.transforms import Field
from domain.imports.terms import Fault
from domain.values import BadValue

NOT_ANSWERED = "not answered"


class Record(NamedTuple):
    """The fields of one record; left out if ``skipped`` says why, broken if there are faults."""

    fields: dict[str, Any]
    skipped: str | None = None
    faults: tuple[Fault, ...] = ()


class Line(NamedTuple):
    """What one line of the file holds."""

    number: int
    records: list[Record]


@dataclass(slots=True)
class Rows:
    """The lines of a file, mapped.  Iterating reads the file."""

    table: Table
    map: Map

    def __iter__(self) -> Iterator[Line]:
        sides = [(join, self._side(join)) for join in self.map.joins]
        self._check_columns([rows for _, rows in sides])
        for row in self.table:
            if row.problem is not None:
                yield Line(row.line, [self._broken(row, row.problem)])
                continue
            wholes = [row.cells]
            for join, side in sides:
                wholes = [cells for whole in wholes for cells in _joined(whole, join, side)]
            yield Line(row.line, [record for cells in wholes for record in self._records(cells)])

    def _records(self, cells: Cells) -> list[Record]:
        returned = None if self.map.returns is None else self.map.returns(cells)
        skipped = self._skipped(cells, returned)
        base, faults = _made(self.map.fields, cells)
        if returned is not None:
            base["is_return"] = returned
        whole = Record(base, skipped, faults)
        return [self._answer(whole, answer, cells) for answer in self.map.answers] or [whole]

    def _answer(self, whole: Record, answer: dict[str, Field], cells: Cells) -> Record:
        base, skipped, faults = whole
        own, more = _made(answer, cells)
        if skipped is None and "score" in answer and not more and _is_empty(own["score"]):
            skipped = NOT_ANSWERED
        return Record(base | own, skipped, faults + more)

    def _skipped(self, cells: Cells, returned: bool | None) -> str | None:
        for skip in self.map.skips:
            if (skip.of_returns is None or skip.of_returns is bool(returned)) and skip.holds(cells):
                return skip.label
        return None

    def _broken(self, row: Row, problem: BadValue) -> Record:
        """A row that could not be read, with the fields that could."""
        made, _ = _made(self.map.fields, row.cells)
        if self.map.returns is not None:
            made["is_return"] = self.map.returns(row.cells)
        return Record(made, None, (Fault("", problem),))

    def _side(self, join: Join) -> dict[str, list[Cells]]:
        path = self.table.path.parent / join.file
        if not path.is_file():
            raise wrong(("join", join.file), "is not beside the file.", "不在主文件旁边。")
        found: dict[str, list[Cells]] = {}
        for row in Table(path, self.map.delimiter, self.map.encoding):
            key = str(row.cells.get(join.key) or "").strip()
            if join.many:
                found.setdefault(key, []).append(row.cells)
            else:
                found[key] = [row.cells]
        return found

    def _check_columns(self, sides: list[dict[str, list[Cells]]]) -> None:
        """Refuses a map that names a column no file has."""
        header = self.table.columns()
        if header is None:
            return
        known = set(header)
        for side in sides:
            known |= next(iter(side.values()), [{}])[0].keys()
        for name, one in self.map.all_fields().items():
            for column in one.columns:
                if column not in known:
                    listed = ", ".join(header)
                    raise wrong(
                        ("fields", name), f"there is no column {column!r}; there are {listed}.",
                        f"没有列 {column!r}；已有列：{listed}。",
                    )  # fmt: skip


def _made(fields: dict[str, Field], cells: Cells) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    made: dict[str, Any] = {}
    faults: tuple[Fault, ...] = ()
    for name, one in fields.items():
        try:
            made[name] = one.make(cells)
        except BadValue as problem:
            faults += (Fault(name, problem),)
    return made, faults


def _joined(whole: Cells, join: Join, side: dict[str, list[Cells]]) -> list[Cells]:
    matches = side.get(str(whole.get(join.on) or "").strip())
    return [{**match, **whole} for match in matches] if matches else [whole]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
