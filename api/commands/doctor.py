"""``regulars doctor``: what is wrong with the database, and what to do."""

from dataclasses import asdict
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import typer
from rich.console import Console

from api.commands.frame import AsJson, Desk, Exit, run, show
from tenancy.doctor import Finding, examine


def doctor(as_json: AsJson = False) -> None:
    """Say what is wrong with the database and what to do.  Changes nothing."""
    findings = run(_examine, as_json)
    show([asdict(one) for one in findings], as_json, lambda console: _print(console, findings))
    if findings:
        raise typer.Exit(int(Exit.IN_PART))


async def _examine(desk: Desk) -> list[Finding]:
    owner = await asyncpg.connect(desk.databases.owner())
    app: Any = None
    try:
        try:
            app = await asyncpg.connect(desk.databases.app_dsn)
        except (OSError, asyncpg.PostgresError):
            app = None
        return await examine(owner, app, desk.blueprint.revisions)
    finally:
        await owner.close()
        if app is not None:
            await app.close()


def _print(console: Console, findings: list[Finding]) -> None:
    if not findings:
        console.print("Nothing is wrong.")
    for one in findings:
        who = f"{one.tenant} " if one.tenant else ""
        console.print(f"✗ {who}{one.what}", markup=False, highlight=False, style="red")
        console.print(f"  {one.remedy}", markup=False, highlight=False)
