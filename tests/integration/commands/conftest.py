"""A prepared database for the commands of a module, and what runs them."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.support.postgres import Server, a_database
from tests.support.tenants import new_slug

Regulars = Callable[..., Result]


@pytest.fixture(scope="module")
async def database(cluster: Server) -> AsyncIterator[Server]:
    """A database of the module's own: its list of tenants is nobody else's."""
    async with a_database(cluster) as made:
        yield made


@pytest.fixture
def regulars(database: Server, monkeypatch: pytest.MonkeyPatch) -> Regulars:
    """Runs the command on that database."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.app_dsn)
    monkeypatch.setenv("REGULARS_OWNER_DATABASE_URL", database.owner_dsn)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=typed)

    return run


@pytest.fixture
def told(regulars: Regulars) -> Callable[..., Any]:
    """Runs the command with ``--json`` and reads what it says."""

    def run(*arguments: str) -> Any:
        done = regulars(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def slug(told: Callable[..., Any]) -> str:
    """A merchant."""
    made: str = told("tenant", "create", new_slug())["slug"]
    return made


def error_of(done: Result) -> dict[str, str]:
    """What a failed command with ``--json`` says: one object on stderr, nothing on stdout."""
    assert done.stdout == ""
    found: dict[str, str] = json.loads(done.stderr)["error"]
    return found
