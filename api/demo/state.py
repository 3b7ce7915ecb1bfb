"""What the demo has done already: which merchants are its own, as of which day, and whether they are loaded whole.

It is written in the control plane's audit, so it lives and dies with the database that it describes.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tenancy.platform import audit, tenant, write_audit

BEGUN, LOADED = "demo.begun", "demo.loaded"
EDITION = 2  # raised when the records, segments or strategies change: they are then loaded once more
ACTOR = "demo"


class NotOurs(Exception):
    """A merchant of the demo's name exists, and the demo has not made it."""


async def anchor_of(connection: AsyncConnection, slug: str, now: datetime) -> datetime:
    """The instant before which all records of a merchant lie: midnight (UTC) of the day the demo first began it.

    Raises ``NotOurs``.
    """
    begun = await _told(connection, BEGUN, slug)
    if begun is not None:
        return datetime.fromisoformat(begun["anchor"])
    if await connection.scalar(select(tenant.c.id).where(tenant.c.slug == slug)):
        raise NotOurs(
            f"this database has a merchant {slug} that is not the demo's: give the demo a database of its own"
        )
    anchor = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    await write_audit(connection, BEGUN, None, now, actor=ACTOR, slug=slug, anchor=anchor.isoformat())
    return anchor


async def is_loaded(connection: AsyncConnection, slug: str) -> bool:
    """Whether the merchant holds all that this edition of the demo gives it."""
    loaded = await _told(connection, LOADED, slug)
    return loaded is not None and loaded["edition"] == EDITION


async def set_loaded(connection: AsyncConnection, slug: str, now: datetime) -> None:
    """Remember that it does."""
    await write_audit(connection, LOADED, None, now, actor=ACTOR, slug=slug, edition=EDITION)


async def _told(connection: AsyncConnection, action: str, slug: str) -> Any:
    """The details of the last such entry; null if there is none."""
    found = select(audit.c.details).where(audit.c.action == action, audit.c.details["slug"].astext == slug)
    return await connection.scalar(found.order_by(audit.c.id.desc()).limit(1))
