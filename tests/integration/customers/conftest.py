"""A shop of its own for each test, and saving customers in it as a mutation does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from domain.customers.customer import Customer
from domain.customers.define import AttributeDefinitionInput, attribute_define
from domain.customers.input import AttributeInput, CustomerInput
from domain.customers.read import CustomerBy, ExternalRefInput
from domain.customers.save import customer_upsert
from domain.events import write_events
from domain.refusal import Invalid, Problem, Refused
from domain.text import Names
from tenancy.scope import Scope
from tests.support.imports import NOW, Shop
from tests.support.tenants import Tenants


def ref(value: str, system: str = "shop") -> ExternalRefInput:
    """A reference."""
    return ExternalRefInput(system, value)


def by_ref(value: str, system: str = "shop") -> CustomerBy:
    """Named by a reference."""
    return CustomerBy(external_ref=ref(value, system))


@dataclass(frozen=True, slots=True)
class Saving(Shop):
    """A tenant whose customers are saved one at a time."""

    async def save(
        self,
        by: CustomerBy | str | None = None,
        *,
        now: datetime = NOW,
        actor: str = "key:test",
        if_version: int | None = None,
        refs: tuple[str, ...] = (),
        own: dict[str, Any] | None = None,
        **said: Any,
    ) -> tuple[Customer, bool]:
        """One transaction of customerUpsert."""
        if refs:
            said["external_refs"] = [ref(value) for value in refs]
        if own is not None:
            said["attributes"] = [AttributeInput(key, value) for key, value in own.items()]
        named = by_ref(by) if isinstance(by, str) else by
        async with self.scope.write(self.tenant, before_commit=write_events) as session:
            return await customer_upsert(session, named, CustomerInput(**said), if_version, now=now, actor=actor)

    async def refused(self, *args: Any, **said: Any) -> Problem:
        """Why a save is refused, which must leave no trace."""
        before = await self.everything()
        with pytest.raises(Refused) as refused:
            await self.save(*args, **said)
        assert await self.everything() == before
        return refused.value.problem

    async def issues(self, *args: Any, **said: Any) -> list[tuple[str, str]]:
        """What is wrong with the input of a save: places and codes."""
        problem = await self.refused(*args, **said)
        assert isinstance(problem, Invalid)
        assert all(issue.message("en") and issue.message("zh") for issue in problem.fields)
        return [(".".join(issue.path), issue.code) for issue in problem.fields]

    async def define(self, key: str, kind: str, options: list[str] | None = None) -> UUID:
        """An attribute of the tenant's own."""
        async with self.scope.write(self.tenant, before_commit=write_events) as session:
            input_ = AttributeDefinitionInput(key, Names(en=key), kind, options)
            return (await attribute_define(session, input_, now=NOW)).id

    async def history(self) -> list[tuple[str, Any, Any]]:
        """Field, before, after of every change, oldest first."""
        found = await self.rows(
            "SELECT field, before, after FROM attribute_change ORDER BY valid_from, recorded_at, field"
        )
        return [tuple(row.values()) for row in found]

    async def topics(self) -> list[str]:
        """The topics of all events, in order."""
        return [row["topic"] for row in await self.rows("SELECT topic FROM event ORDER BY sequence")]


@pytest.fixture
async def shop(scope: Scope, tenants: Tenants) -> Saving:
    """A new tenant, empty."""
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    return Saving(scope, tenant)
