"""From a credential to a caller: which tenant, what it may do, which language it reads.

A token is looked up once and remembered until the control plane's change number moves, which is read at most every
half second: a revoked key or a suspended tenant is refused within a second, in every process.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from api.errors import ErrorCode, RequestRefused, unavailable
from api.http import locale_of
from api.origins import admit
from api.purses import Purse, Purses
from api.scopes import Scope, granted
from domain.words import Words
from tenancy.keys import TOKEN, Grant, list_origins, note_use, verify
from tenancy.platform import Status, change_version
from tenancy.tenant import Tenant

FRESH_S = 0.5  # how long the change number is believed
NOTED_S = 60.0  # how often the last use of keys is written
MOST_KEYS = 10_000  # remembered at a time
TENANT_HEADER = "regulars-tenant"
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    tenant: Tenant
    scopes: frozenset[Scope]
    actor: str  # as histories name it
    locale: str
    purse: Purse
    key: Grant


class Callers:
    """Tells callers from their API keys."""

    def __init__(self, control: AsyncEngine, purses: Purses, outdated: Collection[str] = ()) -> None:
        """``control`` leads to the control plane; of its own, so that long writes cannot keep callers out.

        ``outdated``: revisions of schemas that are no longer served.
        """
        self._control, self._purses, self._outdated = control, purses, outdated
        # By the header that named them.  What a look-up takes tells nothing of it: Python's hashes of texts are keyed.
        self._known: dict[str, tuple[Grant, frozenset[Scope], Purse]] = {}
        self._origins: dict[str, datetime | None] | None = None  # and until when they are listed
        self._used: set[UUID] = set()
        self._version: int | None = None
        self._read_at = self._noted_at = float("-inf")
        self._reading = asyncio.Lock()

    @property
    def version(self) -> int | None:
        """The change number, as it was read last."""
        return self._version

    async def authenticate(self, request: Request) -> Caller:
        """The caller.  Raises ``RequestRefused``: 401 without a valid key, 403 when the tenant is closed to it."""
        header = request.headers.get("authorization", "")
        if header not in self._known:
            _bearer(header)  # nonsense is refused before anything is asked
        try:
            if monotonic() - self._read_at >= FRESH_S:
                await self._refresh()
            grant, scopes, purse = self._known.get(header) or await self._grant(header)
        except (SQLAlchemyError, OSError) as error:
            raise unavailable() from error
        if grant.expires_at is not None and grant.expires_at <= datetime.now(UTC):
            raise _unknown()
        self._used.add(grant.key_id)
        if grant.tenant.revision in self._outdated:
            raise unavailable()
        return _caller(grant, scopes, purse, request)

    async def lists(self, origin: str) -> bool:
        """Whether some valid key lists the origin.  Raises ``RequestRefused`` when it cannot be known."""
        try:
            if monotonic() - self._read_at >= FRESH_S:
                await self._refresh()
            origins = self._origins if self._origins is not None else await self._read_origins()
        except (SQLAlchemyError, OSError) as error:
            raise unavailable() from error
        until = origins.get(origin, NEVER)
        return until is None or until > datetime.now(UTC)

    async def _read_origins(self) -> dict[str, datetime | None]:
        async with self._reading:
            if self._origins is not None:  # another request has just asked
                return self._origins
            version = self._version
            async with self._control.begin() as connection:
                origins = await list_origins(connection, datetime.now(UTC))
            if version == self._version:  # else they may be outdated already
                self._origins = origins
            return origins

    def forget(self) -> None:
        """This process has changed the control plane: look before the next request."""
        self._read_at = float("-inf")

    async def _grant(self, header: str) -> tuple[Grant, frozenset[Scope], Purse]:
        token, version = _bearer(header), self._version
        async with self._control.begin() as connection:
            grant = await verify(connection, token, datetime.now(UTC))
        if grant is None:
            raise _unknown()
        found = (grant, granted(grant.scopes), self._purses.of(grant))
        if version == self._version:  # else it may be outdated already
            if len(self._known) >= MOST_KEYS:
                self._known.clear()
            self._known[header] = found
        return found

    async def _refresh(self) -> None:
        """Forget what is remembered when anything in the control plane has changed."""
        async with self._reading:
            started = monotonic()
            if started - self._read_at < FRESH_S:  # another request has just asked
                return
            async with self._control.begin() as connection:
                version = await change_version(connection)
                if started - self._noted_at > NOTED_S and self._used:
                    used, self._used, self._noted_at = self._used, set(), started
                    await note_use(connection, list(used), datetime.now(UTC))
            if version != self._version:
                self._known.clear()
                self._origins, self._version = None, version
            self._read_at = started


def _bearer(header: str) -> str:
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not TOKEN.fullmatch(token.strip()):
        raise _unknown()
    return token.strip()


def _caller(grant: Grant, scopes: frozenset[Scope], purse: Purse, request: Request) -> Caller:
    tenant, headers = grant.tenant, request.headers
    if grant.origins or "origin" in headers:
        admit(grant.origins, headers.get("origin"), headers.get("host"))
    named = headers.get(TENANT_HEADER)
    if named is not None and named != tenant.slug:
        words = Words("The API key belongs to another tenant.", "该 API 密钥属于其他租户。")
        raise RequestRefused(403, ErrorCode.TENANT_MISMATCH, words)
    if not Status(tenant.status).readable:
        raise RequestRefused(403, ErrorCode.TENANT_SUSPENDED, Words("The tenant is suspended.", "该租户已被停用。"))
    return Caller(tenant, scopes, f"key:{grant.prefix}", locale_of(request) or tenant.locale, purse, grant)


def _unknown() -> RequestRefused:
    words = Words(
        "Send 'Authorization: Bearer <API key>' with a valid key.", "请在 Authorization 头中提供有效的 API 密钥。"
    )
    return RequestRefused(401, ErrorCode.UNAUTHENTICATED, words, {"WWW-Authenticate": 'Bearer realm="regulars"'})
