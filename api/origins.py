"""Which pages in browsers may ask: an origin that an active key lists may try, and a key is taken from its own only."""

from api.errors import ErrorCode, RequestRefused
from domain.words import Words

Headers = list[tuple[bytes, bytes]]
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Idempotency-Key, Regulars-Tenant, Accept-Language",
    ),
    # What is asked with the key is judged anew each time, so this outlives no key.
    (b"access-control-max-age", b"600"),
    (b"vary", b"Access-Control-Request-Method, Access-Control-Request-Headers"),
]
EXPOSED = (b"access-control-expose-headers", b"RateLimit, RateLimit-Policy, Retry-After")
VARY = (b"vary", b"Origin")


class ForeignOrigin(RequestRefused):
    """The page may not use this key; its browser is not shown why."""

    def __init__(self) -> None:
        words = Words("The API key may not be used from this origin.", "该 API 密钥不允许从此来源使用。")
        super().__init__(403, ErrorCode.FORBIDDEN, words)


def admit(listed: frozenset[str], origin: str | None, host: str | None) -> None:
    """Raise ``ForeignOrigin`` unless a key that lists these origins may be used from this one.

    One that lists none is for programs, which send no origin, and for pages of this very host.
    """
    if listed:
        if origin not in listed:
            raise ForeignOrigin
    elif origin is not None and origin.partition("://")[2] != host:
        raise ForeignOrigin


def shown_to(origin: str, listed: bool) -> Headers:
    """The headers that let the page of an origin read an answer, if some key lists it."""
    if not listed:
        return [VARY]
    return [(b"access-control-allow-origin", origin.encode("latin-1")), EXPOSED, VARY]
