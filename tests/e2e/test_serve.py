"""``regulars serve``: on a prepared database it answers until told to end; on any other it says what is missing."""

import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.support.command import free_port, started
from tests.support.postgres import Server, a_database


def status(port: int, path: str) -> int:
    """Of a GET."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return int(refused.code)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_answers_and_ends_in_order(server: Server, tmp_path: Path, workers: str) -> None:
    port = free_port()
    settings = {"REGULARS_DATABASE_URL": server.app_dsn, "REGULARS_PORT": str(port), "REGULARS_REQUIRE_HARDENING": "1"}
    with started(["serve", "--workers", workers], tmp_path, **settings) as running:
        assert f"http://127.0.0.1:{port}/graphql" in running.ready()
        assert status(port, "/readyz") == 200
        assert status(port, "/graphql?query={__typename}") == 401
        assert running.ended(signal.SIGTERM) == 0


@pytest.fixture
async def database(cluster: Server) -> AsyncIterator[Server]:
    """A database to spoil."""
    async with a_database(cluster) as made:
        yield made


def refused(tmp_path: Path, dsn: str | None, **settings: str) -> tuple[int, str]:
    """Exit status and message of a start that must not succeed."""
    given = {"REGULARS_PORT": str(free_port()), **({"REGULARS_DATABASE_URL": dsn} if dsn else {}), **settings}
    with started(["serve"], tmp_path, **given) as running:
        said = running.errors()
        assert "Traceback" not in said
        return running.ended(), said


def test_without_a_database_it_says_which_setting_is_missing(tmp_path: Path) -> None:
    assert refused(tmp_path, None)[0] == 5
    assert "REGULARS_DATABASE_URL" in refused(tmp_path, None)[1]


def test_a_database_that_is_not_there_is_named(server: Server, tmp_path: Path) -> None:
    exit_, said = refused(tmp_path, f"postgresql://regulars_app@127.0.0.1:{free_port()}/regulars")
    assert (exit_, "does not let us in" in said) == (5, True)
    exit_, said = refused(tmp_path, server.database("elsewhere").app_dsn)
    assert (exit_, '"elsewhere" does not exist' in said) == (5, True)


async def test_a_database_that_was_never_migrated_is_sent_to_migrate(database: Server, tmp_path: Path) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("ALTER SCHEMA platform RENAME TO hidden")
    try:
        assert refused(tmp_path, database.app_dsn) == (5, "the database is not prepared; run: regulars migrate\n")
    finally:
        await owner.execute("ALTER SCHEMA hidden RENAME TO platform")
        await owner.close()


async def test_an_owner_is_not_served(database: Server, tmp_path: Path) -> None:
    exit_, said = refused(tmp_path, database.owner_dsn)
    assert exit_ == 3
    assert "would not be kept apart" in said
