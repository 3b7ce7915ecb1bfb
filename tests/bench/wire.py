"""Counts statements where no system can hide them: on the wire, in a proxy before PostgreSQL."""

import re
import statistics
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from queue import SimpleQueue
from socket import SHUT_RDWR, create_connection, create_server, socket

from tests.bench.systems import System

# What begins, names and ends; everything else is a statement.
FRAME = re.compile(
    r"\s*(BEGIN|START TRANSACTION|SET|COMMIT|ROLLBACK|END)\b|.*\bset_config\b", re.IGNORECASE | re.DOTALL
)
REQUESTS_THAT_START = (80877102, 80877103, 80877104)  # cancel, SSL, GSS: no messages follow, or not yet


class Counter:
    """How many statements were sent through it."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._listening = create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.seen: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._accept, daemon=True).start()

    def taken(self) -> list[str]:
        """The statements since the last call."""
        return [self.seen.get() for _ in range(self.seen.qsize())]

    def close(self) -> None:
        """Accept no more."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listening.accept()
            except OSError:
                return
            theirs = create_connection(self._to)
            reader = Reader(self.seen)
            for source, target, read in ((ours, theirs, reader.feed), (theirs, ours, None)):
                threading.Thread(target=_pump, args=(source, target, read), daemon=True).start()


def _pump(source: socket, target: socket, read: object) -> None:
    try:
        while data := source.recv(65536):
            if callable(read):
                read(data)
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(SHUT_RDWR)
        except OSError:
            continue


class Reader:
    """Reads a client's side of the protocol: simple queries, and executions of prepared statements."""

    def __init__(self, seen: "SimpleQueue[str]") -> None:
        self._seen, self._rest, self._begun = seen, b"", False
        self._prepared: dict[bytes, str] = {}
        self._portals: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> None:
        """More of what the client sends."""
        self._rest += data
        while True:
            head = 5 if self._begun else 4
            if len(self._rest) < head:
                return
            (length,) = struct.unpack("!i", self._rest[head - 4 : head])
            if len(self._rest) < head - 4 + length:
                return
            kind, body = self._rest[: head - 4], self._rest[head : head - 4 + length]
            self._rest = self._rest[head - 4 + length :]
            if self._begun:
                self._message(kind, body)
            else:
                self._begun = struct.unpack("!i", body[:4])[0] not in REQUESTS_THAT_START

    def _message(self, kind: bytes, body: bytes) -> None:
        match kind:
            case b"Q":
                self._note(*(part for part in body[:-1].decode().split(";") if part.strip()))
            case b"P":
                name, text, _ = body.split(b"\0", 2)
                self._prepared[name] = text.decode()
            case b"B":
                portal, name, _ = body.split(b"\0", 2)
                self._portals[portal] = name
            case b"E":
                self._note(self._prepared.get(self._portals.get(body.split(b"\0", 1)[0], b""), ""))

    def _note(self, *texts: str) -> None:
        for text in texts:
            if not FRAME.match(text):
                self._seen.put(text)


@contextmanager
def counter(host: str, port: int) -> Iterator[Counter]:
    """A proxy before a server."""
    made = Counter(host, port)
    try:
        yield made
    finally:
        made.close()


def statements(system: System, counted: Counter, requests: Sequence[bytes]) -> float:
    """How many a request takes: the median, asked again once all have been asked."""
    found: list[int] = []
    connection = HTTPConnection("127.0.0.1", system.port)
    for request in (*requests, *requests):
        counted.taken()
        ask(connection, request)
        found.append(len(counted.taken()))
    connection.close()
    return statistics.median(found[len(requests) :])


def ask(connection: HTTPConnection, request: bytes) -> bytes:
    """The body of the answer to a prepared request.  RuntimeError when it is not 200."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    _, path, _ = line.split()
    connection.request("POST", path, body, dict(header.split(": ", 1) for header in headers))
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {content[:500]!r}")
    return content
