"""Makes a tenant: a row, a role and a schema, then all its tables in one transaction.

Every step may be repeated; a tenant whose making was interrupted is completed by asking for it again.
Role and schema are committed before the tables: a distributed PostgreSQL places the schema on a node first.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tenancy.baseline import Blueprint, closing, opening
from tenancy.platform import MAIN_NODE, Status, raise_change, tenant, write_audit
from tenancy.registry import CARRIED, as_tenant
from tenancy.roles import checked
from tenancy.tenant import LOCALE, Tenant, check_slug, one_line
from tenancy.waiting import Busy

Progress = Callable[[str], None]


class SlugTaken(Exception):
    """A tenant has this slug, or had it once."""


class BadTenant(Exception):
    """A property of the new tenant is wrong; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenant:
    """What is asked for."""

    slug: str
    name: str = ""
    locale: str = "en"
    timezone: str = "UTC"
    base_currency: str = "EUR"
    fiscal_year_start: int = 1
    week_start: int = 1
    node: str = MAIN_NODE

    def check(self) -> None:
        """Raises ``BadSlug``, ``BadTenant``."""
        check_slug(self.slug)
        if not one_line(self.name):
            raise BadTenant(f"a name has at most 200 characters and no control characters: {self.name[:80]!a}")
        if not LOCALE.fullmatch(self.locale):
            raise BadTenant(f"not a locale like zh-CN: {self.locale[:80]!a}")
        try:
            ZoneInfo(self.timezone)
        except (OSError, ValueError, KeyError) as unknown:
            raise BadTenant(f"no time zone is named {self.timezone[:80]!a}") from unknown
        if not (self.base_currency.isascii() and self.base_currency.isalpha() and len(self.base_currency) == 3):
            raise BadTenant(f"not an ISO 4217 currency: {self.base_currency[:80]!a}")
        if not (1 <= self.fiscal_year_start <= 12 and 1 <= self.week_start <= 7):
            raise BadTenant("the fiscal year starts in a month 1 to 12, the week on a day 1 (Monday) to 7")


@dataclass(frozen=True, slots=True)
class Work:
    """What all steps need."""

    owner: AsyncEngine
    blueprint: Blueprint
    login: str
    now: datetime


async def provision(
    owner: AsyncEngine,
    blueprint: Blueprint,
    new: NewTenant,
    now: datetime,
    *,
    login: str = "regulars_app",
    progress: Progress = lambda step: None,
) -> Tenant:
    """Make a tenant, or complete it.  ``progress`` hears of each step when it is done.

    Raises ``BadSlug``, ``BadTenant``, ``SlugTaken``, ``Busy``.
    """
    new.check()
    work = Work(owner, blueprint, checked(login), now)
    made = await register(work, new)
    progress("register")
    for step in STEPS:
        await step(work, made)
        progress(step.__name__)
    async with owner.connect() as connection:
        found = await connection.execute(select(*CARRIED).where(tenant.c.id == made.id))
        return as_tenant(found.mappings().one())


async def register(work: Work, new: NewTenant) -> Tenant:
    """Write the tenant's row, or find the one that an interrupted making has left.  The unique slug decides races."""
    row = {
        "id": uuid.uuid4(),
        "slug": new.slug,
        "name": new.name or new.slug,
        "status": Status.PROVISIONING,
        "node": new.node,
        "locale": new.locale,
        "timezone": new.timezone,
        "base_currency": new.base_currency.upper(),
        "fiscal_year_start": new.fiscal_year_start,
        "week_start": new.week_start,
        "created_at": work.now,
        "updated_at": work.now,
    }
    async with work.owner.begin() as connection:
        await connection.execute(insert(tenant).values(row).on_conflict_do_nothing(index_elements=["slug"]))
        found = (await connection.execute(select(*CARRIED).where(tenant.c.slug == new.slug))).mappings().one()
        if found["status"] != Status.PROVISIONING:
            raise SlugTaken(f"{new.slug} is taken; a slug is never used again")
        return as_tenant(found)


async def make_schema(work: Work, made: Tenant) -> None:
    """The role and the schema, which it may use and not change; the login role may become it, and nothing more."""
    name = made.schema
    async with work.owner.begin() as connection:
        await lock(connection, made)
        if not await connection.scalar(text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :n)"), {"n": name}):
            await run_script(connection, f"CREATE ROLE {name} NOLOGIN NOINHERIT")
        await run_script(
            connection,
            f"GRANT {name} TO {work.login}; CREATE SCHEMA IF NOT EXISTS {name}; GRANT USAGE ON SCHEMA {name} TO {name}",
        )


async def make_tables(work: Work, made: Tenant) -> None:
    """All tables, the first rows and the status, in one transaction."""
    name = made.schema
    async with work.owner.begin() as connection:
        if await lock(connection, made) != Status.PROVISIONING:
            return  # another has completed it meanwhile
        await run_script(connection, opening(name) + work.blueprint.script + closing(name))
        done = {"status": Status.ACTIVE, "revision": work.blueprint.revisions.head, "updated_at": work.now}
        await connection.execute(update(tenant).where(tenant.c.id == made.id).values(done))
        await write_audit(connection, "tenant.created", made.id, work.now, slug=made.slug)
        await raise_change(connection)


STEPS: tuple[Callable[[Work, Tenant], Awaitable[None]], ...] = (make_schema, make_tables)


async def lock(connection: AsyncConnection, of: Tenant) -> str:
    """Take the tenant's row; its status.  Not an advisory lock: a tenant's role could take that.  Raises ``Busy``."""
    query = select(tenant.c.status).where(tenant.c.id == of.id).with_for_update(skip_locked=True)
    status: str | None = (await connection.execute(query)).scalar_one_or_none()
    if status is None:
        raise Busy(f"another process is working on {of.slug}")
    return status


async def run_script(connection: AsyncConnection, script: str) -> None:
    """Send several statements in one message, inside the connection's transaction, which has begun."""
    pooled: Any = await connection.get_raw_connection()
    await pooled.driver_connection.execute(script)
