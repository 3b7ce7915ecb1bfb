"""``regulars import``: a file into a merchant's tables."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.commands.frame import AsJson, Desk, Exit, fail, run, show
from api.imports.run import Options, Progress, import_file
from api.imports.shipped import find_map
from api.imports.shown import progress_bars, show_summary
from api.imports.summary import Problem, Summary
from api.imports.vacuum import vacuuming
from domain.imports.subjects import ImportKind
from domain.refusal import Invalid, Refused
from tenancy.engine import Engines
from tenancy.registry import find_tenant, list_nodes
from tenancy.scope import Scope, TenantClosed
from tenancy.tenant import Tenant


def import_(
    tenant: Annotated[str, typer.Argument(help="The merchant's slug.")],
    kind: Annotated[ImportKind, typer.Argument(help="What the file holds; orders: one line of an order a row.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="csv or jsonl; .gz may follow.")],
    map_: Annotated[str, typer.Option("--map", help="A TOML file, or the name of a map that ships.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    problems: Annotated[Path | None, typer.Option(help="Write every refused row here, as lines of JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import a file.  It may be repeated: what is stored already is left alone.  Status 6 when rows were refused."""

    async def work(desk: Desk) -> tuple[Tenant, Summary]:
        async with desk.owner.connect() as connection:
            found, nodes = await find_tenant(connection, tenant), await list_nodes(connection)
        with _refusals(found.locale, as_json), _told(problems, found.locale) as tell, _bars(as_json, found) as progress:
            plan = find_map(map_, kind)
            vacuum = vacuuming(desk.owner, found.schema)
            options = Options(desk.now, dry_run=dry_run, progress=progress, tell=tell, vacuum=vacuum)
            async with Engines(desk.databases.app_dsn, nodes=nodes) as engines:
                return found, await import_file(Scope(engines), found, file, plan, options)

    found, summary = run(work, as_json)
    show(summary.as_json(found.locale), as_json, lambda console: show_summary(console, summary, found.locale))
    if summary.problem_count:
        raise typer.Exit(int(Exit.IN_PART))


@contextmanager
def _refusals(locale: str, as_json: bool) -> Iterator[None]:
    """A map that does not fit, a file that cannot be read, a tenant that is closed: one line and status 3."""
    try:
        yield
    except Refused as refused:
        problem = refused.problem
        wrong = problem.fields if isinstance(problem, Invalid) else (problem,)
        fail(Exit.REFUSED, "; ".join(one.message(locale) for one in wrong), as_json)
    except TenantClosed as closed:
        fail(Exit.REFUSED, str(closed), as_json)


@contextmanager
def _told(path: Path | None, locale: str) -> Iterator[Callable[[Problem], None] | None]:
    """Writes each problem as it is found, as a line of JSON."""
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as file:

        def tell(problem: Problem) -> None:
            file.write(f"{json.dumps(problem.as_json(locale), ensure_ascii=False)}\n")

        yield tell


def _bars(as_json: bool, tenant: Tenant) -> AbstractContextManager[Progress]:
    """Progress on stderr for people; none for programs."""
    if as_json:
        return nullcontext(lambda stage, done, total: None)
    return progress_bars(Console(stderr=True), tenant.locale)
