"""Runs a caller's GraphQL operation: the executor with the tenant's doors."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import ErrorCode
from api.graph.errors import Closed, Fault
from api.graph.execute import Doors, Executor
from api.graph.request import Env
from api.http import Answered, Asked, Ran
from api.outcomes import KeptOutcomes
from api.schema import core_schema
from api.terms import read_terms
from api.views import view
from domain.events import write_events
from tenancy.scope import Scope, TenantClosed

# Above this a document is refused before it takes a connection.
MOST_COST = 50_000
RETRY = (("Retry-After", "1"),)
READ_ONLY = Fault(ErrorCode.TENANT_SUSPENDED, "The tenant is read-only.", "该租户当前只读。")


class Answering:
    """One schema for all callers of a process."""

    def __init__(self, scope: Scope, secret: bytes, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """``secret`` authenticates cursors; ``clock`` is read once an operation."""
        self._scope, self._clock = scope, clock
        self.events = 0  # written so far
        doors = Doors(self._read, self._write, read_terms, lambda tenant: str(tenant.schema), KeptOutcomes())
        self.executor = Executor(core_schema(), view, doors, secret, most_cost=MOST_COST)

    async def answer(self, caller: Caller, asked: Asked) -> Answered:
        """The response to one request."""
        answer = await self.executor.run(
            asked.query,
            asked.variables,
            asked.operation_name,
            now=self._clock(),
            tenant=caller.tenant,
            scopes=caller.scopes,
            locale=caller.locale,
            actor=caller.actor,
            idempotency_key=asked.idempotency_key,
            only_query=asked.reading,
        )
        ran = Ran(answer.name, answer.operation, answer.cost, answer.statements, answer.codes)
        if asked.reading and answer.operation not in (None, "query"):  # nothing was executed
            return Answered(answer.body, True, 405, (("Allow", "POST"),), ran)
        return Answered(answer.body, answer.request_error, status_of(answer.codes), again(answer.codes), ran)

    def _read(self, env: Env) -> AbstractAsyncContextManager[Any]:
        return self._scope.read(env.tenant)

    @asynccontextmanager
    async def _write(self, env: Env) -> AsyncIterator[AsyncSession]:
        written = 0

        async def announced(session: AsyncSession) -> None:
            nonlocal written
            written = await write_events(session)

        try:
            async with self._scope.write(env.tenant, before_commit=announced) as session:
                yield session
            self.events += written
        except TenantClosed:
            raise Closed(READ_ONLY) from None


def again(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The header that says when to try again, where that may help."""
    return RETRY if ErrorCode.SERVICE_UNAVAILABLE in codes or ErrorCode.TIMEOUT in codes else ()


def status_of(codes: tuple[str, ...]) -> int:
    """The HTTP status of a request error, where the media type lets it show."""
    if ErrorCode.SERVICE_UNAVAILABLE in codes:
        return 503
    if ErrorCode.TIMEOUT in codes:
        return 504
    return 500 if ErrorCode.INTERNAL in codes else 400
