"""One import from the first row to the last: stage, load chunk by chunk, clear, vacuum.

Each chunk is a transaction of its own, so an import that is broken off has loaded whole entities and may simply be
run again.  A dry run is one transaction, rolled back.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.imports.files import Table
from api.imports.mapping import Map
from api.imports.rows import Line, Record, Rows
from api.imports.stage import Stager, batches, copy_batch
from api.imports.summary import Problem, Summary
from domain.base import new_id
from domain.customers.attribute import AttributeDefinition
from domain.customers.normalise import phone_region_of
from domain.events import EventTopic, announce, forget_events, write_events
from domain.imports.check import Checker
from domain.imports.subjects import LOADERS, SUBJECTS, TABLES, ImportKind
from domain.imports.terms import BadRecord, Terms
from domain.orders.rates import read_rates
from domain.refusal import invalid
from domain.staging import Chunk, Loading, Overtaken, clear_chunk, clear_runs, next_chunk

ROWS_A_CHUNK = 10_000  # each holds the event counter while its events are written: some 0.2 s at most
ATTEMPTS = 3
# unique_violation, serialization_failure, deadlock_detected: another writer was first, and the next try sees it.
RETRIED = frozenset(("23505", "40001", "40P01"))
ABANDONED_AFTER = timedelta(days=1)


class TenantTerms(Protocol):
    """What an import needs to know of a tenant."""

    @property
    def timezone(self) -> str: ...
    @property
    def base_currency(self) -> str: ...
    @property
    def locale(self) -> str: ...


class Writing(Protocol):
    """What opens a transaction in a tenant: ``tenancy.scope.Scope``."""

    def write(
        self, tenant: Any, before_commit: Callable[[AsyncSession], Awaitable[object]] | None = None
    ) -> AbstractAsyncContextManager[AsyncSession]: ...


# What is being done ("read" in bytes or rows, "load" in rows), how much of it is done, and of how much if known.
Progress = Callable[[str, int, int | None], None]
Vacuum = Callable[[Sequence[str]], Awaitable[None]]  # VACUUM (ANALYZE) of a tenant's tables, as their owner


@dataclass(frozen=True, slots=True)
class Options:
    """How an import runs."""

    now: datetime
    dry_run: bool = False
    progress: Progress = lambda stage, done, total: None
    tell: Callable[[Problem], None] | None = None  # hears of every refused line
    vacuum: Vacuum | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from and under which names."""

    kind: ImportKind
    system: str
    lines: Iterable[Line]
    customer_system: str
    create_customers: bool = False
    create_products: bool = False
    zone: ZoneInfo | None = None
    region: str | None = None
    fields: Sequence[str] = ()  # all that the records will have, where that is known
    columns: Mapping[str, str] = field(default_factory=dict)  # field → column of the file, for messages
    place: Callable[[], tuple[int, int]] | None = None  # how far the file is read, and how long it is


async def import_file(scope: Writing, tenant: TenantTerms, path: Path, map_: Map, options: Options) -> Summary:
    """Import a file by a map.  Refuses with ``Invalid`` a map that does not fit; a bad row is told, not raised."""
    made, table = map_.all_fields(), Table(path, map_.delimiter, map_.encoding)
    source = Source(
        kind=map_.kind,
        system=map_.system,
        customer_system=map_.customer_system,
        lines=Rows(table, map_),
        place=table.place,
        create_customers=map_.create_customers,
        create_products=map_.create_products,
        zone=map_.zone,
        region=map_.region,
        fields=tuple(made),
        columns={name: " + ".join(one.columns) for name, one in made.items() if one.columns},
    )
    return await run_import(scope, tenant, source, options)


async def load_records(
    scope: Writing,
    tenant: TenantTerms,
    kind: ImportKind,
    records: Iterable[Mapping[str, Any]],
    options: Options,
    *,
    system: str,
    create_customers: bool = False,
    create_products: bool = False,
) -> Summary:
    """Import records of fields, text or typed, as if each were a line of a file."""
    lines = (Line(number, [Record(dict(record))]) for number, record in enumerate(records, 1))
    source = Source(kind, system, lines, system, create_customers, create_products)
    return await run_import(scope, tenant, source, options)


