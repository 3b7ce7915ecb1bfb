"""API keys: a secret shown once, a hash kept, one tenant each."""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tenancy.platform import OPERATOR, Status, api_key, raise_change, tenant, write_audit
from tenancy.registry import CARRIED, as_tenant
from tenancy.tenant import Tenant, one_line

PREFIX = re.compile(r"[a-z0-9]{12}")
TOKEN = re.compile(rf"rk_({PREFIX.pattern})_([A-Za-z0-9_-]{{43}})")
SCOPE_NAME = re.compile(r"[a-z][a-z_:]{0,62}")
ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]{1,255}")
ALL_SCOPES = ("read", "write")
EVERYTHING = "ALL"  # the data scope that leaves nothing out
USED_TO_THE = timedelta(minutes=1)


class NoKey(Exception):
    """The tenant has no such key."""


class BadKey(Exception):
    """A property of the new key is wrong; the text says which."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret."""

    id: uuid.UUID
    prefix: str
    label: str
    scopes: tuple[str, ...]
    origins: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    member_id: uuid.UUID | None = None
    data_scope: str = EVERYTHING
    only_trusted: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token allows.  ``origins``: those of browsers, empty when none is asked.

    ``member_id``: of the tenant's staff, whose key it is; ``data_scope``: which of the tenant's rows it reaches.
    """

    tenant: Tenant
    key_id: uuid.UUID
    prefix: str
    scopes: frozenset[str]
    origins: frozenset[str]
    expires_at: datetime | None
    member_id: uuid.UUID | None = None
    data_scope: str = EVERYTHING
    only_trusted: bool = False  # documents


def new_token() -> tuple[str, str, bytes]:
    """(prefix, token, hash of the secret)."""
    prefix = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(12))
    secret = secrets.token_urlsafe(32)
    return prefix, f"rk_{prefix}_{secret}", _hash(secret)


async def take_turn(connection: AsyncConnection, id: uuid.UUID) -> None:
    """Wait for whoever makes a key of the same id: then it is there to be found."""
    await connection.execute(select(func.pg_advisory_xact_lock(id.int & (1 << 63) - 1)))


async def create_key(
    connection: AsyncConnection,
    of: Tenant,
    now: datetime,
    *,
    label: str = "",
    scopes: Sequence[str] = ALL_SCOPES,
    origins: Sequence[str] = (),
    expires_at: datetime | None = None,
    member_id: uuid.UUID | None = None,
    data_scope: str = EVERYTHING,
    only_trusted: bool = False,
    id: uuid.UUID | None = None,
    actor: str = OPERATOR,
) -> tuple[Key, str]:
    """A new key and its token, which is nowhere kept.  Raises ``BadKey``."""
    _check(scopes, origins, expires_at, now)
    if not one_line(label):
        raise BadKey(f"a label has at most 200 characters and no control characters: {label[:80]!a}")
    prefix, token, hashed = new_token()
    words, reach = (tuple(scopes), tuple(origins)), (member_id, data_scope)
    key = Key(id or uuid.uuid4(), prefix, label, *words, now, expires_at, None, None, *reach, only_trusted)
    row = {
        "id": key.id,
        "tenant_id": of.id,
        "prefix": prefix,
        "secret_hash": hashed,
        "label": label,
        "scopes": list(scopes),
        "origins": list(origins),
        "only_trusted": only_trusted,
        "expires_at": expires_at,
        "created_at": now,
        "member_id": member_id,
        "data_scope": data_scope,
    }
    await connection.execute(api_key.insert(), row)
    await write_audit(connection, "key.created", of.id, now, actor=actor, prefix=prefix, scopes=list(scopes))
    await raise_change(connection)
    return key, token


def _check(scopes: Iterable[str], origins: Iterable[str], expires_at: datetime | None, now: datetime) -> None:
    if wrong := [scope for scope in scopes if not SCOPE_NAME.fullmatch(scope)]:
        raise BadKey(f"not the name of a scope: {wrong[0][:80]!a}")
    if wrong := [origin for origin in origins if not ORIGIN.fullmatch(origin)]:
        raise BadKey(f"not an origin like https://shop.example: {wrong[0][:80]!a}")
    if expires_at is not None and expires_at <= now:
        raise BadKey("the key would have expired already")


async def list_keys(connection: AsyncConnection, of: Tenant) -> list[Key]:
    """The tenant's keys, oldest first, revoked ones too."""
    query = select(*_SHOWN).where(api_key.c.tenant_id == of.id).order_by(api_key.c.created_at, api_key.c.id)
    return [_as_key(row) for row in (await connection.execute(query)).mappings()]


