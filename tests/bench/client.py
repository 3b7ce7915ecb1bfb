"""The load: a process of its own that keeps some connections busy with prepared requests, and times each answer."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Any

import uvloop

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)\r\n")
OK = b"HTTP/1.1 200"


@dataclass(frozen=True, slots=True)
class Job:
    """Requests, whole with their headers, asked in turn by so many connections at a time.

    ``whole``: until each was asked once, however long it takes.
    """

    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float
    warm_s: float = 0.3
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it; latencies in seconds, of the requests after the warm-up."""

    seconds: float
    latencies: list[float]
    asked: int  # the warm-up included
    client_cpu: float  # share of one core


class Client:
    """The process; it is started once and told of each job."""

    def __enter__(self) -> "Client":
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pipe.send(None)
        self._process.join()

    def run(self, job: Job) -> Ran:
        """Do a job.  Raises RuntimeError when an answer was not 200."""
        self._pipe.send(job)
        done = self._pipe.recv()
        if isinstance(done, str):
            raise RuntimeError(done)
        assert isinstance(done, Ran)
        return done


def _serve(pipe: Pipe) -> None:
    while (job := pipe.recv()) is not None:
        try:
            pipe.send(uvloop.run(_run(job)))
        except (RuntimeError, OSError) as error:
            pipe.send(f"{type(error).__name__}: {error}")


async def _run(job: Job) -> Ran:
    loop = asyncio.get_running_loop()
    requests = iter(job.requests) if job.whole else cycle(job.requests)
    made = [
        (await loop.create_connection(lambda: _Connection(requests), "127.0.0.1", job.port))[1]
        for _ in range(job.connections)
    ]
    started, cpu = time.perf_counter(), time.process_time()
    for one in made:
        one.ask()
    await asyncio.sleep(job.warm_s)
    warmed = time.perf_counter()
    warm = [len(one.took) for one in made]
    await asyncio.sleep(job.seconds)
    if job.whole:
        await asyncio.gather(*(one.idle.wait() for one in made))
    ended = time.perf_counter()
    latencies = [took for one, skipped in zip(made, warm, strict=True) for took in one.took[skipped:]]
    client = (time.process_time() - cpu) / (ended - started)
    for one in made:
        await one.finish()
    asked = sum(len(one.took) for one in made)  # those on their way at the end have cost the server time too
    return Ran(ended - warmed, latencies, asked, client)


class _Connection(asyncio.Protocol):
    """One keep-alive connection: asks, waits for the whole answer, asks the next."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests, self.took = requests, list[float]()
        self.got, self.missing, self.asked_at = b"", 0, 0.0
        self.fault: str | None = None
        self.last = False
        self.idle = asyncio.Event()  # nothing is on its way

    def connection_made(self, transport: Any) -> None:
        """The transport, to write on."""
        self.transport = transport

    def ask(self) -> None:
        """Send the next request, if there is one."""
        request = None if self.last else next(self.requests, None)
        if request is None:
            self.idle.set()
            return
        self.asked_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Part of an answer, or all of it."""
        if self.missing:
            self.missing -= len(data)
        else:
            self.got += data
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return
            length = LENGTH.search(self.got, 0, end + 2)
            if not self.got.startswith(OK) or length is None:
                self.fault = self.got[:500].decode(errors="replace")
                self.transport.close()
                return
            self.missing = end + 4 + int(length[1]) - len(self.got)
            self.got = b""
        if not self.missing:
            self.took.append(time.perf_counter() - self.asked_at)
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed by us, or by a server that failed."""
        if not self.last:
            self.fault = self.fault or f"the server closed the connection: {exc}"
        self.idle.set()

    async def finish(self) -> None:
        """Wait for the answer on its way, and close.  RuntimeError when something went wrong meanwhile."""
        if self.fault:
            raise RuntimeError(self.fault)
        self.last = True
        await asyncio.wait_for(self.idle.wait(), 30)
        self.transport.close()