async def run_import(scope: Writing, tenant: TenantTerms, source: Source, options: Options) -> Summary:
    """Import what a source gives."""
    loading = Loading(
        run_id=new_id(options.now),
        now=options.now,
        system=source.system,
        customer_system=source.customer_system,
        create_customers=source.create_customers,
        create_products=source.create_products,
    )
    run = _Run(scope, tenant, source, options, loading)
    if options.dry_run:
        await run.tried()
    else:
        await run.done()
        if options.vacuum is not None:
            await options.vacuum((*TABLES[source.kind], "event", "import_row"))
    return run.summary


class _RolledBack(Exception):
    """Ends a dry run's transaction."""


class _Run:
    def __init__(self, scope: Writing, tenant: TenantTerms, source: Source, options: Options, loading: Loading) -> None:
        self.scope, self.tenant, self.source, self.options, self.loading = scope, tenant, source, options, loading
        self.summary = Summary(source.kind, options.dry_run, tell=options.tell)
        self.trial: AsyncSession | None = None
        self.staged = 0
        for subject in SUBJECTS[source.kind]:
            self.summary.of(subject)

    async def tried(self) -> None:
        """Do everything in one transaction and undo it."""
        try:
            async with self.scope.write(self.tenant) as session:
                self.trial = session
                await self._stage()
                await self._load()
                raise _RolledBack
        except _RolledBack:
            return

    async def done(self) -> None:
        """Do everything; what is staged is gone afterwards, come what may."""
        try:
            await self._stage()
            await self._load()
            if self.summary.changed:
                async with self._session() as session:
                    announce(session, EventTopic.BULK_FINISHED, None, self.loading.now, kind=self.source.kind)
        finally:
            async with self._session() as session:
                await clear_runs(session, self.loading.run_id, self.loading.run_id)
                await clear_runs(session, UUID(int=0), new_id(self.loading.now - ABANDONED_AFTER))

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        if self.trial is not None:
            yield self.trial
            forget_events(self.trial)
            return
        async with self.scope.write(self.tenant, before_commit=write_events) as session:
            yield session

    async def _stage(self) -> None:
        async with self._session() as session:
            checker = Checker(self.source.kind, await self._terms(session))
        try:
            checker.refuse_unknown(self.source.fields)
        except BadRecord as bad:
            (name, problem), *_ = bad.faults
            raise invalid(("fields", name), problem.text.en, problem.text.zh) from None
        stager = Stager(checker, self.loading, self.summary, self.source.columns.get)
        for batch in batches(stager.rows(self.source.lines)):
            async with self._session() as session:
                await copy_batch(session, batch)
            self.staged += len(batch)
            done, total = self.source.place() if self.source.place else (self.summary.lines_read, None)
            self.options.progress("read", done, total)

    async def _terms(self, session: AsyncSession) -> Terms:
        definitions = (await session.scalars(select(AttributeDefinition))).all()
        return Terms(
            zone=self.source.zone or ZoneInfo(self.tenant.timezone),
            rates=await read_rates(session, self.tenant.base_currency),
            region=self.source.region or phone_region_of(self.tenant.locale),
            attributes={definition.key: definition for definition in definitions},
        )

    async def _load(self) -> None:
        loaded = 0
        for subject in SUBJECTS[self.source.kind]:
            after = ""
            while chunk := await self._next(subject, after):
                await self._chunk(chunk)
                after = chunk.upto
                loaded += ROWS_A_CHUNK
                self.options.progress("load", min(loaded, self.staged), self.staged)

    async def _next(self, subject: str, after: str) -> Chunk | None:
        async with self._session() as session:
            return await next_chunk(session, self.loading, subject, after, ROWS_A_CHUNK)

    async def _chunk(self, chunk: Chunk) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._session() as session:
                    done = await LOADERS[chunk.subject](session, self.loading, chunk)
                    await clear_chunk(session, self.loading, chunk)
            except (Overtaken, DBAPIError) as error:
                again = isinstance(error, Overtaken) or getattr(error.orig, "sqlstate", None) in RETRIED
                if not again or attempt == ATTEMPTS or self.trial is not None:
                    raise
            else:
                break
        self.summary.of(chunk.subject).add(done)
        columns = self.source.columns
        self.summary.report(
            Problem(one.line, columns.get(one.column), one.column, one.problem.code, one.problem.text)
            for one in done.failures
        )
