"""Bodies that come slowly or in many pieces: each has its time, and is counted as it comes."""

import asyncio
from typing import Any

import pytest

from api.asked import LARGEST_BODY
from api.http import GraphQLEndpoint
from api.telemetry.metrics import Metrics
from api.telemetry.watch import Watch

SCOPE = {"type": "http", "method": "POST", "path": "/graphql", "headers": [(b"content-type", b"application/json")]}


class Caller:
    """Anybody."""

    tenant, actor = type("Tenant", (), {"slug": "x"}), "key:x"


async def answered(pieces: Any) -> tuple[int, int]:
    """(the status, how many pieces were taken) of a request whose body comes so."""
    taken, sent = 0, list[Any]()

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": await anext(pieces), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def anybody(_: Any) -> Any:
        return Caller

    async def nothing(*_: Any) -> Any:
        raise AssertionError("it was not to be executed")

    endpoint = GraphQLEndpoint(anybody, nothing, nothing, Watch(Metrics()), slowest_body_s=0.1)
    await endpoint(SCOPE, receive, send)
    return sent[0]["status"], taken


async def drip() -> Any:
    """A piece, and then no more."""
    yield b"{"
    await asyncio.Event().wait()


async def flood(size: int) -> Any:
    """Pieces without end."""
    while True:
        yield b" " * size


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    assert (await answered(drip()))[0] == 408


@pytest.mark.parametrize("size", [64, 4096, 2 * LARGEST_BODY])
async def test_pieces_are_counted_as_they_come(size: int) -> None:
    status, taken = await answered(flood(size))
    assert status == 413
    assert taken == LARGEST_BODY // size + 1
