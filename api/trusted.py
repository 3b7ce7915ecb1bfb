"""The trusted documents that a process has met, remembered until the control plane's change number moves."""

import hashlib
import re
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.graph.cache import Recent
from tenancy.documents import find_document

MOST_TEXTS, MOST_UNKNOWN = 4_000, 10_000
ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def hash_in(given: str) -> bytes | None:
    """The SHA-256 in an id: ``sha256:`` and 64 hexadecimal digits, or only these; null for anything else."""
    found = ID.fullmatch(given)
    return bytes.fromhex(found[1]) if found else None


def hash_of(text: str) -> bytes:
    """The SHA-256 of a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Trusted:
    """Documents by tenant and hash."""

    def __init__(self, control: AsyncEngine, version: Callable[[], int | None]) -> None:
        """``control`` leads to the control plane; ``version`` is its change number, as it was read last."""
        self._control, self._version_of = control, version
        self._version: int | None = None
        self._texts: Recent[tuple[UUID, bytes], str] = Recent(MOST_TEXTS)
        self._unknown: Recent[tuple[UUID, bytes], bool] = Recent(MOST_UNKNOWN)

    def known(self, tenant_id: UUID, hash_: bytes) -> tuple[bool, str | None]:
        """(whether it is remembered, the text; null for one that is not trusted)."""
        version = self._version_of()
        if version != self._version:
            self._texts, self._unknown, self._version = Recent(MOST_TEXTS), Recent(MOST_UNKNOWN), version
        key = (tenant_id, hash_)
        text = self._texts.get(key)
        return (True, text) if text is not None else (self._unknown.get(key) is not None, None)

    async def find(self, tenant_id: UUID, hash_: bytes) -> str | None:
        """The text, asked of the control plane.  Raises what the driver raises."""
        version = self._version
        async with self._control.begin() as connection:
            text = await find_document(connection, tenant_id, hash_)
        if version == self._version:  # else it may be outdated already
            if text is None:
                self._unknown.put((tenant_id, hash_), True)
            else:
                self._texts.put((tenant_id, hash_), text)
        return text
