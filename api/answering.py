"""Runs a caller's GraphQL operation: the executor with the tenant's doors, within the caller's limits."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from api.allowances import MOST_COST, USUAL, Allowances
from api.asked import Asked
from api.asking import Asking
from api.auth import Caller
from api.deadlines import Deadlines
from api.errors import ErrorCode
from api.graph.document import Rejected
from api.graph.errors import Closed, Fault, fault
from api.graph.execute import Answer, Doors, Executor, rejection
from api.graph.request import Env
from api.http import Answered, Ran
from api.outcomes import KeptOutcomes
from api.purses import Purse
from api.schema import core_schema
from api.terms import read_terms
from api.trusted import Trusted, hash_in, hash_of
from api.views import view
from domain.customers.reach import check_reach
from domain.events import write_events
from tenancy.control import Control
from tenancy.scope import Scope, TenantClosed

LOOK_UP_COST = 10  # of a trusted document that the process has not met
READ_ONLY = Fault(ErrorCode.TENANT_SUSPENDED, "The tenant is read-only.", "该租户当前只读。")
# After these one may try again.
PASSING, AGAIN_S = frozenset((ErrorCode.SERVICE_UNAVAILABLE, ErrorCode.TIMEOUT)), 1
# Where the media type lets it show.
STATUSES: dict[str, int] = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.PERSISTED_QUERY_NOT_FOUND: 404,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
    ErrorCode.TIMEOUT: 504,
}


class Answering:
    """One schema for all callers of a process."""

    def __init__(
        self,
        scope: Scope,
        control: Control,
        secret: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        allowances: Allowances = USUAL,
        trusted: Trusted | None = None,
    ) -> None:
        """``secret`` authenticates cursors; ``clock`` is read once an operation."""
        self._scope, self._control, self._clock = scope, control, clock
        self._deadlines, self._trusted = Deadlines(allowances.deadline_s), trusted
        self.events = 0  # written so far
        doors = Doors(
            self._read,
            self._write,
            read_terms,
            lambda tenant: str(tenant.schema),
            self._write_control,
            KeptOutcomes(),
        )
        self.executor = Executor(core_schema(), view, doors, secret, most_cost=MOST_COST)

    async def answer(self, caller: Caller, asked: Asked) -> Answered:
        """The response to one request, by the deadline: what runs then is broken off and rolled back."""
        try:
            with self._deadlines.start():
                answer = await self._in_turn(caller, asked)
        except TimeoutError:
            answer = rejection([fault("TIMEOUT", caller.locale)], None)
        ran = Ran(answer.name, answer.operation, answer.cost, answer.statements, answer.codes)
        headers = caller.purse.headers()
        if again_s := answer.retry_after_s or (AGAIN_S if PASSING.intersection(answer.codes) else 0):
            headers.append((b"retry-after", b"%d" % again_s))
        if asked.reading and answer.operation not in (None, "query"):  # nothing was executed
            return Answered(answer.body, True, 405, ((b"allow", b"POST"), *headers), ran)
        return Answered(answer.body, answer.request_error, status_of(answer.codes), headers, ran)

    async def _in_turn(self, caller: Caller, asked: Asked) -> Answer:
        turns, query = caller.purse.turns, asked.query
        if not turns.take() and not await turns.wait():
            return rejection([fault("CROWDED", caller.locale, retryAfter=1)], None)
        try:
            if trusted := asked.document_id is not None or caller.key.only_trusted:
                query = await self._trusted_text(caller, asked)
            return await self.executor.run(
                query,
                asked.variables,
                asked.operation_name,
                now=self._clock(),
                tenant=caller.tenant,
                scopes=caller.scopes,
                locale=caller.locale,
                actor=caller.actor,
                idempotency_key=asked.idempotency_key,
                caller=Asking(caller, self._scope, self._control),
                only_query=asked.reading,
                purse=caller.purse,
                trusted=trusted,
            )
        except Rejected as rejected:
            return rejection(rejected.errors, None)
        finally:
            turns.give()

    async def _trusted_text(self, caller: Caller, asked: Asked) -> str:
        """The text of a document that an app of the tenant is trusted with.  Raises ``Rejected``."""
        named = asked.document_id
        unfit = "ONLY_TRUSTED" if named is None else "NOT_PERSISTED"
        if named is None and asked.reading:
            raise Rejected(fault(unfit, caller.locale))
        hash_ = hash_of(asked.query) if named is None else hash_in(named)
        text = await self._look_up(caller, hash_) if hash_ and self._trusted else None
        if text is None:
            raise Rejected(fault(unfit, caller.locale))
        return text

    async def _look_up(self, caller: Caller, hash_: bytes) -> str | None:
        assert self._trusted
        known, text = self._trusted.known(caller.tenant.id, hash_)
        if known:
            return text
        # One that knows no ids could else ask the control plane as often as it likes.
        if (late := caller.purse.charge(LOOK_UP_COST, caller.locale)) is not None:
            await late
        try:
            return await self._trusted.find(caller.tenant.id, hash_)
        except (SQLAlchemyError, OSError):
            raise Rejected(fault("UNAVAILABLE", caller.locale)) from None

    def _read(self, env: Env) -> AbstractAsyncContextManager[Any]:
        return self._scope.read(env.tenant)

    @asynccontextmanager
    async def _write(self, env: Env) -> AsyncIterator[AsyncSession]:
        written = 0

        async def finish(session: AsyncSession) -> None:
            nonlocal written
            await check_reach(session)
            written = await write_events(session)

        purse: Purse | None = env.purse
        if purse is not None and not purse.writes.take() and not await purse.writes.wait():
            raise TimeoutError("no turn to write")
        try:
            async with self._scope.write(env.tenant, before_commit=finish) as session:
                if env.confined is not None:
                    await env.caller.confined.enter(session)
                yield session
            self.events += written
        except TenantClosed:
            raise Closed(READ_ONLY) from None
        finally:
            if purse is not None:
                purse.writes.give()

    @asynccontextmanager
    async def _write_control(self, env: Env) -> AsyncIterator[AsyncConnection]:
        try:
            async with env.caller.writing() as connection:
                yield connection
        except TenantClosed:
            raise Closed(READ_ONLY) from None


def status_of(codes: tuple[str, ...]) -> int:
    """The HTTP status of a request error."""
    return next((STATUSES[code] for code in codes if code in STATUSES), 400)
