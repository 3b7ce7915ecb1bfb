"""``regulars import``: what it prints, writes and answers, on a tenant of its own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tenancy.tenant import Tenant
from tests.support.imports import csv_file
from tests.support.postgres import Server
from tests.support.tenants import Tenants

MAP = """
kind = "feedback"
system = "shop"
create_customers = true
[fields]
external_id = "id"
customer = "id"
score = "nps"
kind = { constant = "NPS" }
submitted_at = { constant = 2024-01-01 }
"""


@pytest.fixture
async def shop_front(tenants: Tenants) -> Tenant:
    """A new tenant, speaking Chinese."""
    return (await tenants(1, locale="zh-CN"))[0]


@pytest.fixture
def command(server: Server, shop_front: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs ``regulars import`` on the tenant; a file of three answers, one broken, and its map lie in the directory."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", server.app_dsn)
    monkeypatch.setenv("REGULARS_OWNER_DATABASE_URL", server.owner_dsn)
    monkeypatch.chdir(tmp_path)
    csv_file(tmp_path / "f.csv", ["id", "nps"], [[1, 9], [2, "many"], [3, 0]])
    (tmp_path / "f.toml").write_text(MAP)

    def run(*arguments: str, slug: str = shop_front.slug) -> Result:
        return CliRunner().invoke(app, ["import", slug, *arguments])

    return run


def test_it_answers_in_json_writes_the_problems_and_exits_6_when_rows_were_refused(command, tmp_path: Path) -> None:
    done = command("feedback", "f.csv", "--map", "f.toml", "--json", "--problems", "p.jsonl")
    assert done.exit_code == 6
    told = json.loads(done.stdout)
    assert told["subjects"]["feedback"]["entities"] == {
        "read": 3, "created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 1
    }  # fmt: skip
    problem = {"line": 3, "column": "nps", "field": "score", "code": "NOT_A_NUMBER", "message": "'many' 不是数字。"}
    assert told["problems"] == [problem]
    assert [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()] == [problem]


def test_it_shows_a_table_in_the_tenants_language(command) -> None:
    shown = command("feedback", "f.csv", "--map", "f.toml", "--dry-run").stdout
    assert "试运行：未写入任何内容。" in shown
    assert "第 3 行 nps: 'many' 不是数字。" in shown
    again = json.loads(command("feedback", "f.csv", "--map", "f.toml", "--json").stdout)
    assert again["subjects"]["feedback"]["entities"]["created"] == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("feedback", "f.csv", "--map", "nowhere"), 3, "online_retail_orders"),
        (("orders", "f.csv", "--map", "f.toml"), 3, "kind"),
        (("feedback", "cut.csv.gz", "--map", "f.toml"), 3, "cut.csv.gz"),
        (("feedback", "absent.csv", "--map", "f.toml"), 2, "absent.csv"),
        (("weather", "f.csv", "--map", "f.toml"), 2, "weather"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_a_line(
    command, tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    whole = csv_file(tmp_path / "whole.csv.gz", ["id", "nps"], [[n, 9] for n in range(500)]).read_bytes()
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-200])
    done = command(*arguments)
    assert done.exit_code == status
    assert words in done.stderr


def test_an_unknown_tenant_is_not_found(command) -> None:
    assert command("feedback", "f.csv", "--map", "f.toml", slug="nobody").exit_code == 4
