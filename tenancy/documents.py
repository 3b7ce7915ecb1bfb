"""Trusted documents: what a tenant's apps may ask by the SHA-256 of a document, uploaded with the app."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tenancy.platform import raise_change, trusted_document, write_audit
from tenancy.tenant import Tenant

APP = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
MOST_APPS, MOST_DOCUMENTS = 50, 2_000  # of a tenant; of an app
KEPT = trusted_document.c


class BadManifest(Exception):
    """Nothing of it was stored; the text names the documents that are wrong, each with the first reason."""


class BadApp(Exception):
    """An app cannot be called so, or has too much; the text says what."""


class NoApp(Exception):
    """The tenant has uploaded nothing of that name."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload changed."""

    app: str
    added: int
    known: int
    removed: int


@dataclass(frozen=True, slots=True)
class App:
    """One app's documents, counted."""

    name: str
    documents: int
    uploaded_at: datetime


async def upload(
    connection: AsyncConnection, of: Tenant, app: str, documents: Mapping[bytes, str], now: datetime, *, replace: bool
) -> Uploaded:
    """Trust documents, by their hashes, for an app; with ``replace`` none of its others any more.  Raises ``BadApp``.

    Who calls it has validated them.
    """
    if not APP.fullmatch(app):
        raise BadApp(f"an app is called by small letters, digits and '_.-', 63 at most: {app[:80]!a}")
    ours = (KEPT.tenant_id == of.id, KEPT.app == app)
    removed = 0
    if replace:
        gone = delete(trusted_document).where(*ours, KEPT.hash.not_in(list(documents)))
        removed = (await connection.execute(gone)).rowcount
    added = 0
    if documents:
        rows = [
            {"tenant_id": of.id, "app": app, "hash": hash_, "text": text, "created_at": now}
            for hash_, text in documents.items()
        ]
        made = insert(trusted_document).values(rows).on_conflict_do_nothing().returning(KEPT.hash)
        added = len((await connection.execute(made)).all())
    count = select(func.count(), func.count(KEPT.app.distinct())).where(KEPT.tenant_id == of.id)
    _, apps = (await connection.execute(count)).one()
    (held,) = (await connection.execute(select(func.count()).select_from(trusted_document).where(*ours))).one()
    if apps > MOST_APPS or held > MOST_DOCUMENTS:
        raise BadApp(f"at most {MOST_APPS} apps with {MOST_DOCUMENTS} documents each; remove what is old: --replace")
    await write_audit(connection, "documents.uploaded", of.id, now, app=app, added=added, removed=removed)
    await raise_change(connection)
    return Uploaded(app, added, len(documents) - added, removed)


async def list_apps(connection: AsyncConnection, of: Tenant) -> list[App]:
    """The tenant's apps by name."""
    query = select(KEPT.app, func.count(), func.max(KEPT.created_at)).where(KEPT.tenant_id == of.id)
    found = await connection.execute(query.group_by(KEPT.app).order_by(KEPT.app))
    return [App(name, documents, uploaded_at) for name, documents, uploaded_at in found]


async def forget(connection: AsyncConnection, of: Tenant, app: str, now: datetime) -> int:
    """Trust an app's documents no longer; how many they were.  Raises ``NoApp``."""
    gone = delete(trusted_document).where(KEPT.tenant_id == of.id, KEPT.app == app)
    removed = (await connection.execute(gone)).rowcount
    if not removed:
        raise NoApp(f"{of.slug} has no app {app[:80]!a}")
    await write_audit(connection, "documents.forgotten", of.id, now, app=app, removed=removed)
    await raise_change(connection)
    return removed


async def find_document(connection: AsyncConnection, tenant_id: UUID, hash_: bytes) -> str | None:
    """The text of a document that an app of the tenant is trusted with.  Remember it until ``change_version`` moves."""
    query = select(KEPT.text).where(KEPT.tenant_id == tenant_id, KEPT.hash == hash_).limit(1)
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found
