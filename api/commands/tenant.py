"""``regulars tenant``: make, list, show, suspend, resume, limit, drop."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from api.commands.frame import AsJson, Desk, Exit, fail, failures, run, show, table
from tenancy import registry
from tenancy.drop import drop_tenant
from tenancy.platform import Status
from tenancy.provision import NewTenant, provision
from tenancy.tenant import Tenant

app = typer.Typer(no_args_is_help=True, help="Merchants: make, list, show, suspend, resume, limit, drop.")
Slug = Annotated[str, typer.Argument(help="3 to 63 of a-z, 0-9 and '-', beginning with a letter.")]
COLUMNS = ("slug", "name", "status", "revision", "locale", "timezone", "base_currency", "node")


def shown(tenant: Tenant) -> dict[str, Any]:
    """A tenant for programs."""
    return asdict(tenant) | {"id": str(tenant.id), "schema": tenant.schema}


def show_one(tenant: Tenant, as_json: bool) -> None:
    """Print a tenant."""
    facts = shown(tenant)
    show(facts, as_json, lambda console: _lines(console, facts))


def _lines(console: Console, facts: dict[str, Any]) -> None:
    console.print(table([{"": name, "value": value} for name, value in facts.items()], "", "value"))


@app.command("create")
def create(
    slug: Slug,
    name: Annotated[str, typer.Option(help="For people; the slug if not given.")] = "",
    locale: Annotated[str, typer.Option(help="BCP 47, e.g. zh-CN.")] = "en",
    timezone: Annotated[str, typer.Option(help="IANA name; decides where a day begins.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217; what amounts are compared in.")] = "EUR",
    fiscal_year_start: Annotated[int, typer.Option(help="Month, 1 to 12.")] = 1,
    week_start: Annotated[int, typer.Option(help="1 is Monday.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make a merchant, or complete one whose making was interrupted."""
    new = NewTenant(
        slug=slug,
        name=name,
        locale=locale,
        timezone=timezone,
        base_currency=currency,
        fiscal_year_start=fiscal_year_start,
        week_start=week_start,
    )
    with failures(as_json):
        new.check()  # before a database is started for nothing

    async def work(desk: Desk) -> Tenant:
        return await provision(desk.owner, desk.blueprint, new, desk.now, login=desk.databases.login)

    show_one(run(work, as_json), as_json)


@app.command("list")
def list_(
    dropped: Annotated[bool, typer.Option("--dropped", help="Those that were dropped, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the merchants."""

    async def work(desk: Desk) -> list[Tenant]:
        async with desk.owner.connect() as connection:
            return await registry.list_tenants(connection, dropped=dropped)

    found = [shown(one) for one in run(work, as_json)]
    show(found, as_json, lambda console: console.print(table(found, *COLUMNS)))


@app.command("show")
def show_(slug: Slug, as_json: AsJson = False) -> None:
    """Show one merchant."""

    async def work(desk: Desk) -> Tenant:
        async with desk.owner.connect() as connection:
            return await registry.find_tenant(connection, slug)

    show_one(run(work, as_json), as_json)


def _mover(slug: str, to: Status) -> Callable[[Desk], Awaitable[Tenant]]:
    async def work(desk: Desk) -> Tenant:
        async with desk.owner.begin() as connection:
            return await registry.move_tenant(connection, slug, to, desk.now)

    return work


@app.command("suspend")
def suspend(
    slug: Slug,
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse writes only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Refuse a merchant's requests, within a second in every process."""
    show_one(run(_mover(slug, Status.READ_ONLY if read_only else Status.SUSPENDED), as_json), as_json)


@app.command("resume")
def resume(slug: Slug, as_json: AsJson = False) -> None:
    """Serve a merchant again."""
    show_one(run(_mover(slug, Status.ACTIVE), as_json), as_json)


@app.command("limit")
def limit(
    slug: Slug,
    points_rate: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="Points that it gets back a second; left out: what is usual.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a merchant another budget, within a second in every process; its keys' change by the same factor."""

    async def work(desk: Desk) -> Tenant:
        async with desk.owner.begin() as connection:
            return await registry.limit_tenant(connection, slug, points_rate, desk.now)

    show_one(run(work, as_json), as_json)


@app.command("drop")
def drop(
    slug: Slug,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a merchant's rows for good and print a receipt.  The slug is never used again."""
    if not yes and (as_json or typer.prompt(f"All rows of {slug} will be lost. Type the slug to go on") != slug):
        fail(Exit.REFUSED, "nothing was dropped: confirm with --yes", as_json)

    async def work(desk: Desk) -> dict[str, Any]:
        return (await drop_tenant(desk.owner, slug, desk.now)).as_json()

    receipt = run(work, as_json)
    rows = [{"table": name, "rows": count} for name, count in receipt["tables"].items()]
    show(receipt, as_json, lambda console: _receipt(console, receipt, rows))


def _receipt(console: Console, receipt: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    console.print(table(rows, "table", "rows"))
    console.print(f"{receipt['slug']} dropped; {receipt['keys_revoked']} keys ended")
