"""``regulars doctor``: what is wrong with the database, and what to do."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import typer
from rich.console import Console

from api.commands.frame import AsJson, Desk, Exit, run, show
from api.settings import Settings
from api.start import CONTROL_CONNECTIONS
from api.worker.lagging import examine_watches
from tenancy.doctor import examine
from tenancy.engine import POOLED, Engines
from tenancy.finding import Finding
from tenancy.platform import Status
from tenancy.registry import list_nodes, list_tenants
from tenancy.scope import Scope
from tenancy.server import Wanted, examine_server


def doctor(as_json: AsJson = False) -> None:
    """Say what is wrong with the database and what to do.  Changes nothing."""
    findings = run(_examine, as_json, any_owner=True)
    show([asdict(one) for one in findings], as_json, lambda console: _print(console, findings))
    if findings:
        raise typer.Exit(int(Exit.IN_PART))


async def _examine(desk: Desk) -> list[Finding]:
    owner = await asyncpg.connect(desk.databases.owner())
    app: Any = None
    try:
        try:
            app = await asyncpg.connect(desk.databases.app_dsn, **POOLED)  # through PgBouncer, perhaps
        except (OSError, asyncpg.PostgresError):
            app = None
        settings = Settings()
        found = await examine(owner, app, desk.blueprint.revisions)
        found += await examine_server(owner, _wanted(settings, desk.databases.login), lambda: datetime.now(UTC))
        found += _settings(settings)
        return found or await _watches(desk)
    finally:
        await owner.close()
        if app is not None:
            await app.close()


async def _watches(desk: Desk) -> list[Finding]:
    """What can only be asked of a database on which nothing else is wrong."""
    async with desk.owner.connect() as connection:
        tenants, nodes = await list_tenants(connection), await list_nodes(connection)
    async with Engines(desk.databases.app_dsn, nodes=nodes) as engines:
        followed = [one for one in tenants if one.status == Status.ACTIVE]
        return await examine_watches(Scope(engines), followed, desk.now)


def _wanted(settings: Settings, login: str) -> Wanted:
    each = settings.read_connections + settings.write_connections + CONTROL_CONNECTIONS
    return Wanted(login, settings.workers * each, settings.pgbouncer)


def _settings(settings: Settings) -> list[Finding]:
    if settings.workers == 1 or settings.secret:
        return []
    remedy = "set the same on all machines: else cursors end with the server that gave them"
    return [Finding("REGULARS_SECRET is not set, and there are several processes", remedy)]


def _print(console: Console, findings: list[Finding]) -> None:
    if not findings:
        console.print("Nothing is wrong.")
    for one in findings:
        who = f"{one.tenant} " if one.tenant else ""
        console.print(f"✗ {who}{one.what}", markup=False, highlight=False, style="red")
        console.print(f"  {one.remedy}", markup=False, highlight=False)
