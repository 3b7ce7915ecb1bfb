"""Follows the watched segments of all merchants that are served, as they come and go, until told to end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog

from api.start import Running
from api.worker.follower import Follower
from api.worker.numbers import Numbers
from api.worker.paused import paused
from migrations.compiled import tenant_revisions
from tenancy.platform import Status
from tenancy.registry import list_tenants
from tenancy.scope import Scope
from tenancy.tenant import Tenant

LISTED_S = 1.0  # between two looks at who there is: a suspension is heeded within a second
AT_ONCE = 4  # rounds of different merchants
log = structlog.get_logger()


@dataclass(slots=True)
class _Task:
    """One merchant's follower, as it runs; ``leave``: it is told to end."""

    follower: Follower
    leave: asyncio.Event
    task: "asyncio.Task[None]"


@asynccontextmanager
async def everybody_followed(running: Running, numbers: Numbers) -> AsyncIterator[None]:
    """While something else is done; it ends in order with that."""
    ending = asyncio.Event()
    following = asyncio.create_task(follow_everybody(running, numbers, ending))
    try:
        yield
    finally:
        ending.set()
        await following


async def follow_everybody(running: Running, numbers: Numbers, ending: asyncio.Event) -> None:
    """Until told to end; rounds that run then are completed."""
    outdated = tenant_revisions().outdated
    scope, turns = Scope(running.engines, outdated=outdated), asyncio.Semaphore(AT_ONCE)
    tasks: dict[UUID, _Task] = {}
    left: set[asyncio.Task[None]] = set()

    def begin(tenant: Tenant) -> _Task:
        follower, leave = Follower(scope, tenant, numbers, turns), asyncio.Event()
        return _Task(follower, leave, asyncio.create_task(follower.run(leave)))

    while not ending.is_set():
        try:
            async with running.control.begin() as connection:
                found = await list_tenants(connection)
        except Exception as error:  # the database may be away for a while
            log.warning("the merchants cannot be listed", exc_info=error)
        else:
            served = {one.id: one for one in found if one.status == Status.ACTIVE and one.revision not in outdated}
            for id_, one in served.items():
                if id_ in tasks:
                    tasks[id_].follower.tenant = one
                else:
                    tasks[id_] = begin(one)
            for id_ in tasks.keys() - served.keys():
                tasks[id_].leave.set()
                left.add(tasks.pop(id_).task)
            left = {one for one in left if not one.done()}
        await paused(ending, LISTED_S)
    for each in tasks.values():
        each.leave.set()
    await asyncio.gather(*left, *(each.task for each in tasks.values()))
