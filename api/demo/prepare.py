"""Brings the demo's database to where it can be served: migrated, both merchants whole, a key for each.

Every step may be repeated; what is done already is recognised and left alone.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from api.databases import Databases
from api.demo.examples import define_examples
from api.demo.generate import draw
from api.demo.load import define_attributes, load_drawn
from api.demo.merchants import MERCHANTS, Merchant
from api.demo.state import anchor_of, is_loaded, set_loaded
from api.imports.vacuum import vacuuming
from tenancy.baseline import Blueprint
from tenancy.engine import Engines, create_engine
from tenancy.keys import ALL_SCOPES, create_key, verify
from tenancy.migrate import migrate_platform, migrate_tenants
from tenancy.provision import NewTenant, SlugTaken, provision
from tenancy.registry import find_tenant, list_nodes
from tenancy.scope import Scope
from tenancy.tenant import Tenant

# Slug, kind being loaded, steps done, of how many.
Progress = Callable[[str, str, int, int], None]


class Unmigrated(Exception):
    """A merchant could not be migrated; the text says why."""


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """A merchant that is ready, and the token of a key that may read and write it."""

    slug: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class _Work:
    owner: AsyncEngine
    scope: Scope
    blueprint: Blueprint
    login: str
    now: datetime
    progress: Progress


async def prepare(
    databases: Databases, plan: Blueprint, known: Mapping[str, str], now: datetime, progress: Progress
) -> list[DemoTenant]:
    """Both merchants, ready.  ``known`` are tokens by slug, used again where they still are valid.

    Raises ``NotOurs``, ``Unmigrated``, and what migrating and provisioning raise.
    """
    await migrate_platform(databases.owner(), databases.login, databases.password)
    owner = create_engine(databases.owner(), pool_size=8)
    try:
        migrated = await migrate_tenants(owner, plan.revisions, now)
        if failed := [f"{one.slug}: {migrated.failed[one.slug]}" for one in MERCHANTS if one.slug in migrated.failed]:
            raise Unmigrated("; ".join(failed))
        async with owner.begin() as connection:  # of all merchants, before anything is made
            anchors = {one.slug: await anchor_of(connection, one.slug, now) for one in MERCHANTS}
            nodes = await list_nodes(connection)
        async with Engines(databases.app_dsn, nodes=nodes) as engines:
            work = _Work(owner, Scope(engines), plan, databases.login, now, progress)
            # At once: one merchant's records are checked here while PostgreSQL stores the other's.
            async with asyncio.TaskGroup() as group:
                made = [
                    group.create_task(_merchant(work, one, anchors[one.slug], known.get(one.slug))) for one in MERCHANTS
                ]
            return [one.result() for one in made]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        await owner.dispose()


async def _merchant(work: _Work, merchant: Merchant, anchor: datetime, known: str | None) -> DemoTenant:
    tenant = await _tenant(work, merchant)
    async with work.owner.connect() as connection:
        loaded = await is_loaded(connection, merchant.slug)
    if not loaded:
        await _load(work, tenant, merchant, anchor)
    return DemoTenant(merchant.slug, merchant.name, await _token(work, tenant, known))


async def _tenant(work: _Work, merchant: Merchant) -> Tenant:
    """Made, or completed, or found."""
    new = NewTenant(
        slug=merchant.slug,
        name=merchant.name,
        locale=merchant.locale,
        timezone=merchant.zone,
        base_currency=merchant.currency,
    )
    with suppress(SlugTaken):
        return await provision(work.owner, work.blueprint, new, work.now, login=work.login)
    async with work.owner.connect() as connection:
        return await find_tenant(connection, merchant.slug)


async def _load(work: _Work, tenant: Tenant, merchant: Merchant, anchor: datetime) -> None:
    await define_attributes(work.scope, tenant, merchant, work.now)
    await load_drawn(
        work.scope,
        tenant,
        draw(merchant, anchor),
        work.now,
        vacuum=vacuuming(work.owner, tenant.schema),
        progress=lambda kind, done, of: work.progress(merchant.slug, kind, done, of),
    )
    await define_examples(work.scope, tenant, merchant, work.now)
    async with work.owner.begin() as connection:
        await set_loaded(connection, merchant.slug, work.now)


async def _token(work: _Work, tenant: Tenant, known: str | None) -> str:
    async with work.owner.begin() as connection:
        grant = await verify(connection, known, work.now) if known else None
        if known and grant and grant.tenant.id == tenant.id:
            return known
        scopes = (*ALL_SCOPES, "admin", "customers_erase")
        _, token = await create_key(connection, tenant, work.now, label="demo", scopes=scopes)
        return token
