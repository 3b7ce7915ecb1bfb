"""Engines and pools: which node serves a tenant, and connections that are safe to hand from tenant to tenant.

Reads run on asyncpg, writes on SQLAlchemy.  Nothing is reset when a connection is returned: whatever names a
tenant is SET LOCAL, so the end of the transaction is the reset, and every borrower names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tenancy.platform import MAIN_NODE
from tenancy.readers import Readers
from tenancy.tenant import Tenant

NOWHERE = "regulars_nowhere"  # a schema that does not exist
SETTINGS = {
    "timezone": "UTC",
    "jit": "off",  # compiling costs more than our statements take
    "search_path": NOWHERE,
    "idle_in_transaction_session_timeout": "60s",
    "application_name": "regulars",
}
READ_TIMEOUT_MS = 10_000  # of a statement that reads
STATES = ("lent", "free")
# PgBouncer in transaction mode: the next transaction may be on another server connection, which knows no statement of
# ours; and of what is said at the start it lets these through.  The login role's own settings say the rest.
POOLED = {"statement_cache_size": 0}
PASSED = ("timezone", "application_name")
LIFETIME_S = 1800  # a backend keeps 0.2 to 0.35 MB for every tenant that it has touched


class SharedConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection of tenants in turn."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # asyncpg looks up array types with a set_config around it, which a tenant's role may not call.
        # Its only purpose is to turn the compiler off, and ours is off.
        self._server_caps = self._server_caps._replace(jit=False)  # type: ignore[has-type]

    def get_reset_query(self) -> str:
        """Nothing: see the module."""
        return ""


@dataclass(frozen=True, slots=True)
class Node:
    """The pools of one node: ``reads`` of asyncpg's connections, ``writes`` of SQLAlchemy's."""

    reads: Readers
    writes: AsyncEngine


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many connections a process opens at most, for each node."""

    reads: int = 20
    writes: int = 5
    wait_s: float = 5.0  # for one that is free


class Engines:
    """The pools of all nodes, opened when first used.  Close with ``close`` in the event loop that used them."""

    def __init__(
        self,
        dsn: str,
        *,
        nodes: Mapping[str, tuple[str | None, int | None]] | None = None,
        sizes: Sizes | None = None,
        init: Any = None,
        pgbouncer: bool = False,
    ) -> None:
        """``dsn`` is the login role's; ``nodes`` gives host and port of others; ``init`` prepares a read connection.

        ``pgbouncer``: the DSNs lead to PgBouncer in transaction mode.
        """
        self._dsn, self._nodes, self._init = dsn, dict(nodes or {}), init or keep_json
        self.sizes, self.pgbouncer = sizes or Sizes(), pgbouncer
        self._open: dict[str, Node] = {}

    def engine_for(self, tenant: Tenant) -> Node:
        """The pools that lead to the tenant's rows.  KeyError when its node is not known."""
        return self.node(tenant.node)

    def node(self, name: str = MAIN_NODE) -> Node:
        """A node's pools."""
        if name not in self._open:
            host, port = (None, None) if name == MAIN_NODE else self._nodes[name]
            dsn = with_host(self._dsn, host, port)
            self._open[name] = make_node(dsn, self.sizes, self._init, pgbouncer=self.pgbouncer)
        return self._open[name]

    @property
    def used(self) -> dict[str, dict[str, int]]:
        """How many connections are lent and free, of all nodes together, by what they are for."""
        reads = [node.reads.used for node in self._open.values()]
        writes = [used_of(node.writes) for node in self._open.values()]
        return {name: {state: sum(one[state] for one in pools) for state in STATES}
                for name, pools in (("reads", reads), ("writes", writes))}  # fmt: skip

    async def expire(self) -> None:
        """Let connections go when they are returned, e.g. after a migration: they remember the shapes of tables."""
        for node in self._open.values():
            node.reads.expire()
            await node.writes.dispose()

    async def close(self) -> None:
        """Close all connections."""
        for node in self._open.values():
            await node.reads.close()
            await node.writes.dispose()
        self._open.clear()

    async def __aenter__(self) -> "Engines":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def make_node(dsn: str, sizes: Sizes, init: Any, *, pgbouncer: bool = False) -> Node:
    """Pools on a DSN.  Each connects when it is first used."""
    settings = {**SETTINGS, "statement_timeout": str(READ_TIMEOUT_MS)}
    # The compiled statement of a large document is long, and worth keeping.
    kept = POOLED if pgbouncer else {"statement_cache_size": 500, "max_cacheable_statement_size": 0}

    async def connect() -> Any:
        connection = await asyncpg.connect(
            dsn,
            connection_class=SharedConnection,
            server_settings=said(settings, pgbouncer),
            **kept,
        )
        try:
            await init(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    writes = create_engine(
        dsn,
        server_settings=SETTINGS,
        pgbouncer=pgbouncer,
        pool_size=sizes.writes,
        max_overflow=0,
        pool_timeout=sizes.wait_s,
    )
    return Node(Readers(connect, sizes.reads, LIFETIME_S), writes)


def said(settings: Mapping[str, str], pgbouncer: bool) -> dict[str, str]:
    """Of the settings those that may be said at the start of a connection."""
    return {name: value for name, value in settings.items() if name in PASSED or not pgbouncer}


def create_engine(
    dsn: str, *, server_settings: Mapping[str, str] | None = None, pgbouncer: bool = False, **options: Any
) -> AsyncEngine:
    """A SQLAlchemy engine on a DSN of the form ``postgresql://``.

    The DSN goes to the driver as it is: SQLAlchemy's own URLs know neither ``sslmode`` nor several hosts.
    """
    settings = said(server_settings or {}, pgbouncer)
    arguments: dict[str, Any] = {"server_settings": settings, "connection_class": SharedConnection}
    if pgbouncer:
        arguments |= {**POOLED, "prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
    made = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={"dsn": dsn, **arguments},
        pool_recycle=LIFETIME_S,
        hide_parameters=True,
        **options,
    )
    event.listen(made.sync_engine, "checkout", _replace_closed)
    return made


def _replace_closed(adapted: Any, *_: object) -> None:
    """A connection that ended while nobody used it is made anew; the driver knows without asking the server."""
    if adapted.driver_connection.is_closed():
        raise DisconnectionError


def used_of(engine: AsyncEngine) -> dict[str, int]:
    """How many connections are lent and free in an engine's pool."""
    pool: Any = engine.pool
    return {"lent": pool.checkedout(), "free": pool.checkedin()}


async def keep_json(connection: Any) -> None:
    """Columns of type json stay the bytes that PostgreSQL made."""
    await connection.set_type_codec("json", schema="pg_catalog", encoder=_same, decoder=_same, format="binary")


def _same(value: Any) -> Any:
    return value


def with_host(dsn: str, host: str | None, port: int | None) -> str:
    """The same DSN on another host."""
    if host is None and port is None:
        return dsn
    parts = urlsplit(dsn)
    credentials = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    where = f"{host or parts.hostname}:{port or parts.port or 5432}"
    return urlunsplit(parts._replace(netloc=credentials + where))
