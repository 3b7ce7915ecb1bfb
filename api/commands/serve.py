"""``regulars serve``: the application on the configured database, in one process or several."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing import parent_process
from socket import socket
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.applications import Starlette

from api.commands.frame import Exit, fail, failures, say
from api.commands.serving import (
    MULTIPROCESS,
    NotReady,
    PortTaken,
    bound,
    ended_by_signals,
    ending_in_order,
    metrics_served,
    run_loop,
    serve_one,
    serve_several,
)
from api.databases import NoDatabase, checked
from api.prepared import examine
from api.settings import Settings
from api.start import Unfit
from api.telemetry.logs import STDERR, hear, logging_to
from migrations.compiled import tenant_revisions

MOST_NAMED = 5


def serve(
    workers: Annotated[
        int | None, typer.Option(help="Processes that share the port; else REGULARS_WORKERS.", min=1, max=64)
    ] = None,
) -> None:
    """Serve GraphQL on REGULARS_DATABASE_URL until Ctrl-C or TERM.

    Refuses to start on a database that is not prepared, or as a role that could reach every merchant.
    """
    with ended_by_signals(), failures(as_json=False):
        try:
            _serve(Settings(), workers)
        except (PortTaken, Unfit) as refused:
            fail(Exit.REFUSED, str(refused), as_json=False)
        except NotReady as fault:
            fail(Exit.FAULT, str(fault), as_json=False)


def _serve(settings: Settings, workers: int | None) -> None:
    if not settings.database_url:
        raise NoDatabase("set REGULARS_DATABASE_URL; to try Regulars without a database: regulars demo")
    dsn = checked("REGULARS_DATABASE_URL", settings.database_url)
    with bound(settings.host, settings.port) as at:
        demanded = {"require_hardening": settings.require_hardening, "pgbouncer": settings.pgbouncer}
        late = asyncio.run(examine(dsn, tenant_revisions(), **demanded))
        if late:
            more = " …" if len(late) > MOST_NAMED else ""
            say(False)(
                f"{len(late)} merchants cannot be served until: regulars migrate ({', '.join(late[:MOST_NAMED])}{more})"
            )
        ready = f"ready: http://{settings.host}:{settings.port}/graphql"
        several = workers or settings.workers
        if several > 1:
            _several(settings, several, at, ready)
        else:
            app = application()
            with metrics_served(settings.metrics_host, settings.metrics_port, app.state.metrics.registry):
                run_loop(serve_one(app, at, ready, settings.grace_s))


def _several(settings: Settings, workers: int, at: socket, ready: str) -> None:
    if not settings.secret:  # cursors that one process gives are read by another
        os.environ["REGULARS_SECRET"] = secrets.token_urlsafe(48)
    registry = CollectorRegistry()
    with TemporaryDirectory(prefix="regulars-metrics-") as numbers, logging_to(STDERR, settings.log_format):
        if settings.metrics_port is not None:
            os.environ[MULTIPROCESS] = numbers
            MultiProcessCollector(registry, numbers)  # type: ignore[no-untyped-call]
        with metrics_served(settings.metrics_host, settings.metrics_port, registry):
            serve_several(f"{__name__}:application", workers, at, ready, settings.grace_s)


def application() -> Starlette:
    """What each process serves."""
    from api.app import create_app  # noqa: PLC0415 — the schema is built by it

    settings, parent = Settings(), parent_process()
    app = create_app(settings)
    opened = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with logging_to(STDERR, settings.log_format) as app.state.metrics.lines:
            hear(asyncio.get_running_loop())
            async with opened(app):
                with ending_in_order(app, settings.drain_s, parent.pid if parent else None):
                    yield

    app.router.lifespan_context = lifespan
    return app
