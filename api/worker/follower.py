"""Follows the watched segments of one merchant, until told to end: waits for what happens, and for the next instant."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from asyncpg import UndefinedTableError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.worker.lagging import WAITING, behind_s
from api.worker.numbers import Numbers
from api.worker.paused import paused
from domain.events import write_events
from domain.rules.terms import Terms
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from domain.watching.follow import Round, follow
from domain.watching.read import running
from tenancy.scope import Scope, TenantClosed
from tenancy.tenant import Tenant

LOOKED_S = 0.5  # between two looks at the log of a merchant who watches
IDLE_S = 5.0  # of one who watches nothing
AGAIN_S = 1.0  # after a failure
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
            except (TenantClosed, UndefinedTableError):  # suspended a moment ago; not migrated yet
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
                row = await connection.fetchrow(WAITING)
            now = self._now()
            if not row["watches"]:
                self._numbers.late(self, 0.0)
                return IDLE_S
            self._numbers.late(self, behind_s(row, now))
            next_at, unread_since = row["next_at"], row["unread_since"]
            known = row["version"], self._days
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
        """Follow all together; where that fails each alone, so that one that cannot be followed stops no other."""
        try:
            return await self._follow(now)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            log.warning("watches are followed one by one", tenant=self.tenant.slug, exc_info=error)
        async with self._scope.write(self.tenant) as session:
            watches = list(await session.scalars(running()))
        failed = None
        for one in watches:
            try:
                await self._follow(now, only=one)
            except DBAPIError as error:
                failed = error
                log.warning("a watch cannot be followed", tenant=self.tenant.slug, watch=str(one), exc_info=error)
        if failed is not None:
            raise failed
        return Round({}, len(watches), self._terms)

    async def _follow(self, now: datetime, only: UUID | None = None) -> Round:
        async def finish(session: AsyncSession) -> None:
            await write_events(session)

        async with self._scope.write(self.tenant, before_commit=finish) as session:
            done = await follow(session, self._terms, clock=Clock(now=now, **self._days), only=only)
        self._terms = done.terms
        self._numbers.followed(done.changes)
        if done.changes:
            log.info("memberships changed", tenant=self.tenant.slug, changes=done.changes)
        return done
