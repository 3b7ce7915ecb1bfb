"""How the HTTP server runs in a command: a port before anything else, a line when it answers, an orderly end."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import mark_process_dead
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api.commands.joined import Joined

STARTING_S, WATCHED_S = 30, 1.0
# No configuration of its own for the log: what uvicorn says goes the way of everything else.
OPTIONS: Any = {
    "http": Joined,
    "log_config": None,
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
}
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"  # where the processes of one server keep their numbers
log = structlog.get_logger()


class PortTaken(Exception):
    """Another program listens there."""


class NotReady(Exception):
    """The server runs and does not answer as it should."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Ctrl-C and TERM end the block in order, whatever it is doing; neither is a failure."""
    # A shell that starts a program in the background may have told it to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    except KeyboardInterrupt:
        return


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that has the port and does not listen yet.  Raises ``PortTaken``, OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
        except OSError as refused:
            raise _port_taken(host, port, refused) from refused
        yield made


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end in the loop that the server prefers."""
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        runner.run(work)


@contextmanager
def metrics_served(host: str, port: int | None, registry: CollectorRegistry) -> Iterator[None]:
    """Serve the numbers to Prometheus by a thread, if there is a port for it.  Raises ``PortTaken``."""
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as refused:
        raise _port_taken(host, port, refused, "REGULARS_METRICS_PORT") from refused
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def ending_in_order(app: Starlette, drain_s: float, parent: int | None = None) -> Iterator[None]:
    """Told to end, the process says so on /readyz, and stops to listen ``drain_s`` later; told again, at once.

    With ``parent``, the end of that process tells it too: nobody would replace or end this one.
    """
    ending = _Ending(app, drain_s, parent)
    ending.begin()
    try:
        yield
    finally:
        ending.over()


class _Ending:
    """Hears that the process is to end, before uvicorn does."""

    def __init__(self, app: Starlette, drain_s: float, parent: int | None) -> None:
        self._app, self._drain_s, self._parent = app, drain_s, parent
        self._loop = asyncio.get_running_loop()
        self._former: dict[int, Any] = {}
        self._watching: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM):
            self._former[sign] = signal.signal(sign, self._heard)
        if self._parent:
            self._watch()

    def over(self) -> None:
        for sign, former in self._former.items():
            signal.signal(sign, former)
        if self._watching:
            self._watching.cancel()

    def _heard(self, sign: int, frame: Any) -> None:
        again, self._app.state.draining = self._app.state.draining, True
        # In the loop: what was interrupted here may hold the locks that this wants.
        self._loop.call_soon_threadsafe(self._tell, again)
        if again or not self._drain_s:
            self._former[sign](sign, frame)
        else:
            self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_s, self._former[sign], sign, None)

    def _tell(self, again: bool) -> None:
        self._app.state.metrics.draining.set(1)
        log.info("told to end", again=again, drain_s=self._drain_s)

    def _watch(self) -> None:
        if os.getppid() == self._parent:
            self._watching = self._loop.call_later(WATCHED_S, self._watch)
        else:
            signal.raise_signal(signal.SIGTERM)


async def serve_one(app: Any, at: socket.socket, ready: str, grace_s: int) -> None:
    """Serve until told to end.  ``ready`` is printed as soon as it answers.  Raises ``NotReady``, ``PortTaken``.

    ``grace_s``: for requests that are being answered when it is told to end.
    """
    server = _Server(uvicorn.Config(app, timeout_graceful_shutdown=grace_s, **OPTIONS), ready)
    host, port = at.getsockname()[:2]
    try:
        await server.serve(sockets=[at])
    except OSError as refused:  # two that had the port bound at once: only one may listen
        raise _port_taken(host, port, refused) from refused
    except SystemExit:  # uvicorn's way to say that the application did not start; its log has said why
        raise NotReady("the server did not start") from None
    if server.answer is not None:
        raise NotReady(f"the server started and is not ready: {server.answer}")


def serve_several(factory: str, workers: int, at: socket.socket, ready: str, grace_s: int) -> None:
    """Serve in so many processes what ``factory`` (module:function) makes in each, until told to end.

    One that dies is replaced.  Raises ``NotReady`` when one cannot start.
    """
    options = {"factory": True, "workers": workers, "timeout_graceful_shutdown": grace_s, **OPTIONS}
    processes = _Workers(uvicorn.Config(factory, **options), at, ready)
    processes.run()
    if any(one.exitcode == STARTUP_FAILURE for one in processes.processes):
        raise NotReady("a process of the server did not start")


class _Server(uvicorn.Server):
    """Prints a line when it is ready; ends when it turns out not to be."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready
        self._asking: asyncio.Task[None] | None = None
        self.answer: str | None = None  # what it said instead of being ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            self._asking = asyncio.create_task(self._tell(*sockets[0].getsockname()[:2]))

    async def _tell(self, host: str, port: int) -> None:
        try:
            head, body = await ask(host, port, "/readyz")
        except OSError as refused:
            head, body = "", str(refused)
        if " 200 " in head:
            tell(self._ready)
        else:
            self.answer, self.should_exit = body or head, True


class _Workers(Multiprocess):
    """Prints a line when all processes are ready."""

    def __init__(self, config: uvicorn.Config, at: socket.socket, ready: str) -> None:
        super().__init__(config, [at])
        self._ready = ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(one.wait_until_ready(STARTING_S, self.should_exit) for one in self.processes):
            tell(self._ready)

    def terminate_all(self) -> None:
        for one in self.sockets:  # or clients would be let in, and wait for nobody, until the last process has ended
            one.close()
        super().terminate_all()

    def keep_subprocess_alive(self) -> None:
        before = list(self.processes)
        super().keep_subprocess_alive()
        for one in before:
            if one not in self.processes:
                log.warning("a process was replaced", process=one.pid, exit=one.exitcode)
                if MULTIPROCESS in os.environ:
                    mark_process_dead(one.pid)  # type: ignore[no-untyped-call]


def tell(line: str) -> None:
    """One line on stdout, at once and not wrapped."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def ask(host: str, port: int, path: str) -> tuple[str, str]:
    """Status line and body of the answer to a GET, by the way that a client takes."""
    reader, writer = await asyncio.open_connection("localhost" if host in ("0.0.0.0", "::") else host, port)
    writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode(errors="replace").partition("\r\n\r\n")
    writer.close()
    return head.partition("\r\n")[0], body


def _port_taken(host: str, port: int, refused: OSError, setting: str = "REGULARS_PORT") -> PortTaken:
    return PortTaken(f"cannot listen on {host} port {port}: {refused.strerror}. Choose another: {setting}=8001")
