"""``regulars schema``: the GraphQL schema, as schema.graphql keeps it."""

import difflib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import Exit, fail


def schema(
    write: Annotated[Path | None, typer.Option(help="Write it to this file instead.", dir_okay=False)] = None,
    check: Annotated[
        Path | None, typer.Option(help="Say how this file differs; status 6 if it does.", dir_okay=False)
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(help="Name what programs written for this file stumble over; status 6 if any.", dir_okay=False),
    ] = None,
) -> None:
    """Print the GraphQL schema, write it to a file, or compare a file with it."""
    from api.schema import printed_schema  # noqa: PLC0415 — the schema is built by it

    if sum(map(bool, (write, check, since))) > 1:
        fail(Exit.USAGE, "use one of --write, --check and --since", as_json=False)
    ours = printed_schema()
    if write:
        write.write_text(ours, encoding="utf-8")
    elif check:
        _compare(check, ours)
    elif since:
        _hold_to(since, ours)
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


def _hold_to(path: Path, ours: str) -> None:
    """Ends the program when programs that were written for the file would stumble."""
    from api.compatibility import breaking  # noqa: PLC0415 — as above

    found = breaking(path.read_text(encoding="utf-8"), ours, datetime.now(UTC).date())
    sys.stdout.writelines(f"{one}\n" for one in found)
    if found:
        fail(Exit.IN_PART, f"programs written for {path} would break: see docs/compatibility.md", as_json=False)
