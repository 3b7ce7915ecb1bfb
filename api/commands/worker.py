"""``regulars worker``: follows watched segments on the configured database, beside ``serve``; several may run."""

import asyncio
import signal

from api.commands.frame import Exit, fail, failures, say
from api.commands.serving import PortTaken, ended_by_signals, metrics_served, run_loop, tell
from api.databases import NoDatabase, checked
from api.prepared import examine
from api.settings import Settings
from api.start import Unfit, running
from api.telemetry.logs import STDERR, hear, logging_to
from api.worker.everybody import AT_ONCE, follow_everybody
from api.worker.numbers import Numbers
from migrations.compiled import tenant_revisions
from tenancy.engine import Sizes


def worker() -> None:
    """Tell who enters and leaves watched segments, by what happens and by time alone, until Ctrl-C or TERM.

    Several may run, on one machine or many: each change is written once.  One that is killed loses nothing.
    """
    with ended_by_signals(), failures(as_json=False):
        try:
            _work(Settings())
        except (PortTaken, Unfit) as refused:
            fail(Exit.REFUSED, str(refused), as_json=False)


def _work(settings: Settings) -> None:
    if not settings.database_url:
        raise NoDatabase("set REGULARS_DATABASE_URL: the worker follows what regulars serve writes")
    dsn = checked("REGULARS_DATABASE_URL", settings.database_url)
    demanded = {"require_hardening": settings.require_hardening, "pgbouncer": settings.pgbouncer}
    late = asyncio.run(examine(dsn, tenant_revisions(), **demanded))
    if late:
        say(False)(f"{len(late)} merchants cannot be followed until: regulars migrate")
    numbers = Numbers()
    with (
        logging_to(STDERR, settings.log_format),
        metrics_served(settings.metrics_host, settings.metrics_port, numbers.registry),
    ):
        run_loop(_until_told(dsn, settings, numbers))


async def _until_told(dsn: str, settings: Settings, numbers: Numbers) -> None:
    """Follow until a signal comes; rounds that run then have the grace that requests have."""
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    hear(loop)
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, ending.set)
    sizes = Sizes(AT_ONCE, AT_ONCE, settings.pool_wait_s)
    demanded = {"require_hardening": settings.require_hardening, "pgbouncer": settings.pgbouncer}
    async with running(dsn, sizes=sizes, **demanded) as opened:
        following = asyncio.create_task(follow_everybody(opened, numbers, ending))
        tell("ready: following watched segments")
        told = asyncio.create_task(ending.wait())
        await asyncio.wait((following, told), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((following,), timeout=settings.grace_s)
        told.cancel()
        if not following.done():
            following.cancel()
            await asyncio.wait((following,))
        elif following.exception():
            await following
