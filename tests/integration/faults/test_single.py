"""One thing fails at a time: each has its code, leaves nothing behind, and what comes next is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tenancy.keeper import wait_until
from tests.integration.faults.conftest import Shop
from tests.support.victim import LONG_S

UPSERT = """mutation($name: String!, $value: String! = "1") {
    customerUpsert(input: {displayName: $name, externalRefs: [{system: "s", value: $value}]}) {
        ... on CustomerSuccess { created customer { id version } } ... on Problem { code } } }"""
TOTAL = "{ customers { totalCount } }"
BUSY = """SELECT pid FROM pg_stat_activity WHERE usename = 'regulars_app' AND wait_event_type = 'Lock'"""
IDLE = "SELECT pid FROM pg_stat_activity WHERE usename = 'regulars_app'"


def told(response: httpx.Response) -> tuple[list[str], str | None]:
    """The codes of an answer, and when to try again."""
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert "Traceback" not in response.text
    return codes, response.headers.get("retry-after")


@asynccontextmanager
async def locked(shop: Shop, sql: str) -> AsyncIterator[asyncpg.Connection]:
    """What the statement locks is locked by somebody else, until the block ends."""
    connection = await asyncpg.connect(shop.victim.server.owner_dsn)
    try:
        await connection.execute(f"BEGIN; SET LOCAL search_path TO {shop.tenant.schema}; {sql}")
        yield connection
    finally:
        await connection.close()


async def waiting(shop: Shop) -> int:
    """The process id of the application's backend that waits for a lock, as soon as one does."""
    while True:
        if found := await shop.victim.run(BUSY):
            return int(found[0][0])


@pytest.fixture(autouse=True)
async def _warm(shop: Shop) -> None:
    """The documents are planned, the connections open, the customer is there."""
    await shop.api.data(UPSERT, {"name": "Ada"})
    await shop.api.data(TOTAL)


DONE_TO_A_BACKEND = {"pg_terminate_backend": "SERVICE_UNAVAILABLE", "pg_cancel_backend": "TIMEOUT"}


@pytest.mark.parametrize("how", DONE_TO_A_BACKEND)
async def test_a_query_whose_backend_is_ended_may_be_tried_again(shop: Shop, how: str) -> None:
    async with locked(shop, "LOCK TABLE customer"):
        asked = asyncio.create_task(shop.api.post(TOTAL))
        await shop.victim.run(f"SELECT {how}($1)", await waiting(shop))
        assert told(await asked) == ([DONE_TO_A_BACKEND[how]], "1")
    assert told(await shop.api.post(TOTAL)) == ([], None)


@pytest.mark.parametrize("how", DONE_TO_A_BACKEND)
async def test_a_mutation_whose_backend_is_ended_leaves_nothing_and_is_applied_once_when_sent_again(
    shop: Shop, how: str
) -> None:
    before, key = await shop.count("customer"), {"Idempotency-Key": f"single {how}"}
    given = {"name": "Bo", "value": how}
    async with locked(shop, "LOCK TABLE event_counter"):  # all is written but the events
        asked = asyncio.create_task(shop.api.post(UPSERT, given, **key))
        await shop.victim.run(f"SELECT {how}($1)", await waiting(shop))
        assert told(await asked) == ([DONE_TO_A_BACKEND[how]], "1")
    assert await shop.count("customer") == before
    for _ in range(2):
        again = (await shop.api.data(UPSERT, given, **key))["customerUpsert"]
        assert (again["created"], again["customer"]["version"]) == (True, 1)
    assert await shop.count("customer") == before + 1


async def test_connections_that_ended_while_nobody_used_them_are_replaced_unnoticed(shop: Shop) -> None:
    ended = [row[0] for row in await shop.victim.run(IDLE)]
    assert len(ended) >= 3  # for reads, writes and the control plane
    await shop.victim.end_backends()
    await asyncio.to_thread(wait_until, lambda: not any(Path(f"/proc/{pid}").exists() for pid in ended), LONG_S)
    for _ in range(5):
        await asyncio.to_thread(int)  # the loop looks at its sockets
    assert told(await shop.api.post(TOTAL)) == ([], None)
    assert told(await shop.api.post(UPSERT, {"name": "Ada"})) == ([], None)
    assert (await shop.api.client.get("/readyz")).status_code == 200


async def test_when_no_connection_is_free_one_is_told_to_come_again(shop: Shop) -> None:
    before = await shop.count("customer")
    for document, sql in ((TOTAL, "LOCK TABLE customer"), (UPSERT, "LOCK TABLE event_counter")):
        given = [{"name": f"Cy {n}", "value": f"pool {n}"} for n in range(3)]
        async with locked(shop, sql):
            asked = [asyncio.create_task(shop.api.post(document, one)) for one in given]
            done, others = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert [told(one.result()) for one in done] == [(["SERVICE_UNAVAILABLE"], "1")]
        assert [told(await one) for one in others] == [([], None)] * 2
    assert await shop.count("customer") == before + 2


