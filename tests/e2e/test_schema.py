"""``regulars schema``: what is written passes the check, and what differs is shown."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.schema import printed_schema


def test_it_prints_the_schema() -> None:
    assert CliRunner().invoke(app, ["schema"]).stdout == printed_schema()


def test_a_written_file_passes_the_check(tmp_path: Path) -> None:
    file = str(tmp_path / "schema.graphql")
    assert CliRunner().invoke(app, ["schema", "--write", file]).exit_code == 0
    assert CliRunner().invoke(app, ["schema", "--check", file]).exit_code == 0


@pytest.mark.parametrize("content", [None, "type Query {\n  nothing: Int\n}\n"])
def test_a_file_that_differs_or_is_missing_fails_with_a_diff(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "schema.graphql"
    if content:
        file.write_text(content)
    done = CliRunner().invoke(app, ["schema", "--check", str(file)])
    assert done.exit_code == 6
    assert "\n+  current: Int!" in done.stdout
    assert content is None or "\n-  nothing: Int" in done.stdout
    assert "--write" in done.stderr


def test_programs_written_for_a_released_schema_are_thought_of(tmp_path: Path) -> None:
    file = tmp_path / "released.graphql"
    file.write_text(printed_schema())
    assert CliRunner().invoke(app, ["schema", "--since", str(file)]).exit_code == 0
    file.write_text(printed_schema().replace("\ntype Query {", "\ntype Query {\n  former: Int\n"))
    done = CliRunner().invoke(app, ["schema", "--since", str(file)])
    assert (done.exit_code, done.stdout) == (6, "Field Query.former was removed.\n")
    assert CliRunner().invoke(app, ["schema", "--since", str(file), "--check", str(file)]).exit_code == 2
