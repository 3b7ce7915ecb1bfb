"""``regulars documents``: the trusted documents of a merchant's apps: upload, list, forget."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.commands.frame import AsJson, Desk, failures, run, show, table
from tenancy import documents, registry

app = typer.Typer(no_args_is_help=True, help="Trusted documents of a merchant's apps: upload, list, forget.")
Slug = Annotated[str, typer.Argument(help="The merchant's slug.")]
Name = Annotated[str, typer.Option("--app", help="The app they belong to.")]


@app.command("upload")
def upload(
    slug: Slug,
    manifest: Annotated[
        Path, typer.Argument(help="As graphql-codegen, Relay or Apollo write it.", exists=True, dir_okay=False)
    ],
    name: Name,
    replace: Annotated[bool, typer.Option("--replace", help="Trust none of the app's others any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Trust the documents of a manifest, within a second in every process; unless all are valid, none is stored."""
    from api.manifest import LARGEST_MANIFEST, read_manifest  # noqa: PLC0415 — the schema is built by it

    with failures(as_json), manifest.open("rb") as file:
        found = read_manifest(file.read(LARGEST_MANIFEST + 1))  # before a database is started for nothing

    async def work(desk: Desk) -> documents.Uploaded:
        async with desk.owner.begin() as connection:
            of = await registry.find_tenant(connection, slug)
            return await documents.upload(connection, of, name, found, desk.now, replace=replace)

    done = asdict(run(work, as_json))
    told = f"{name}: {done['added']} added, {done['known']} known already, {done['removed']} removed"
    show(done, as_json, lambda console: console.print(told, markup=False))


@app.command("list")
def list_(slug: Slug, as_json: AsJson = False) -> None:
    """List a merchant's apps that have trusted documents."""

    async def work(desk: Desk) -> list[documents.App]:
        async with desk.owner.connect() as connection:
            return await documents.list_apps(connection, await registry.find_tenant(connection, slug))

    found: list[dict[str, Any]] = [
        {"app": one.name, "documents": one.documents, "uploaded_at": one.uploaded_at.isoformat()}
        for one in run(work, as_json)
    ]
    columns = ("app", "documents", "uploaded_at")
    show(found, as_json, lambda console: console.print(table(found, *columns)))


@app.command("forget")
def forget(slug: Slug, name: Name, as_json: AsJson = False) -> None:
    """Trust an app's documents no longer."""

    async def work(desk: Desk) -> int:
        async with desk.owner.begin() as connection:
            of = await registry.find_tenant(connection, slug)
            return await documents.forget(connection, of, name, desk.now)

    removed = run(work, as_json)

    def told(console: Console) -> None:
        console.print(f"{name}: {removed} removed", markup=False)

    show({"app": name, "removed": removed}, as_json, told)
