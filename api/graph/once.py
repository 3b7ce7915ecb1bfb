"""Writes under an idempotency key: the first attempt is applied, a repeat is answered from what that one did."""

import hashlib
from typing import Any, Protocol

import orjson

from api.graph.request import Env

Done = tuple[Any, dict[str, Any]]  # what ``Env.written`` and ``Env.extra`` were


class Outcomes(Protocol):
    """Where the product keeps what keyed writes did; both within the write's own transaction."""

    async def claim(self, session: Any, env: Env, field: str, digest: str) -> Done | None:
        """What the first attempt did, waiting for one that still runs; null when this is the first.

        ``field`` is the response name.  Raises ``Closed`` when the key came with another digest.
        """

    async def keep(self, session: Any, env: Env, field: str, done: Done) -> None:
        """Keep what this first attempt did."""


def digest_of(field: str, arguments: dict[str, Any]) -> str:
    """The same for the same mutation with the same arguments, however written; null is as if it were left out."""
    given = {name: value for name, value in arguments.items() if value is not None}
    said = orjson.dumps([field, given], default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(said).hexdigest()
