"""``regulars demo`` as a process: started, waited for by what it prints, asked over HTTP, and looked for afterwards."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("regulars")
PROC = Path("/proc")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Running:
    """The command, as it runs."""

    process: subprocess.Popen[str]

    def ready(self) -> str:
        """The line that says it answers; nothing else comes before it."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("ready: "), line or self.errors()
        return line

    def loading(self) -> None:
        """Returns when it has begun to load."""
        assert self.process.stderr
        assert any("Loading" in line for line in self.process.stderr)

    def errors(self) -> str:
        """All that it says on stderr until it ends."""
        assert self.process.stderr
        return self.process.stderr.read()

    def ended(self, sign: signal.Signals | None = None) -> int:
        """Its exit status, after the signal if one is given."""
        if sign is not None:
            self.process.send_signal(sign)
        return self.process.wait(timeout=30)


@dataclass(frozen=True, slots=True)
class Demo:
    """A directory in which demos run, one after the other."""

    home: Path
    port: int = field(default_factory=free_port)

    @contextmanager
    def started(self, **environment: str) -> Iterator[Running]:
        """The command; killed at the end if it still runs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
        made = {**kept, "REGULARS_PORT": str(self.port), **environment}
        pipe = subprocess.PIPE
        process = subprocess.Popen([COMMAND, "demo"], cwd=self.home, env=made, stdout=pipe, stderr=pipe, text=True)
        with process:
            try:
                yield Running(process)
            finally:
                process.kill()

    @property
    def file(self) -> Path:
        """Where the keys are."""
        return self.home / "var" / "demo.json"

    @property
    def told(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def ask(self, slug: str, query: str) -> Any:
        """The data of a query's answer, asked by the key of a merchant."""
        (key,) = [one["apiKey"] for one in self.told["tenants"] if one["slug"] == slug]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.told["url"], json.dumps({"query": query}).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)
        assert "errors" not in found, found
        return found["data"]

    def page(self, path: str) -> str:
        """A page, as a browser gets it."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Accept": "text/html"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())

    def processes(self) -> list[str]:
        """What runs for this directory: the command lines of processes that name it or stand in it."""
        return [line for line in map(self._seen, PROC.glob("[0-9]*")) if line]

    def _seen(self, process: Path) -> str:
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = os.readlink(process / "cwd")
        except OSError:  # it has ended, or is none of ours
            return ""
        return (line or place) if str(self.home) in line or place.startswith(str(self.home)) else ""
