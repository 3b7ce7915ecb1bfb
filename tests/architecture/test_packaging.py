"""The Dockerfile, tested without Docker: what it copies exists, and what it runs works in a virtual environment."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKER_STOP_S = 10
LINES = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text()).splitlines()


def arguments(instruction: str) -> list[str]:
    """What follows an instruction, wherever it stands in the file."""
    return [line.split(" ", 1)[1] for line in LINES if line.startswith(f"{instruction} ")]


def copied() -> list[tuple[list[str], str]]:
    """(sources, target) of each COPY from the checkout."""
    return [(words[:-1], words[-1]) for words in map(str.split, arguments("COPY")) if not words[0].startswith("--from")]


def test_every_source_of_a_copy_exists() -> None:
    assert copied()
    assert [name for names, _ in copied() for name in names if not (ROOT / name).exists()] == []


def test_it_runs_as_nobody_in_particular_and_insists_on_hardening() -> None:
    assert arguments("USER")[-1].split(":")[0] not in ("root", "0")
    assert any("REGULARS_REQUIRE_HARDENING=1" in line for line in arguments("ENV"))


def test_it_is_asked_whether_it_is_ready_and_ends_within_the_time_that_docker_gives() -> None:
    (check,) = arguments("HEALTHCHECK")
    program = json.loads(check[check.index("[") :])
    assert "/readyz" in program[-1]
    ast.parse(program[-1])
    said = {name: value for line in arguments("ENV") for name, _, value in (one.partition("=") for one in line.split())}
    assert {name for name in said if name.startswith("REGULARS_")} <= {
        f"REGULARS_{name.upper()}" for name in Settings.model_fields
    }
    assert int(said["REGULARS_GRACE_S"]) < DOCKER_STOP_S
    assert int(said["REGULARS_WORKERS"]) > 1


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build stage, carried out in a folder of its own."""
    app = tmp_path_factory.mktemp("image")
    for names, _ in copied():
        for name in names:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, app / name)
    steps = [line for line in arguments("RUN") if not line.startswith("useradd")]
    for line in steps:
        command = line.replace("python -m venv", f"{sys.executable} -m venv").replace("/app", str(app))
        done = subprocess.run(command, shell=True, cwd=app, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return app


def test_what_it_runs_works_and_its_command_starts(image: Path) -> None:
    (command,) = arguments("CMD")
    program, *rest = json.loads(command)
    path = image / ".venv" / "bin" / program
    assert path.exists()
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [str(path), *rest, "--help"], cwd=image, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
