"""The programs of docs/clients, as a reader runs them: types generated, compiled, run against the demo."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Served
from tests.support.node import installed, needs_node, ran

PROGRAMS = Path(__file__).parents[2] / "docs" / "clients"
CITY, SEGMENT = "Hamburg", "regulars"
OF_A_CITY = '{ customers(where: {attribute: {key: "city", test: {text: {eq: "Hamburg"}}}}) { totalCount } }'
OF_A_SEGMENT = "{ segments { nodes { key count { value } } } }"


@pytest.fixture(scope="module")
def built(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript programs, compiled with the types that graphql-codegen made of the served schema."""
    home = tmp_path_factory.mktemp("clients")
    shutil.copytree(PROGRAMS, home, dirs_exist_ok=True)
    packages = installed()
    shutil.copy(packages / "package.json", home)
    (home / "node_modules").symlink_to(packages / "node_modules")
    ran(["node_modules/.bin/graphql-codegen", "--config", "codegen.ts"], home, **served.environment("harbour"))
    ran(["node_modules/.bin/tsc", "--project", "."], home)
    return home


def told(served: Served, command: list[str | Path], home: Path, argument: str) -> dict[str, Any]:
    """What a program says it did."""
    found: dict[str, Any] = json.loads(ran([*command, argument], home, **served.environment("harbour")))
    assert found["pages"] > 1
    assert found.pop("seen") == found["total"]
    return found


@needs_node
def test_apollo_client_reads_every_page_writes_and_is_refused(served: Served, built: Path) -> None:
    found = told(served, ["node", "built/apollo.js"], built, CITY)
    assert found["saved"] == "saved Ada Apollo"
    assert found["refused"] == "input.email: BAD_EMAIL"
    assert found["error"] == "BAD_USER_INPUT"
    assert served.demo.ask("harbour", OF_A_CITY)["customers"]["totalCount"] - found["total"] in (0, 1)  # Ada


@needs_node
def test_graphql_request_reads_every_page_writes_and_is_refused(served: Served, built: Path) -> None:
    found = told(served, ["node", "built/graphql-request.js"], built, SEGMENT)
    (segment,) = [one for one in served.demo.ask("harbour", OF_A_SEGMENT)["segments"]["nodes"] if one["key"] == SEGMENT]
    assert found == {
        "total": segment["count"]["value"],
        "pages": found["pages"],
        "saved": "defined club",
        "refused": "VALIDATION",
        "status": 400,
        "error": "GRAPHQL_VALIDATION_FAILED",
    }


def test_python_gql_reads_every_page_writes_and_is_refused(served: Served, tmp_path: Path) -> None:
    found = told(served, [sys.executable, PROGRAMS / "gql_client.py"], tmp_path, CITY)
    assert found["saved"] == "saved Grace Gql"
    assert found["refused"] == "input.email: BAD_EMAIL"
    assert found["error"] == "BAD_USER_INPUT"


@needs_node
def test_generated_types_leave_nothing_open(built: Path) -> None:
    made = (built / "gql" / "graphql.ts").read_text()
    assert ": any" not in made
    assert '"Invalid"' in (built / "gql" / "possible-types.ts").read_text()


@needs_node
def test_a_scalar_without_a_type_stops_the_generator(served: Served, built: Path) -> None:
    config = (built / "codegen.ts").read_text()
    assert "Decimal:" in config
    (built / "loose.ts").write_text("".join(line for line in config.splitlines(True) if "Decimal:" not in line))
    with pytest.raises(AssertionError, match="Unknown scalar type Decimal"):
        ran(["node_modules/.bin/graphql-codegen", "--config", "loose.ts"], built, **served.environment("harbour"))
