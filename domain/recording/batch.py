"""The items of one call: checked, staged and loaded as an import does, each answered by itself.

An item becomes one record, or one for each of its lines.  All of a call are staged and loaded in one transaction, in
sets; whatever can be refused is refused before anything is written of it, so a failed item leaves nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.check import Checking, camel
from domain.customers.named import customers_named
from domain.customers.read import CustomerBy, ExternalRefInput
from domain.events import forget_events
from domain.imports.check import Checker
from domain.imports.records import PROPERTIES
from domain.imports.subjects import LOADERS, ImportKind
from domain.imports.terms import BadRecord, Staged, Terms, key
from domain.recording.hidden import refuse_hidden
from domain.recording.inputs import OrderRefInput
from domain.recording.named import orders_named
from domain.recording.outcome import Recorded
from domain.refusal import FieldIssue, Invalid, ProblemCode, Refused
from domain.staging import Loading, Overtaken, clear_chunk, listed, next_chunk, recordset, statement
from domain.values import BadValue, as_json, required
from domain.words import Words

MOST_ITEMS, MOST_LINES = 100, 500
MOST_TRIES = 10
UNIQUE_VIOLATION = "23505"  # another writer was first; the next try sees what it wrote
NO_CUSTOMER = BadValue(ProblemCode.NOT_FOUND, "There is no such customer.", "没有该客户。")
NO_ORDER = BadValue(ProblemCode.NOT_FOUND, "There is no such order.", "没有该订单。")
NOBODY = "nobody"  # stands for a customer that was not found; such an item is not loaded
_LINES = 1_000  # line number of a record: item times this, plus its place in the item, from 1
_STAGE = statement(f"""
    INSERT INTO import_row (run_id, subject, key, line, part, state, lines, id, data)
    SELECT :run, :subject, key, line, 0, 'READY', 1, id, data
    FROM {recordset("rows_given", key="text", line="bigint", id="uuid", data="jsonb")}""")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of item: what it is for imports, and how fields of records are called in the input."""

    imported: ImportKind
    subject: str
    stored: Callable[[str, Sequence[Staged]], Select[str, UUID]]  # system, staged → SELECT of (key, id)
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # where not simply its name
    of_lines: Mapping[str, str] = field(default_factory=dict)  # fields of a line → their names below ``items``
    needed: tuple[str, ...] = ()  # texts that a row of a file may lack, and an item may not
    order: str = ""  # the field of a record that names an order by id
    owned: bool = False  # whether, where no customer is named, the order's is meant
    partial: bool = False  # whether what an item leaves out is left alone
    kept_in: tuple[type[Any], ...] = ()  # the classes whose rows an item of a number may change

    def place(self, name: str, position: int) -> tuple[str, ...]:
        """Where in an item the field of a record is."""
        if name in self.of_lines:
            return "items", str(position), self.of_lines[name]
        if name.startswith(PROPERTIES):
            return "properties", name.removeprefix(PROPERTIES)
        return self.places.get(name) or (camel(name),)


@dataclass(slots=True)
class Item:
    """One item as given, and what is found of it."""

    path: tuple[str, ...]
    records: list[dict[str, Any]]
    ref: ExternalRefInput | None = None
    by: CustomerBy | None = None
    order: OrderRefInput | None = None
    checking: Checking = field(default_factory=Checking)
    system: str = ""
    named: bool = False  # whether all that it names others by can be compared
    staged: list[Staged] = field(default_factory=list)

    def wrong(self, place: tuple[str, ...], problem: BadValue) -> None:
        """Remember what is wrong, once: a field of the whole comes with each line."""
        path = (*self.path, *place)
        if all((issue.path, issue.code) != (path, problem.code) for issue in self.checking.issues):
            self.checking.wrong(path, problem)

    def normalise(self, phone_region: str | None) -> None:
        """Bring what names others into the form it is compared in."""
        self.checking.phone_region = phone_region
        known = len(self.checking.issues)
        if self.ref is not None:
            path = (*self.path, "externalRef", "system")
            self.system = self.checking.value(path, key, self.ref.system) or ""
            if not self.system and len(self.checking.issues) == known:
                self.checking.wrong(path, required("system", " system"))
        if self.by is not None:
            self.by = self.checking.somebody((*self.path, "by"), self.by)
        if self.order is not None and self.order.external_ref is not None:
            ref = self.checking.ref((*self.path, "order", "externalRef"), self.order.external_ref)
            self.order = OrderRefInput(external_ref=ExternalRefInput(*ref))
        self.named = len(self.checking.issues) == known

    def add(self, before: "Item") -> None:
        """Say, too, what an item before it says and this one leaves out."""
        (mine,), (other,) = self.staged, before.staged
        self.staged = [mine._replace(data=other.data | mine.data)]

    @property
    def problem(self) -> Invalid | None:
        """Why it is refused, if it is."""
        issues = self.checking.issues
        return Invalid(path=self.path, fields=tuple(issues)) if issues else None


class Row(NamedTuple):
    """A record to stage, with its line number."""

    line: int
    staged: Staged


