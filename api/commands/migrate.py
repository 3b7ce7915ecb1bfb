"""``regulars migrate``: the control plane, the roles, and every merchant that is behind."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from api.commands.frame import AsJson, Desk, Exit, run, show
from tenancy.migrate import migrate_platform, migrate_tenants


def migrate(
    workers: Annotated[int, typer.Option(help="How many merchants at once.", min=1, max=8)] = 4,
    as_json: AsJson = False,
) -> None:
    """Bring the control plane, the roles and every merchant up to date.  Safe to repeat, safe while serving."""

    async def work(desk: Desk) -> dict[str, Any]:
        databases = desk.databases
        hardening = await migrate_platform(databases.owner(), databases.login, databases.password)
        console = Console(stderr=True)
        with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as bar:
            task = bar.add_task("merchants", total=None)
            done = await migrate_tenants(
                desk.owner,
                desk.blueprint.revisions,
                desk.now,
                workers=workers,
                progress=lambda through, of: bar.update(task, completed=through, total=of),
            )
        return {
            "revision": done.target,
            "isolation": hardening.report,
            "migrated": sorted(done.done),
            "failed": dict(sorted(done.failed.items())),
            "retries": done.retries,
        }

    report = run(work, as_json)
    show(report, as_json, lambda console: _print(console, report))
    if report["failed"]:
        raise typer.Exit(int(Exit.IN_PART))


def _print(console: Console, report: dict[str, Any]) -> None:
    console.print(f"revision {report['revision']}, isolation: {report['isolation']}", highlight=False)
    console.print(f"{len(report['migrated'])} migrated, {len(report['failed'])} failed", highlight=False)
    for slug, why in report["failed"].items():
        console.print(f"  {slug}: {why}", style="red", markup=False, highlight=False)