async def find_key(connection: AsyncConnection, of: Tenant, by: str | uuid.UUID) -> Key | None:
    """One of the tenant's keys, by prefix or id."""
    named = api_key.c.id == by if isinstance(by, uuid.UUID) else api_key.c.prefix == by
    query = select(*_SHOWN).where(api_key.c.tenant_id == of.id, named)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _as_key(row)


def _as_key(row: Mapping[Any, Any]) -> Key:
    return Key(**{**row, "scopes": tuple(row["scopes"]), "origins": tuple(row["origins"])})


_SHOWN = tuple(api_key.c[field.name] for field in fields(Key))


async def revoke_key(
    connection: AsyncConnection, of: Tenant, prefix: str, now: datetime, *, actor: str = OPERATOR
) -> None:
    """End a key; a second time changes nothing.  Raises ``NoKey``."""
    if not (PREFIX.fullmatch(prefix) and await find_key(connection, of, prefix)):
        raise NoKey(f"{of.slug} has no key {prefix[:80]!a}")
    alive = api_key.c.tenant_id == of.id, api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None)
    if not (await connection.execute(update(api_key).where(*alive).values(revoked_at=now))).rowcount:
        return
    await write_audit(connection, "key.revoked", of.id, now, actor=actor, prefix=prefix)
    await raise_change(connection)


async def verify(connection: AsyncConnection, token: str, now: datetime) -> Grant | None:
    """What a token allows; null for a wrong, expired or revoked one, in the same time for each.

    Remember the answer until ``change_version`` moves or ``expires_at`` is reached.
    """
    parts = TOKEN.fullmatch(token)
    prefix, secret = parts.groups() if parts else ("", "")
    columns = (api_key.c.id.label("key_id"), *(api_key.c[name] for name in _JUDGED), *CARRIED)
    query = select(*columns).join(tenant, tenant.c.id == api_key.c.tenant_id).where(api_key.c.prefix == prefix)
    row = (await connection.execute(query)).mappings().one_or_none()
    same = hmac.compare_digest(_hash(secret), row["secret_hash"] if row else bytes(32))
    if row is None or not same or row["revoked_at"] is not None:
        return None
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return None
    scopes, origins = frozenset(row["scopes"]), frozenset(row["origins"])
    reach = row["member_id"], row["data_scope"]
    grant = as_tenant(row), row["key_id"], prefix, scopes, origins, row["expires_at"]
    return Grant(*grant, *reach, row["only_trusted"])


_JUDGED = (
    *("secret_hash", "scopes", "origins", "expires_at", "revoked_at"),
    *("member_id", "data_scope", "only_trusted"),
)


async def list_origins(connection: AsyncConnection, now: datetime) -> dict[str, datetime | None]:
    """The origins of all keys that are valid, each with the instant when the last of these expires, if it does."""
    query = (
        select(func.unnest(api_key.c.origins).label("origin"), api_key.c.expires_at)
        .join(tenant, tenant.c.id == api_key.c.tenant_id)
        .where(api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now))
        .where(tenant.c.status.in_([status for status in Status if status.readable]))
        .subquery()
    )
    forever = func.bool_or(query.c.expires_at.is_(None))
    found = await connection.execute(
        select(query.c.origin, forever, func.max(query.c.expires_at)).group_by(query.c.origin)
    )
    return {origin: None if ever else until for origin, ever, until in found}


async def note_use(connection: AsyncConnection, key_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Remember when keys were used last, to the minute.  It raises no change."""
    stale = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < now - USED_TO_THE)
    await connection.execute(update(api_key).where(api_key.c.id.in_(key_ids), stale).values(last_used_at=now))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
