"""Who asks, and the doors that lead where the tenant's own transaction does not: for functions of the control plane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Caller
from api.reach import Confined
from domain.customers.reach import CustomerScope
from tenancy.control import Control
from tenancy.scope import Scope

ATTEMPTS = UUID("6f0c1b52-8d3e-5c1a-9a77-3b1f5f0e2d11")  # namespace of ids made of idempotency keys


@dataclass(frozen=True, slots=True)
class Asking:
    """A caller, and the doors of this process."""

    caller: Caller
    scope: Scope
    control: Control

    @property
    def confined(self) -> Confined | None:
        """What is taken out of its statements; null for a key that is no member's."""
        key = self.caller.key
        return Confined(key.member_id, CustomerScope(key.data_scope)) if key.member_id else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection that may change the caller's tenant in the control plane.  Raises ``Closed`` when the member
        whose key it is has left."""
        if self.confined is not None:
            async with self.scope.write(self.caller.tenant) as session:
                await self.confined.enter(session)
        async with self.control.write(self.caller.tenant) as connection:
            yield connection

    async def has_member(self, id: UUID) -> bool:
        """Whether the tenant has such a member."""
        there = "SELECT EXISTS (SELECT FROM member WHERE id = $1 AND removed_at IS NULL)"
        async with self.scope.read(self.caller.tenant) as connection:
            return bool(await connection.fetchval(there, id))


def asking_of(planner: Any) -> Asking:
    """Who asks; of writes and loaded fields only: a plan that looked at it would be one caller's."""
    asking = planner.look(lambda env: env.caller)
    assert isinstance(asking, Asking)
    return asking


def attempt_of(planner: Any) -> UUID | None:
    """The id that what is made under this idempotency key has; null without one."""
    found: UUID | None = planner.look(
        lambda env: (
            env.idempotency_key
            and uuid5(ATTEMPTS, f"{env.place} {env.actor} {env.response_name} {env.idempotency_key}")
        )
    )
    return found