def bounded(given: Sequence[Any], argument: str) -> None:
    """Refuses with ``Invalid`` a list of more than 100 items."""
    if len(given) > MOST_ITEMS:
        issue = FieldIssue(
            path=(argument,),
            code=ProblemCode.TOO_LONG,
            text=Words(f"At most {MOST_ITEMS} items.", f"最多 {MOST_ITEMS} 项。"),
        )
        raise Refused(Invalid(path=(argument,), fields=(issue,)))


async def record(
    session: AsyncSession, kind: Kind, items: Sequence[Item], terms: Terms, now: datetime
) -> list[Recorded]:
    """Record items; what became of each, in their order.

    Of several sound items for one thing the last counts, and those before it answer what became of it; where items
    leave alone what they leave out, it counts for what those before it say, too.
    """
    await _name(session, kind, items, terms.region)
    checker = Checker(kind.imported, terms)
    for item in items:
        _check(item, kind, checker)
    last: dict[tuple[str, str], int] = {}
    for n, item in enumerate(items):
        if item.problem is None:
            named = item.system, item.staged[0].key
            if kind.partial and named in last:
                item.add(items[last[named]])
            last[named] = n
    await refuse_hidden(session, [items[n] for n in last.values()], kind.kept_in)
    rows: dict[str, list[Row]] = {}
    for (system, _), n in last.items():
        staged = [] if items[n].problem else items[n].staged
        rows.setdefault(system, []).extend(Row(n * _LINES + at + 1, one) for at, one in enumerate(staged))
    ids = await _loaded(session, kind, items, rows, now)
    outcomes: list[Recorded] = []
    for item in items:
        counts = item if item.problem else items[last[item.system, item.staged[0].key]]
        found = None if counts.problem else ids[item.system, item.staged[0].key]
        outcomes.append(Recorded(found, counts.problem))
    return outcomes


async def _name(session: AsyncSession, kind: Kind, items: Sequence[Item], phone_region: str | None) -> None:
    """Find the customers and orders that items name, and say so in their records."""
    for item in items:
        item.normalise(phone_region)
    named = [item for item in items if item.named]
    customers = await customers_named(session, {item.by for item in named if item.by})
    orders = await orders_named(session, {item.order for item in named if item.order})
    for item in items:
        order = orders.get(item.order) if item.order else None
        customer = customers.get(item.by) if item.by else order.customer_id if order and kind.owned else None
        if item.named and item.by and customer is None:
            item.wrong(("by",), NO_CUSTOMER)
        if item.named and item.order and order is None:
            item.wrong(("order",), NO_ORDER)
        somebody = item.by is not None or (kind.owned and item.order is not None)
        for one in item.records:
            one["customer"] = str(customer or NOBODY) if somebody else None
            if order is not None:
                one[kind.order] = str(order.id)


def _check(item: Item, kind: Kind, checker: Checker) -> None:
    for position, one in enumerate(item.records):
        for name in kind.needed:
            if not one.get(name, "?").strip():
                item.wrong(kind.place(name, position), required(name, f" {name}"))
        try:
            item.staged.append(checker.check(one))
        except BadRecord as bad:
            for fault in bad.faults:
                item.wrong(kind.place(fault.field, position), fault.problem)


async def _loaded(
    session: AsyncSession, kind: Kind, items: Sequence[Item], rows: Mapping[str, list[Row]], now: datetime
) -> dict[tuple[str, str], UUID]:
    """Load what is sound; the ids by system and key.  Another writer of the same is waited for, and seen."""
    rows = {system: given for system, given in rows.items() if given}
    for tries_left in reversed(range(MOST_TRIES)):
        found: dict[tuple[str, str], UUID] = {}
        failed: list[tuple[int, tuple[str, ...], BadValue]] = []
        try:
            async with (await session.connection()).begin_nested():
                for system in sorted(rows):  # all writers in one order
                    found |= await _load(session, kind, system, rows[system], now, failed)
        except (Overtaken, DBAPIError) as error:
            overtaken = isinstance(error, Overtaken) or getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION
            if not tries_left or not overtaken:
                raise
            forget_events(session)
        else:
            break
    for n, place, problem in failed:
        items[n].wrong(place, problem)
    return found


async def _load(
    session: AsyncSession, kind: Kind, system: str, rows: list[Row], now: datetime, failed: list[Any]
) -> dict[tuple[str, str], UUID]:
    """Load one system's rows; the ids of what is stored, and into ``failed`` what is not."""
    loading = Loading(run_id=new_id(now), now=now, system=system, customer_system=None)
    given = [
        {"key": one.key, "line": line, "id": new_id(now), "data": orjson.Fragment(as_json(one.data))}
        for line, one in rows
    ]
    places = {"run": loading.run_id, "subject": kind.subject, "rows_given": listed(given)}
    await session.execute(_STAGE, places)
    chunk = await next_chunk(session, loading, kind.subject, "", len(rows))
    assert chunk is not None
    done = await LOADERS[kind.subject](session, loading, chunk)
    await clear_chunk(session, loading, chunk)
    for failure in done.failures:
        n, position = divmod(failure.line - 1, _LINES)
        failed.append((n, kind.place(failure.column, position), failure.problem))
    stored = await session.execute(kind.stored(system, [one for _, one in rows]))
    return {(system, name): id_ for name, id_ in stored}
