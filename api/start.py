"""What is opened at the start and closed at the end: pools, and the refusal to start where isolation would not hold."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.engine import POOLED, SETTINGS, Engines, Sizes, create_engine
from tenancy.registry import list_nodes
from tenancy.roles import Hardening, login_faults, read_hardening

CONTROL_TIMEOUT = "5s"  # of one look at the control plane
CONTROL_LOCK_TIMEOUT = "500ms"  # of its rows, which are locked for a moment only
CONTROL_CONNECTIONS = 2


class Unfit(Exception):
    """The application must not start; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a running application holds."""

    engines: Engines
    control: AsyncEngine  # the control plane, as the login role
    hardening: Hardening


@asynccontextmanager
async def running(
    dsn: str, *, require_hardening: bool, pgbouncer: bool = False, sizes: Sizes | None = None
) -> AsyncIterator[Running]:
    """Open the pools on the login role's DSN.  Raises ``Unfit``, and what connecting raises."""
    hardening = await inspected(dsn, require_hardening=require_hardening)
    control = control_engine(dsn, pgbouncer=pgbouncer)
    try:
        async with control.begin() as connection:
            nodes = await list_nodes(connection)
        async with Engines(dsn, nodes=nodes, sizes=sizes, pgbouncer=pgbouncer) as engines:
            yield Running(engines, control, hardening)
    finally:
        await control.dispose()


def control_engine(dsn: str, *, pgbouncer: bool = False) -> AsyncEngine:
    """A pool for short looks at the control plane."""
    settings = {**SETTINGS, "statement_timeout": CONTROL_TIMEOUT, "lock_timeout": CONTROL_LOCK_TIMEOUT}
    options = {"pool_size": CONTROL_CONNECTIONS, "max_overflow": 0, "pool_timeout": 5}
    control = create_engine(dsn, server_settings=settings, pgbouncer=pgbouncer, **options)
    if pgbouncer:

        @event.listens_for(control.sync_engine, "begin")
        def bound(connection: Connection) -> None:
            for name in ("statement_timeout", "lock_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {name} TO '{settings[name]}'")

    return control


async def inspected(dsn: str, *, require_hardening: bool) -> Hardening:
    """What PUBLIC may still do.  Raises ``Unfit`` when the role may do what it must not."""
    connection = await asyncpg.connect(dsn, **POOLED)  # through PgBouncer, perhaps
    try:
        faults = await login_faults(connection)
        hardening = await read_hardening(connection)
    finally:
        await connection.close()
    if faults:
        raise Unfit(
            f"Tenants would not be kept apart: {'; '.join(faults)}. Connect as a role made by: regulars migrate"
        )
    if require_hardening and not hardening.full:
        raise Unfit(
            f"Isolation is {hardening.report}, and REGULARS_REQUIRE_HARDENING is set. "
            "Run regulars migrate as a role that may revoke, or run regulars doctor."
        )
    return hardening
