"""Follows the watched segments of one merchant, until told to end: waits for what happens, and for the next instant."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from api.worker.numbers import Numbers
from api.worker.paused import paused
from domain.events import write_events
from domain.rules.terms import Terms
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from domain.watching.follow import Round, follow
from domain.watching.read import waiting
from tenancy.scope import Scope, TenantClosed
from tenancy.tenant import Tenant

LOOKED_S = 0.5  # between two looks at the log of a merchant who watches
IDLE_S = 5.0  # of one who watches nothing
AGAIN_S = 1.0  # after a failure
_WAITING = str(waiting().compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
TAKEN_S = 0.1  # while another process follows
log = structlog.get_logger()


class Follower:
    """One merchant's.  ``tenant`` is replaced when its settings change; ``turns``: how many rounds run at once."""

    def __init__(
        self,
        scope: Scope,
        tenant: Tenant,
        numbers: Numbers,
        turns: asyncio.Semaphore,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.tenant = tenant
        self._scope, self._numbers, self._turns, self._now = scope, numbers, turns, now
        self._terms = Terms(version=-1, vocabulary=CONDITIONS)
        self._followed: Any = None  # the dictionary's version and the settings that the last round knew

    async def run(self, ending: asyncio.Event) -> None:
        """Until told to end; a round that runs then is completed."""
        while not ending.is_set():
            try:
                pause_s = await self.step()
            except TenantClosed:
                pause_s = IDLE_S
            except Exception as error:  # one merchant's trouble is no other's
                self._numbers.failed()
                log.warning("a round of watches failed", tenant=self.tenant.slug, exc_info=error)
                pause_s = AGAIN_S
            await paused(ending, pause_s)
        self._numbers.gone(self)

    async def step(self) -> float:
        """Look, and follow what there is to follow.  How many seconds may be waited before the next."""
        async with self._turns:
            async with self._scope.read(self.tenant) as connection:
                watches, next_at, unread_since, version = await connection.fetchrow(_WAITING)
            now = self._now()
            if not watches:
                self._numbers.late(self, 0.0)
                return IDLE_S
            since = min((at for at in (next_at, unread_since) if at is not None), default=now)
            self._numbers.late(self, max((now - since).total_seconds(), 0.0))
            known = version, self._days
            due = next_at is not None and next_at <= now
            if not due and unread_since is None and known == self._followed:
                left_s = LOOKED_S if next_at is None else (next_at - now).total_seconds()
                return min(LOOKED_S, left_s)
            done = await self._round(now)
            self._followed = known
        return 0.0 if done.watches else TAKEN_S

    @property
    def _days(self) -> dict[str, Any]:
        tenant = self.tenant
        return {
            "zone": tenant.timezone,
            "week_start": tenant.week_start,
            "fiscal_year_start": tenant.fiscal_year_start,
        }

    async def _round(self, now: datetime) -> Round:
        async def finish(session: AsyncSession) -> None:
            await write_events(session)

        async with self._scope.write(self.tenant, before_commit=finish) as session:
            done = await follow(session, self._terms, clock=Clock(now=now, **self._days))
        self._terms = done.terms
        self._numbers.followed(done.changes)
        if done.changes:
            log.info("memberships changed", tenant=self.tenant.slug, changes=done.changes)
        return done
