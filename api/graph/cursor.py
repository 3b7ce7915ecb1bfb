"""Cursors: the order values of a row and the instant it was read, authenticated for one tenant and connection.

    base64url(mac ‖ asOf ‖ "|" ‖ JSON array of the order values, as PostgreSQL's own text)

Not secret: whoever holds one may read what it names.  The values go back as text and are cast in SQL, so
Python never interprets them: microseconds, numerics and nulls survive.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest

import orjson

MAC_BYTES = 12


class BadCursor(ValueError):
    """Not a cursor of this connection and tenant."""


def seal(secret: bytes, place: str, keys: str, as_of: str) -> str:
    """A cursor for ``keys`` (JSON array) of the connection ``place``, read at ``as_of`` (RFC 3339)."""
    body = as_of.encode() + b"|" + keys.encode()
    return urlsafe_b64encode(_mac(secret, place, body) + body).decode().rstrip("=")


def unseal(secret: bytes, place: str, cursor: str) -> tuple[list[str | None], str]:
    """(order values, instant) of a cursor that ``seal`` made for the same place; else BadCursor."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError as error:
        raise BadCursor from error
    body = raw[MAC_BYTES:]
    if not compare_digest(raw[:MAC_BYTES], _mac(secret, place, body)):
        raise BadCursor
    if urlsafe_b64encode(raw).decode().rstrip("=") != cursor:  # one spelling each
        raise BadCursor
    as_of, _, keys = body.partition(b"|")
    return orjson.loads(keys), as_of.decode()


def _mac(secret: bytes, place: str, body: bytes) -> bytes:
    person = blake2b(place.encode(), digest_size=16).digest()
    return blake2b(body, key=secret, digest_size=MAC_BYTES, person=person).digest()
