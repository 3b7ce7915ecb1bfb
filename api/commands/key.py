"""``regulars key``: create, list, revoke."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from api.commands.frame import AsJson, Desk, run, show, table
from tenancy import keys, registry

app = typer.Typer(no_args_is_help=True, help="API keys of a merchant: create, list, revoke.")
Slug = Annotated[str, typer.Argument(help="The merchant's slug.")]
COLUMNS = ("prefix", "label", "scopes", "origins", "created_at", "expires_at", "last_used_at", "revoked_at")


def shown(key: keys.Key) -> dict[str, Any]:
    """A key for programs."""
    instants = ("created_at", "expires_at", "last_used_at", "revoked_at")
    dates = {name: at and at.isoformat() for name in instants for at in [getattr(key, name)]}
    ids = {name: of and str(of) for name in ("id", "member_id") for of in [getattr(key, name)]}
    return asdict(key) | dates | ids | {"scopes": list(key.scopes), "origins": list(key.origins)}


@app.command("create")
def create(
    slug: Slug,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[list[str], typer.Option(help="What it allows; may be repeated.")] = list(keys.ALL_SCOPES),  # noqa: B006
    origin: Annotated[list[str], typer.Option(help="A browser origin that may use it; may be repeated.")] = [],  # noqa: B006
    only_trusted: Annotated[
        bool, typer.Option("--only-trusted", help="It may ask documents that were uploaded, and nothing else.")
    ] = False,
    days: Annotated[int | None, typer.Option(help="Expires after so many times 24 hours.", min=1, max=36500)] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its token, this once."""

    async def work(desk: Desk) -> tuple[keys.Key, str]:
        async with desk.owner.begin() as connection:
            of = await registry.find_tenant(connection, slug)
            ends = desk.now + timedelta(days=days) if days else None
            return await keys.create_key(
                connection,
                of,
                desk.now,
                label=label,
                scopes=scope,
                origins=origin,
                expires_at=ends,
                only_trusted=only_trusted,
            )

    key, token = run(work, as_json)
    show(shown(key) | {"token": token}, as_json, lambda console: _told(console, token))


def _told(console: Console, token: str) -> None:
    console.print(token, soft_wrap=True, markup=False, highlight=False)
    Console(stderr=True).print("Keep it: it is not shown again.", style="dim")


@app.command("list")
def list_(slug: Slug, as_json: AsJson = False) -> None:
    """List a merchant's keys, without their secrets."""

    async def work(desk: Desk) -> list[keys.Key]:
        async with desk.owner.connect() as connection:
            return await keys.list_keys(connection, await registry.find_tenant(connection, slug))

    found = [shown(one) for one in run(work, as_json)]
    rows = [
        one
        | {name: " ".join(one[name]) for name in ("scopes", "origins")}
        | {name: one[name] and one[name][:10] for name in COLUMNS if name.endswith("_at")}
        for one in found
    ]
    show(found, as_json, lambda console: console.print(table(rows, *COLUMNS)))


@app.command("revoke")
def revoke(
    slug: Slug, prefix: Annotated[str, typer.Argument(help="As shown by list.")], as_json: AsJson = False
) -> None:
    """End a key, within a second in every process."""

    async def work(desk: Desk) -> None:
        async with desk.owner.begin() as connection:
            await keys.revoke_key(connection, await registry.find_tenant(connection, slug), prefix, desk.now)

    run(work, as_json)
    show({"prefix": prefix, "revoked": True}, as_json, lambda console: console.print(f"{prefix} revoked"))
