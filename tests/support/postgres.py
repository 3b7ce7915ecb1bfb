"""PostgreSQL for tests: one server for the session, a database for whoever wants to spoil one."""

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tenancy.embedded import LOGIN, open_embedded
from tenancy.migrate import migrate_platform


@dataclass(frozen=True, slots=True)
class Server:
    """A database of a running server: DSNs of the owner and of the login role."""

    owner_dsn: str
    app_dsn: str

    @property
    def login(self) -> str:
        """The login role."""
        return urlsplit(self.app_dsn).username or ""

    @property
    def password(self) -> str:
        """The login role's."""
        return urlsplit(self.app_dsn).password or ""

    def database(self, name: str) -> "Server":
        """The same server and roles, another database."""
        return Server(*(urlunsplit(urlsplit(dsn)._replace(path=f"/{name}")) for dsn in (self.owner_dsn, self.app_dsn)))


@contextmanager
def a_server() -> Iterator[Server]:
    """REGULARS_TEST_DATABASE_URL (an owner's DSN) if set, else an embedded one that forgets after a power cut.

    REGULARS_POSTGRES_BIN names other programs for the embedded one, e.g. /usr/lib/postgresql/15/bin.
    """
    if given := os.environ.get("REGULARS_TEST_DATABASE_URL"):
        login = f"{LOGIN}_{secrets.token_hex(4)}:{secrets.token_hex(16)}"
        parts = urlsplit(given)
        host = parts.netloc.rpartition("@")[2]
        server = Server(given, urlunsplit(parts._replace(netloc=f"{login}@{host}")))
        yield server
        asyncio.run(_run(given, f"DROP ROLE IF EXISTS {server.login}"))
        return
    programs = os.environ.get("REGULARS_POSTGRES_BIN")
    with tempfile.TemporaryDirectory(prefix="regulars-test-") as made:
        Path(made).chmod(0o711)  # PostgreSQL's account must get through
        home = Path(made) / "postgres"
        with open_embedded(home, programs=Path(programs) if programs else None, durable=False) as server:
            yield Server(server.owner_dsn, server.app_dsn)


@asynccontextmanager
async def a_bare_database(server: Server) -> AsyncIterator[Server]:
    """A new, empty database, dropped at the end."""
    name = f"regulars_test_{secrets.token_hex(6)}"
    await _run(server.owner_dsn, f'CREATE DATABASE "{name}"')
    try:
        yield server.database(name)
    finally:
        await _run(server.owner_dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def a_database(server: Server) -> AsyncIterator[Server]:
    """A new database with a control plane, dropped at the end with the roles of its tenants."""
    roles: list[tuple[str, ...]] = []
    try:
        async with a_bare_database(server) as made:
            await migrate_platform(made.owner_dsn, made.login, made.password)
            try:
                yield made
            finally:
                roles = await _run(made.owner_dsn, "SELECT 't_' || replace(id::text, '-', '') FROM platform.tenant")
    finally:
        if roles:
            await _run(server.owner_dsn, f"DROP ROLE IF EXISTS {', '.join(role for (role,) in roles)}")


async def _run(dsn: str, statement: str) -> list[tuple[str, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
