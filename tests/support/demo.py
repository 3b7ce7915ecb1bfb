"""A directory in which demos run: what they wrote there, what they answer, which processes they left."""

import json
import os
import urllib.request
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.command import Running, free_port, started

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Demo:
    """A directory in which demos run, one after the other."""

    home: Path
    port: int = field(default_factory=free_port)

    def started(self, **environment: str) -> AbstractContextManager[Running]:
        """The command."""
        return started(["demo"], self.home, **{"REGULARS_PORT": str(self.port), **environment})

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
