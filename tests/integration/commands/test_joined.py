"""Answers in one write: the same bytes in the same order, and none held back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from api.commands.joined import Joined

LARGE = b"0123456789abcdef" * 200_000
Sent = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: Any, receive: Any, send: Sent) -> None:
    """Answers by the path."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    body = LARGE if path == "/large" else b"hello"
    length = [] if path == "/parts" else [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if path == "/late":  # until the client has seen the head
        await scope["app_seen"].wait()
    if path == "/parts":
        for part in (b"one", b"two", b"three"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


class Telling(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        """As ever."""
        await super().startup(sockets)
        self.listens.set()


@pytest.fixture
async def served() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Its port, and the event that the late answer waits for."""
    seen = asyncio.Event()

    async def with_event(scope: Any, receive: Any, send: Sent) -> None:
        await app({**scope, "app_seen": seen}, receive, send)

    config = uvicorn.Config(with_event, port=0, http=Joined, lifespan="off", log_config=None, access_log=False)
    server = Telling(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        await server.listens.wait()
    yield server.servers[0].sockets[0].getsockname()[1], seen
    server.should_exit = True
    await running


async def asked(port: int, *paths: str, close: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which these were asked at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 23)
    end = "Connection: close\r\n" if close else ""
    writer.write("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n{end}\r\n" for path in paths).encode())
    return reader, writer


@pytest.mark.parametrize(("path", "body"), [("/", b"hello"), ("/large", LARGE)])
async def test_an_answer_is_whole_and_the_connection_closed_after_it(
    served: tuple[int, asyncio.Event], path: str, body: bytes
) -> None:
    reader, writer = await asked(served[0], path, close=True)
    async with asyncio.timeout(20):
        head, _, got = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert got == body
    writer.close()


async def test_answers_to_requests_sent_at_once_come_in_their_order(served: tuple[int, asyncio.Event]) -> None:
    reader, writer = await asked(served[0], "/", "/parts", "/")
    async with asyncio.timeout(20):
        for expected in (b"hello", b"3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n", b"hello"):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(expected)) == expected
    writer.close()


async def test_a_head_does_not_wait_for_a_late_body(served: tuple[int, asyncio.Event]) -> None:
    port, seen = served
    reader, writer = await asked(port, "/late")
    async with asyncio.timeout(20):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        seen.set()
        assert await reader.readexactly(5) == b"hello"
    writer.close()
