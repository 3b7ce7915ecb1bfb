"""The embedded server as other processes use it, and whoever is left of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
USER = """
import os, sys
from pathlib import Path
from tenancy.embedded import open_embedded
programs = os.environ.get("REGULARS_POSTGRES_BIN")
with open_embedded(Path(sys.argv[1]), programs=programs and Path(programs), durable=False) as server:
    print(server.process_id, server.port, server.adopted, server.owner_dsn, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class User:
    """A process that uses the server of a home, and what it was told."""

    process: subprocess.Popen[str]
    server: int
    port: int
    adopted: bool
    owner_dsn: str

    def leave(self) -> None:
        """End in order; raises CalledProcessError unless all went well."""
        assert self.process.stdin
        self.process.stdin.close()
        if status := self.process.wait():
            raise subprocess.CalledProcessError(status, "user")

    def killed(self) -> None:
        """End by kill -9."""
        self.process.kill()
        self.process.wait()


def begin(home: Path) -> subprocess.Popen[str]:
    """A process that is about to use the server."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def arrived(process: subprocess.Popen[str]) -> User:
    """That process once it has its server."""
    assert process.stdout
    words = process.stdout.readline().split()
    return User(process, int(words[0]), int(words[1]), words[2] == "True", words[3])


@contextmanager
def users(home: Path, count: int = 1) -> Iterator[list[User]]:
    """So many processes that begin at the same time; killed at the end if they have not left."""
    begun = [begin(home) for _ in range(count)]
    try:
        yield [arrived(one) for one in begun]
    finally:
        for one in begun:
            one.kill()
            one.wait()
            for pipe in (one.stdin, one.stdout):
                assert pipe
                pipe.close()


def processes(home: Path) -> dict[int, str]:
    """Servers and keepers of a home that are alive: process id and program."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = (Path("/proc") / entry / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        program = next(
            (name for name in ("postgres", "keeper.py") if name in words[0] or name in "".join(words[:5])), None
        )
        if program and any(word.startswith(str(home)) for word in words):
            found[int(entry)] = program
    return found
