"""docs/operating.md tells of every setting, exit status, metric and command that there is, and of no other."""

import re
from pathlib import Path

from typer.main import get_command

from api.cli import app
from api.commands.frame import Exit
from api.settings import Settings
from api.telemetry.metrics import Metrics
from api.worker.numbers import Numbers

TEXT = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()


def test_every_setting_is_listed_and_no_other() -> None:
    listed = re.findall(r"^\| `(REGULARS_[A-Z_]+)` \|", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted(f"REGULARS_{name.upper()}" for name in Settings.model_fields)
    assert set(re.findall(r"REGULARS_[A-Z_]+", TEXT)) == set(listed)


def test_every_exit_status_is_listed_and_no_other() -> None:
    assert [int(one) for one in re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)] == [int(one) for one in Exit]


def test_every_metric_is_listed_and_no_other() -> None:
    told = TEXT.partition("### Metrics")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(regulars_[a-z_]+)` \|", told, re.MULTILINE)
    registries = (Metrics().registry, Numbers().registry)
    every = (one for registry in registries for one in registry.collect())
    made = (f"{one.name}_total" if one.type == "counter" else one.name for one in every)
    assert sorted(listed) == sorted(made)


def test_every_command_is_named_and_no_other() -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith("    regulars serve"))
    named = {words.split()[0] for words in line.removeprefix("    regulars ").split("|")}
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert named == set(commands)
    for group, command in re.findall(r"regulars (tenant|key) ([a-z]+)", TEXT):
        assert command in commands[group].commands
