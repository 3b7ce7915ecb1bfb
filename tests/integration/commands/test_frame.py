"""What every command promises: its exit status, one line for what was to be expected, and no secret in it."""

import json
import re
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands.frame import EXITS, Exit
from tests.integration.commands.conftest import Regulars, error_of
from tests.support.postgres import Server

BOTH = ("REGULARS_DATABASE_URL", "REGULARS_OWNER_DATABASE_URL")
COMMANDS = ("tenant list", "tenant show x-y-z", "key list x-y-z", "migrate", "doctor")


def test_the_exit_statuses_are_documented() -> None:
    documented = {int(number) for number in re.findall(r"(?:: |; )(\d) ", EXITS)}
    assert documented == {int(one) for one in Exit}
    assert set(re.findall(r"\d", CliRunner().invoke(app, ["--help"]).stdout)) >= set(map(str, documented))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "dsn",
    [
        "garbage-s3cret",
        "mysql://a:s3cret@localhost/db",
        "postgresql://a:s3cret@localhost:port/db",
        "postgresql://localhost/db",
        "postgresql://a:s3cret@[::1/db",
        "postgresql://a:s3cret@127.0.0.1:1/db",
        "postgresql://a:s3cret@nowhere.invalid/db",
    ],
)
def test_a_dsn_that_leads_nowhere_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, command: str, dsn: str) -> None:
    for name in BOTH:
        monkeypatch.setenv(name, dsn)
    done = CliRunner().invoke(app, [*command.split(), "--json"])
    assert (done.exit_code, error_of(done)["code"]) == (5, "NO_DATABASE")
    assert done.stderr.count("\n") == 1
    assert "s3cret" not in done.stderr


def test_a_dsn_may_say_whatever_the_driver_understands(
    database: Server, regulars: Regulars, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, dsn in zip(BOTH, (database.app_dsn, database.owner_dsn), strict=True):
        monkeypatch.setenv(name, f"{dsn}?sslmode=prefer&application_name=till")
    assert regulars("tenant", "list").exit_code == 0
    assert regulars("doctor").exit_code == 0


@pytest.mark.parametrize(
    ("set_", "status", "said"),
    [
        ({"REGULARS_OWNER_DATABASE_URL": "postgresql://a@h/d"}, 5, "set both or neither"),
        ({"REGULARS_DATABASE_URL": "postgresql://a@h/d"}, 5, "REGULARS_OWNER_DATABASE_URL"),
        ({"REGULARS_POSTGRES_BIN": "/nowhere", "REGULARS_VAR": "{tmp}"}, 5, "/nowhere"),
        ({"REGULARS_VAR": "/dev/null/x"}, 5, "/dev/null/x"),
        ({"REGULARS_PORT": "99999"}, 2, "REGULARS_PORT"),
        ({"REGULARS_REQUIRE_HARDENING": "perhaps"}, 2, "REGULARS_REQUIRE_HARDENING"),
    ],
)
def test_settings_that_make_no_sense_are_named(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    set_: dict[str, str],
    status: int,
    said: str,
) -> None:
    for name in BOTH:
        monkeypatch.delenv(name, raising=False)
    for name, value in set_.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path_factory.mktemp("var")))
    done = CliRunner().invoke(app, ["tenant", "list", "--json"])
    assert done.exit_code == status
    assert said in error_of(done)["message"]


@pytest.mark.parametrize("command", ["tenant resume nobody", "migrate"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [("login role as owner", "must name the owner"), ("password", "password"), ("database", "does not exist")],
)
def test_an_owner_that_cannot_do_it_is_told_apart_from_a_defect(
    database: Server, regulars: Regulars, monkeypatch: pytest.MonkeyPatch, command: str, wrong: str, said: str
) -> None:
    parts = urlsplit(database.owner_dsn)
    monkeypatch.setenv(
        "REGULARS_OWNER_DATABASE_URL",
        {
            "login role as owner": database.app_dsn,
            "password": parts._replace(netloc=parts.netloc.replace("@", "x@")).geturl(),
            "database": parts._replace(path="/nowhere").geturl(),
        }[wrong],
    )
    done = regulars(*command.split(), "--json")
    assert (done.exit_code, error_of(done)["code"]) == (5, "NO_DATABASE")
    assert said in error_of(done)["message"]
    assert str(parts.password) not in done.stderr


def test_wrong_usage_has_a_status_of_its_own(regulars: Regulars) -> None:
    for words in (("frobnicate",), ("tenant", "create"), ("tenant", "list", "--frob"), ("migrate", "--workers", "99")):
        assert regulars(*words).exit_code == 2


def test_what_is_printed_as_json_is_one_document_and_nothing_else(regulars: Regulars, slug: str) -> None:
    for words in (("tenant", "list"), ("tenant", "show", slug), ("key", "list", slug), ("migrate",), ("doctor",)):
        done = regulars(*words, "--json")
        json.loads(done.stdout)
        assert done.stderr == ""
