"""``regulars demo``: two made-up merchants, served until Ctrl-C, on a database that needs no setting up."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.blueprint import blueprint
from api.commands.frame import Exit, fail, failures, say
from api.commands.serving import NotReady, PortTaken, bound, ended_by_signals, run_loop, serve_one
from api.databases import Databases, open_databases
from api.demo.examples import QUERY
from api.demo.keys_file import known_tokens, write_tokens
from api.demo.prepare import Progress as Told
from api.demo.prepare import Unmigrated, prepare
from api.demo.state import NotOurs
from api.settings import Settings
from api.start import running
from api.telemetry.logs import STDERR, logging_to
from api.worker.numbers import Numbers
from tenancy.engine import Sizes
from tenancy.keeper import locked

HOST = "127.0.0.1"  # whatever REGULARS_HOST says: the page shows keys


class RunsAlready(Exception):
    """Another demo uses this directory."""


def demo() -> None:
    """Start a demo with two made-up merchants.  Ctrl-C ends it, and its database; the data stay in var/."""
    with ended_by_signals(), failures(as_json=False), _refusals():
        settings = Settings()
        with _alone(settings.var), bound(HOST, settings.port) as at, open_databases(settings, say(False)) as found:
            run_loop(_demo(settings, found, at))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (PortTaken, RunsAlready, NotOurs, Unmigrated) as refused:
        fail(Exit.REFUSED, str(refused), as_json=False)
    except NotReady as fault:
        fail(Exit.FAULT, str(fault), as_json=False)


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    """One demo in a directory: two would load the same merchants and overwrite each other's file."""
    var.mkdir(parents=True, exist_ok=True)
    try:
        held = locked(var / "demo.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunsAlready(f"a demo runs already in {var.absolute()}: see demo.json there") from None
    try:
        yield
    finally:
        os.close(held)


async def _demo(settings: Settings, databases: Databases, at: socket) -> None:
    from api.app import DemoPage, create_app  # noqa: PLC0415 — the schema is built by it
    from api.worker.everybody import AT_ONCE, everybody_followed  # noqa: PLC0415 — as large

    path, url = settings.var / "demo.json", f"http://{HOST}:{at.getsockname()[1]}"
    with _bars() as told:
        tenants = await prepare(databases, blueprint(), known_tokens(path), datetime.now(UTC), told)
    write_tokens(path, f"{url}/graphql", tenants)
    keys = [{"slug": one.slug, "name": one.name, "apiKey": one.token} for one in tenants]
    changed = {"database_url": databases.app_dsn, "log_share": 0.0}
    app = create_app(settings.model_copy(update=changed), demo=DemoPage(keys, QUERY))
    ready = f"ready: {url}/graphql (start at {url}/, keys in {path}, Ctrl-C ends it)"
    with logging_to(STDERR, settings.log_format) as app.state.metrics.lines:
        async with (
            running(databases.app_dsn, require_hardening=False, sizes=Sizes(AT_ONCE, AT_ONCE)) as opened,
            everybody_followed(opened, Numbers()),
        ):
            await serve_one(app, at, ready, settings.grace_s)


@contextmanager
def _bars() -> Iterator[Told]:
    """A bar for each merchant that is being loaded."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bars = {}

        def tell(slug: str, kind: str, done: int, of: int) -> None:
            if slug not in bars:
                console.print(f"Loading the merchant {slug} …", markup=False, highlight=False)
                bars[slug] = progress.add_task(slug, total=of)
            progress.update(bars[slug], description=f"{slug} {kind}", completed=done)

        yield tell
