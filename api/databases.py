"""Which database: the configured one, or the embedded one for as long as it is needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from api.settings import Settings
from tenancy.embedded import open_embedded


class NoDatabase(Exception):
    """The settings lead to none; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Databases:
    """DSNs of the login role and, where it is needed, of the owner."""

    app_dsn: str
    owner_dsn: str | None
    embedded: bool

    @property
    def login(self) -> str:
        """The login role."""
        return unquote(urlsplit(self.app_dsn).username or "")

    @property
    def password(self) -> str | None:
        """The login role's, if the DSN holds it."""
        found = urlsplit(self.app_dsn).password
        return None if found is None else unquote(found)

    def owner(self) -> str:
        """The owner's DSN.  Raises ``NoDatabase``."""
        if self.owner_dsn is None:
            raise NoDatabase("this needs the owner of the tables: set REGULARS_OWNER_DATABASE_URL")
        return self.owner_dsn

    def check_owner(self) -> None:
        """Raises ``NoDatabase`` where the owner's DSN names the login role.

        It may write some of the control plane, so that it would only find nothing there.
        """
        if unquote(urlsplit(self.owner()).username or "") == self.login:
            raise NoDatabase(f"REGULARS_OWNER_DATABASE_URL must name the owner of the tables, not {self.login}")


@contextmanager
def open_databases(settings: Settings, say: Callable[[str], None]) -> Iterator[Databases]:
    """The configured DSNs win; without any, the embedded server runs until the end.

    Raises ``NoDatabase``, ``NoPlace``.
    """
    app, owner = settings.database_url, settings.owner_database_url
    if app:
        yield Databases(
            checked("REGULARS_DATABASE_URL", app),
            checked("REGULARS_OWNER_DATABASE_URL", owner) if owner else None,
            embedded=False,
        )
    elif owner:
        raise NoDatabase("REGULARS_OWNER_DATABASE_URL is set and REGULARS_DATABASE_URL is not: set both or neither")
    else:
        with open_embedded(settings.var / "postgres", programs=settings.postgres_bin, say=say) as server:
            yield Databases(server.app_dsn, server.owner_dsn, embedded=True)


def checked(name: str, dsn: str) -> str:
    """The DSN, if it is one; its text is not told, because it holds a password.  Raises ``NoDatabase``."""
    try:
        parts = urlsplit(dsn)
        good = parts.scheme in ("postgresql", "postgres") and parts.username and (parts.port or True)
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise NoDatabase(f"{name} is not of the form postgresql://role:password@host:5432/database")
    return dsn
