"""``regulars schema``: the GraphQL schema, as schema.graphql keeps it."""

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import Exit, fail


def schema(
    write: Annotated[Path | None, typer.Option(help="Write it to this file instead.", dir_okay=False)] = None,
    check: Annotated[
        Path | None, typer.Option(help="Say how this file differs; status 6 if it does.", dir_okay=False)
    ] = None,
) -> None:
    """Print the GraphQL schema, write it to a file, or compare a file with it."""
    from api.schema import printed_schema  # noqa: PLC0415 — the schema is built by it

    if write and check:
        fail(Exit.USAGE, "use --write or --check, not both", as_json=False)
    ours = printed_schema()
    if write:
        write.write_text(ours, encoding="utf-8")
    elif check:
        _compare(check, ours)
    else:
        sys.stdout.write(ours)


def _compare(path: Path, ours: str) -> None:
    """Ends the program when the file is another schema; a missing file is an empty one."""
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if kept == ours:
        return
    before, after = kept.splitlines(keepends=True), ours.splitlines(keepends=True)
    sys.stdout.writelines(difflib.unified_diff(before, after, str(path), "the schema now"))
    fail(Exit.IN_PART, f"{path} is not the schema; run: regulars schema --write {path}", as_json=False)
