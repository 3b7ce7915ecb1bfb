"""Who owns the rows: the tenant as every request carries it, and the grammar of its names."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from tenancy.platform import MAIN_NODE, Status

SLUG = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
SCHEMA_NAME = re.compile(r"t_[0-9a-f]{32}")
# Names that mean something to PostgreSQL, to a URL or to a reader.
_RESERVED = """
    admin administrator all api app assets auth console default docs graphiql graphql health healthz help
    information-schema internal livez localhost login main metrics new node none null operator platform postgres
    public readyz regulars root schema self status support system template template0 template1 tenant tenants www
"""
RESERVED = frozenset(_RESERVED.split())


class BadSlug(Exception):
    """This cannot be a slug; the text says why."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's row, as far as requests need it.  ``schema`` derives from ``id`` and is never input."""

    id: UUID
    slug: str
    status: str = Status.ACTIVE
    node: str = MAIN_NODE
    locale: str = "en"
    timezone: str = "UTC"  # IANA name
    base_currency: str = "EUR"  # ISO 4217
    fiscal_year_start: int = 1  # month
    week_start: int = 1  # 1 = Monday
    revision: str = ""
    name: str = ""
    points_rate: int | None = None  # points that it gets back a second; null: as the processes are set

    @property
    def schema(self) -> str:
        """Its schema, and the role of the same name."""
        return schema_of(self.id)


@lru_cache(maxsize=4096)
def schema_of(tenant_id: UUID) -> str:
    """``t_`` and 32 hex digits.  Checked again because it is spliced into statements that take no parameters."""
    name = f"t_{tenant_id.hex}"
    if not SCHEMA_NAME.fullmatch(name):
        raise ValueError(f"not the name of a tenant's schema: {name!r}")
    return name


def one_line(text: str, most: int = 200) -> bool:
    """Whether it is text for people: no control characters, no lone surrogates, not too long."""
    return len(text) <= most and not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def check_slug(slug: str) -> str:
    """The slug, if it is one.  Raises ``BadSlug``."""
    if len(slug) < 3 or len(slug) > 63:
        raise BadSlug(f"a slug has 3 to 63 characters; this has {len(slug)}: {slug[:80]!a}")
    strange = next((c for c in slug if not (c.isascii() and (c.islower() or c.isdigit() or c == "-"))), None)
    if strange is not None:
        raise BadSlug(f"a slug has small letters a-z, digits and '-' only; found {strange!a} in {slug!a}")
    if not SLUG.fullmatch(slug):
        raise BadSlug(f"a slug begins with a letter and ends with a letter or digit: {slug!a}")
    if slug in RESERVED or slug.startswith("pg-"):
        raise BadSlug(f"this name is reserved: {slug!a}")
    return slug
