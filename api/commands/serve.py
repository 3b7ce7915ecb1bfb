"""``regulars serve``: the application on the configured database, in one process or several."""

import asyncio
import os
import secrets
from typing import Annotated

import typer
from starlette.applications import Starlette

from api.commands.frame import Exit, fail, failures, say
from api.commands.serving import NotReady, PortTaken, bound, ended_by_signals, run_loop, serve_one, serve_several
from api.databases import NoDatabase, checked
from api.prepared import examine
from api.settings import Settings
from api.start import Unfit
from migrations.compiled import tenant_revisions

MOST_NAMED = 5


def serve(
    workers: Annotated[int, typer.Option(help="Processes that share the port.", min=1, max=64)] = 1,
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


def _serve(settings: Settings, workers: int) -> None:
    if not settings.database_url:
        raise NoDatabase("set REGULARS_DATABASE_URL; to try Regulars without a database: regulars demo")
    dsn = checked("REGULARS_DATABASE_URL", settings.database_url)
    with bound(settings.host, settings.port) as at:
        late = asyncio.run(examine(dsn, tenant_revisions(), require_hardening=settings.require_hardening))
        if late:
            more = " …" if len(late) > MOST_NAMED else ""
            say(False)(
                f"{len(late)} merchants cannot be served until: regulars migrate ({', '.join(late[:MOST_NAMED])}{more})"
            )
        ready = f"ready: http://{settings.host}:{settings.port}/graphql"
        if workers == 1:
            run_loop(serve_one(application(), at, ready))
        else:
            # Cursors that one process gives are read by another.
            os.environ.setdefault("REGULARS_SECRET", secrets.token_urlsafe(48))
            serve_several(f"{__name__}:application", workers, at, ready)


def application() -> Starlette:
    """What each process serves."""
    from api.app import create_app  # noqa: PLC0415 — the schema is built by it

    return create_app(Settings())