async def test_a_row_that_stays_locked_is_a_timeout(shop: Shop) -> None:
    await shop.victim.run("ALTER ROLE regulars_app SET lock_timeout TO '50ms'")
    try:
        await shop.victim.end_backends()
        async with locked(shop, "SELECT FROM customer FOR UPDATE"):
            changed = {"name": "Eve"}
            answer = await until(lambda: shop.api.post(UPSERT, changed), {"SERVICE_UNAVAILABLE"})
            assert told(answer) == (["TIMEOUT"], "1")
    finally:
        await shop.victim.run("ALTER ROLE regulars_app RESET lock_timeout")
        await shop.victim.end_backends()
    answer = await until(lambda: shop.api.post(UPSERT, {"name": "Ada"}), {"SERVICE_UNAVAILABLE"})
    assert told(answer) == ([], None)


async def until(ask: Callable[[], Awaitable[httpx.Response]], passing: set[str]) -> httpx.Response:
    """The first answer that is not one of these."""
    while True:
        answer = await ask()
        if not passing & set(told(answer)[0]):
            return answer


async def test_a_deadlock_is_resolved_and_both_are_done(shop: Shop) -> None:
    before = await shop.count("event")
    async with locked(shop, "SET deadlock_timeout TO '5min'; UPDATE event_counter SET last = last") as rival:
        asked = asyncio.create_task(shop.api.post(UPSERT, {"name": "Hal"}))
        await waiting(shop)  # holds the customer, wants the counter
        await rival.execute("UPDATE customer SET city = 'Ulm'; COMMIT")  # the other way round
        assert told(await asked) == ([], None)
    assert await shop.count("event") == before + 1
    found = await shop.victim.run(f"SELECT city FROM {shop.tenant.schema}.customer WHERE display_name = 'Hal'")
    assert [row["city"] for row in found] == ["Ulm"]


FAILING = """CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
    IF nextval('public.failures') <= {times} THEN
        RAISE EXCEPTION 'no for Ada' USING ERRCODE = '{state}', DETAIL = 'Ada';
    END IF;
    RETURN NEW; END $f$"""


@asynccontextmanager
async def failing(shop: Shop, state: str, times: int) -> AsyncIterator[None]:
    """The first writes of a customer fail like this."""
    table = f"{shop.tenant.schema}.customer"
    await shop.victim.run("CREATE SEQUENCE public.failures")
    await shop.victim.run("GRANT USAGE ON SEQUENCE public.failures TO PUBLIC")
    await shop.victim.run(FAILING.format(state=state, times=times))
    await shop.victim.run(f"CREATE TRIGGER fail BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION public.fail()")
    try:
        yield
    finally:
        await shop.victim.run(f"DROP TRIGGER fail ON {table}")
        await shop.victim.run("DROP FUNCTION public.fail()")
        await shop.victim.run("DROP SEQUENCE public.failures")


@pytest.mark.parametrize("state", ["40001", "40P01"])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_conflict_with_another_is_tried_again_and_applied_once(shop: Shop, state: str, times: int) -> None:
    before = await shop.count("customer"), await shop.count("event")
    async with failing(shop, state, times):
        made = (await shop.api.data(UPSERT, {"name": "Fay", "value": f"{state} {times}"}))["customerUpsert"]
    assert (made["created"], made["customer"]["version"]) == (True, 1)
    assert (await shop.count("customer"), await shop.count("event")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("state", "code"),
    [("40001", "SERVICE_UNAVAILABLE"), ("53100", "SERVICE_UNAVAILABLE"), ("53200", "SERVICE_UNAVAILABLE"),
     ("57P01", "SERVICE_UNAVAILABLE"), ("57014", "TIMEOUT"), ("55P03", "TIMEOUT"), ("XX000", "INTERNAL")],
)  # fmt: skip
async def test_what_postgresql_says_becomes_a_code_and_nothing_is_written(shop: Shop, state: str, code: str) -> None:
    before = await shop.count("customer"), await shop.count("event")
    async with failing(shop, state, 1000):
        answer: Any = await shop.api.post(UPSERT, {"name": "Gil", "value": state})
    assert told(answer) == ([code], None if code == "INTERNAL" else "1")
    assert "no for Ada" not in answer.text
    assert (await shop.count("customer"), await shop.count("event")) == before
    assert told(await shop.api.post(TOTAL)) == ([], None)
