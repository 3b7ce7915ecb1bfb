"""The log: one line for each thing, in JSON or text, without what exceptions and other libraries' values say."""

import asyncio
import gc
import logging
import os
import threading

import asyncpg
import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from api.graph.errors import failure
from api.settings import LogFormat
from api.telemetry import lines
from api.telemetry.failures import MOST_FRAMES, told
from api.telemetry.lines import Lines
from api.telemetry.logs import hear
from api.telemetry.trace import trace_of
from tests.support.logged import logged

CANARY = "jane.doe@example.com"


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """It, with a traceback."""
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def violation() -> asyncpg.PostgresError:
    """As PostgreSQL tells of a row that may not be: with all that is in it."""
    fields = {"C": "23514", "M": f"new row violates {CANARY}", "D": f"Failing row contains ({CANARY})."}
    return asyncpg.PostgresError.new({**fields, "n": "ck_customer_email", "t": "customer"})


def test_an_exception_is_told_by_its_kind_and_its_places_never_by_its_words() -> None:
    text = told(raised(ValueError(CANARY), raised(violation())))
    assert CANARY not in text
    first, second = text.split("caused by ")
    assert first.startswith("builtins.ValueError")
    assert "test_logs.py" in first
    assert "sqlstate=23514" in second
    assert "table_name=customer constraint_name=ck_customer_email" in second


def test_a_chain_of_causes_that_bites_its_tail_ends() -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    assert told(one).count("caused by") < 10


def test_of_a_deep_stack_the_innermost_frames_are_told() -> None:
    def deep(n: int) -> None:
        if n:
            deep(n - 1)
        raise ValueError

    with pytest.raises(ValueError) as caught:
        deep(100)
    assert len(told(caught.value).splitlines()) == MOST_FRAMES + 1


def test_the_trace_of_an_internal_error_is_in_the_log_and_its_words_are_not() -> None:
    with logged() as log:
        answer = failure(raised(violation()), "en")
    (line,) = log.lines
    assert answer["extensions"]["trace"] in line["event"]
    assert "sqlstate=23514" in line["exception"]
    assert CANARY not in log.text


@pytest.mark.parametrize("form", LogFormat)
def test_what_libraries_log_comes_without_their_values(form: LogFormat) -> None:
    async def forgotten() -> None:
        hear(asyncio.get_running_loop())

        async def fails() -> None:
            raise ValueError(CANARY)

        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        del task
        gc.collect()

    with logged(form) as log:
        logging.getLogger("somebody").warning("no place for %s", CANARY)
        logging.getLogger("somebody").error("failed", exc_info=violation())
        structlog.get_logger().error("ours", exc_info=raised(ValueError(CANARY)))
        asyncio.run(forgotten())
    for words in ("no place for %s", "failed", "ours", "ValueError", "exception was never retrieved"):
        assert words in log.text
    assert CANARY not in log.text


def test_what_is_no_json_is_told_by_its_kind() -> None:
    with logged() as log:
        structlog.get_logger().info("odd", value=Exception(CANARY))
    assert log.lines[0]["value"] == "Exception"


def test_lines_that_nobody_reads_are_dropped_and_counted_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_WAITING", 100)
    monkeypatch.setattr(lines, "CLOSING_S", 0.01)
    reader, writer = os.pipe()
    log = Lines(writer)
    for _ in range(1000):
        log.write(b"x" * 10_000)
    assert log.dropped >= 1000 - 100 - 100 - 7  # in memory, on their way, in the pipe
    log.close()
    os.close(reader)  # whoever writes is told so, and ends
    log._thread.join()
    os.close(writer)


def test_lines_of_many_threads_stay_whole_and_none_is_lost() -> None:
    with logged() as log:
        writer = structlog.get_logger()
        threads = [threading.Thread(target=lambda: [writer.info("n", n=n) for n in range(500)]) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert sorted(line["n"] for line in log.lines) == sorted(list(range(500)) * 4)
    assert all(orjson.loads(line) for line in log.text.splitlines())


@pytest.mark.parametrize("given", [None, "", "garbage", f"00-{'0' * 32}-{'1' * 16}-01", f"ff-{'a' * 32}-{'1' * 16}-01"])
def test_without_a_valid_traceparent_a_trace_is_new(given: str | None) -> None:
    one, two = trace_of(given), trace_of(given)
    assert one != two
    assert len(one) == len(two) == 32


@given(st.from_regex(r"[0-9a-f]{32}", fullmatch=True).filter(lambda digits: digits.strip("0")))
def test_a_valid_traceparent_is_the_trace(digits: str) -> None:
    assert trace_of(f"00-{digits}-00f067aa0ba902b7-01") == digits
    assert trace_of(f"01-{digits}-00f067aa0ba902b7-00-of a later version") == digits
