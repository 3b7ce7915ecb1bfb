"""Limits where they matter: real processes, real sockets, and clients that send without end or leave."""

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenancy.keys import create_key
from tenancy.tenant import Tenant
from tests.support.command import free_port, started
from tests.support.postgres import Server
from tests.support.tenants import Tenants

ASK = {"query": "{ strategies { totalCount } }"}
RATE, BURST = 20, 200
LEFT = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'regulars' AND datname = current_database()"
    " AND state <> 'idle' AND backend_type = 'client backend'"
)


@pytest.fixture
def ports(server: Server, tmp_path: Path) -> Iterator[list[int]]:
    """Where two processes serve one database; both end in order."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            port = free_port()
            settings = {"REGULARS_DATABASE_URL": server.app_dsn, "REGULARS_PORT": str(port)}
            settings |= {"REGULARS_KEY_RATE": str(RATE), "REGULARS_KEY_BURST": str(BURST)}
            running = stack.enter_context(started(["serve"], tmp_path, **settings))
            stack.callback(lambda one=running: one.ended(signal.SIGTERM))
            running.ready()
            found.append(port)
        yield found


async def token_of(owner: AsyncEngine, tenant: Tenant) -> str:
    """A new key of the tenant."""
    async with owner.begin() as connection:
        return (await create_key(connection, tenant, datetime.now(UTC)))[1]


def headers(token: str) -> dict[str, str]:
    """Of a request."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


async def spend(port: int, token: str) -> int:
    """Ask one after the other until it is refused: the points that were answered."""
    spent = 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client, asyncio.timeout(60):
        while "errors" not in (answer := (await client.post("/graphql", json=ASK, headers=headers(token))).json()):
            spent += answer["extensions"]["cost"]["requested"]
    assert answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    return spent


async def test_two_processes_share_one_budget(ports: list[int], owner: AsyncEngine, tenant: Tenant) -> None:
    token, before = await token_of(owner, tenant), monotonic()
    spent = await asyncio.gather(*(spend(port, token) for port in ports))
    assert BURST - 2 * RATE <= sum(spent) <= BURST + RATE * (monotonic() - before)
    assert all(spent)


async def test_a_page_may_ask_over_a_real_socket(ports: list[int], owner: AsyncEngine, tenant: Tenant) -> None:
    origin = "https://shop-over-a-socket.example"
    async with owner.begin() as connection:
        _, token = await create_key(connection, tenant, datetime.now(UTC), origins=[origin])
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}") as client:
        allowed = await client.options("/graphql", headers=asked)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, origin)
        answer = await client.post("/graphql", json=ASK, headers=headers(token) | {"Origin": origin})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        again = await client.post("/graphql", json=ASK, headers=headers(token))
        assert again.status_code == 403


async def test_a_body_without_end_is_refused_and_the_next_request_answered(
    ports: list[int], owner: AsyncEngine, tenant: Tenant
) -> None:
    token = await token_of(owner, tenant)
    reader, writer = await asyncio.open_connection("127.0.0.1", ports[0])
    named = "".join(f"{name}: {value}\r\n" for name, value in headers(token).items())
    writer.write(f"POST /graphql HTTP/1.1\r\nHost: a\r\n{named}Transfer-Encoding: chunked\r\n\r\n".encode())
    chunk, sent = b"4000\r\n" + b" " * 0x4000 + b"\r\n", 0
    answering = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    async with asyncio.timeout(10):
        while not answering.done():
            writer.write(chunk)
            sent += 0x4000
            await asyncio.wait([answering], timeout=0.005)
    assert (await answering).startswith(b"HTTP/1.1 413 ")
    assert sent < 64 * 2**20
    writer.close()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}") as client:
        assert (await client.post("/graphql", json=ASK, headers=headers(token))).status_code == 200


async def test_clients_that_leave_take_no_connection_with_them(
    ports: list[int], owner: AsyncEngine, tenants: Tenants
) -> None:
    tenant, calm = await tenants(2)
    token, other = await token_of(owner, tenant), await token_of(owner, calm)
    body = json.dumps(ASK).encode()
    named = "".join(f"{name}: {value}\r\n" for name, value in headers(token).items())
    sent = f"POST /graphql HTTP/1.1\r\nHost: a\r\n{named}Content-Length: {len(body)}\r\n\r\n".encode() + body
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}") as client:
        async with owner.begin() as connection:
            await connection.execute(text(f"LOCK TABLE {tenant.schema}.strategy IN ACCESS EXCLUSIVE MODE"))
            for _ in range(30):
                with socket.create_connection(("127.0.0.1", ports[0])) as gone:
                    gone.sendall(sent)
            assert (await client.post("/graphql", json=ASK, headers=headers(other))).status_code == 200
        answers = [await client.post("/graphql", json=ASK, headers=headers(token)) for _ in range(20)]
        assert {answer.status_code for answer in answers} == {200}
    async with asyncio.timeout(5), owner.connect() as connection:
        while (await connection.execute(LEFT)).scalar_one() > 1:  # this one
            await connection.rollback()
