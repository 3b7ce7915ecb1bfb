"""Node programs for tests: the packages of tests/e2e/clients, installed once beside the virtual environment."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[1] / "e2e" / "clients"
OLDEST = 18
needs_node = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")),
    reason=f"needs Node {OLDEST} or newer: apt-get install nodejs npm, or brew install node",
)


def installed() -> Path:
    """A directory with the locked packages in ``node_modules``.  Made whole or not at all: runs may overlap."""
    lock = PACKAGES / "package-lock.json"
    made = Path(sys.prefix) / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=sys.prefix, prefix="node-") as unfinished:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(PACKAGES / name, unfinished)
            ran(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], Path(unfinished), 300)
            try:
                Path(unfinished).rename(made)
            except OSError:
                assert made.exists()  # another run was quicker
            Path(unfinished).mkdir(exist_ok=True)  # for its own clearing up
    return made


def ran(command: Sequence[str | Path], home: Path, seconds: float = 60, **environment: str) -> str:
    """What a program prints; its errors when it fails."""
    done = subprocess.run(
        command, cwd=home, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
