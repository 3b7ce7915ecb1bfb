"""Starts and ends the systems: one server process each, all on the same database, with the same settings."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.merchants import HOME

PEERS = Path(__file__).parent / "peers"
NODE_HOME = HOME / "node"
APPS = {"bare": "bare", "floor": "floor", "naive": "naive", "select1": "trivial", "empty": "trivial"}
STARTING_S = 60.0
INSTALL = (
    "PostGraphile is left out: it needs node and npm (Debian and Ubuntu: apt-get install nodejs npm), "
    f"and npm must be able to install {{}} into {NODE_HOME}."
)


@dataclass(frozen=True, slots=True)
class System:
    """A running server."""

    name: str
    port: int
    process: int

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time of all its threads so far."""
        ran = (Path("/proc") / str(self.process) / "task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in ran) / 1e9

    @property
    def resident_bytes(self) -> int:
        """Its memory."""
        pages = int((Path("/proc") / str(self.process) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def started(names: Sequence[str], dsn: str) -> Iterator[dict[str, System]]:
    """The systems of these names, answering; ended at the end."""
    with ExitStack() as running:
        yield {name: running.enter_context(_one(name, dsn)) for name in names}


@contextmanager
def _one(name: str, dsn: str) -> Iterator[System]:
    port = free_port()
    given = _settings(dsn, port) if name == "ours" else {}
    given |= {"BENCH_DSN": dsn, "BENCH_MERCHANTS": str((HOME / "merchants.json").absolute())}
    given |= {"BENCH_PORT": str(port), "BENCH_NODE": str(NODE_HOME.absolute()), "NODE_ENV": "production"}
    with (HOME / f"{name}.log").open("w") as log:
        process = subprocess.Popen(_command(name, port), env=os.environ | given, stdout=log, stderr=log)
        try:
            _wait(process, port, name)
            yield System(name, port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _settings(dsn: str, port: int) -> dict[str, str]:
    """Of the product: all that it counts and logs is on, and no benchmark reaches its limits."""
    much = dict.fromkeys(("KEY_RATE", "KEY_BURST", "TENANT_RATE", "TENANT_BURST"), str(10**9))
    given = {"DATABASE_URL": dsn, "PORT": str(port), "METRICS_PORT": str(free_port()), "LOG_FORMAT": "json", **much}
    return {f"REGULARS_{name}": value for name, value in given.items()}


def _command(name: str, port: int) -> list[str]:
    if name == "ours":
        return [str(Path(sys.executable).parent / "regulars"), "serve"]
    if name == "postgraphile":
        return [str(NODE_HOME / "node_modules" / ".bin" / "node"), str(PEERS / "postgraphile.cjs")]
    served = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--no-server-header")
    app = f"tests.bench.peers.{APPS[name]}:app"
    return [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning", *served]


def _wait(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    until = time.monotonic() + STARTING_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"{name} did not start:\n{(HOME / f'{name}.log').read_text()[-2000:]}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def install_node() -> str | None:
    """Install PostGraphile under ``var/bench``, with the node it asks for.  What is missing, if it cannot be had."""
    manifest = PEERS / "package.json"
    kept = NODE_HOME / "package.json"
    if kept.exists() and kept.read_bytes() == manifest.read_bytes() and (NODE_HOME / "installed").exists():
        return None
    npm = shutil.which("npm")
    if npm is None:
        return INSTALL.format(manifest.name)
    NODE_HOME.mkdir(parents=True, exist_ok=True)
    (NODE_HOME / "installed").unlink(missing_ok=True)
    shutil.copy(manifest, kept)
    done = subprocess.run([npm, "install", "--no-audit", "--no-fund"], cwd=NODE_HOME, capture_output=True, check=False)
    if done.returncode:
        return INSTALL.format(manifest.name)
    (NODE_HOME / "installed").touch()
    return None
