"""A PostgreSQL that a test may kill: it comes back on the same port, with what was committed."""

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from tenancy.embedded import open_embedded
from tenancy.keeper import running, wait_until
from tenancy.place import Place, find_place
from tests.support.demo import PROC
from tests.support.postgres import Server

LONG_S = 30.0  # more than it ever takes
HOW = {"killed": signal.SIGKILL, "ended at once": signal.SIGQUIT, "ended fast": signal.SIGINT}


@dataclass
class Victim:
    """A server of the test's own."""

    server: Server
    place: Place

    @property
    def process_id(self) -> int | None:
        """The postmaster's."""
        return running(self.place.data)

    def end(self, how: str) -> None:
        """End it in one of the ways of ``HOW``, and wait until the port is free."""
        pid = self.process_id
        assert pid
        os.kill(pid, HOW[how])
        _reap(pid)
        assert wait_until(lambda: not _backends(pid), LONG_S)

    def begin(self) -> None:
        """Start it again, as it was started before; as often as the memory of the dead one is still in use."""
        words = shlex.split((self.place.data / "postmaster.opts").read_text())
        command, how = self.place.popen("postgres", *words[1:])
        for _ in range(50):
            if self._started(command, how):
                return
        raise AssertionError((self.place.data.parent / "again.log").read_text()[-2000:])

    def _started(self, command: Sequence[str], how: dict[str, Any]) -> bool:
        with (self.place.data.parent / "again.log").open("ab") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)
        assert wait_until(lambda: server.poll() is not None or self._answers(), LONG_S)
        if server.poll() is not None:
            return False
        server.returncode = 0  # whoever ends it reaps it: it is not waited for here
        return True

    def _answers(self) -> bool:
        lines = (self.place.data / "postmaster.pid").read_text().split("\n") if self.process_id else []
        return len(lines) > 7 and lines[7].strip() == "ready"

    async def run(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """A statement of the owner's, who is a superuser."""
        connection = await asyncpg.connect(self.server.owner_dsn)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def end_backends(self) -> int:
        """End all connections of the application."""
        login = urlsplit(self.server.app_dsn).username
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"
        return len(await self.run(ended, login))


def _reap(pid: int) -> None:
    """Ours or not: PostgreSQL does not start beside a zombie of its own."""
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    assert wait_until(lambda: not Path(f"/proc/{pid}").exists(), LONG_S)


def _backends(postmaster: int) -> bool:
    """Whether processes of that server's session are left."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, rest = stat.read_text().rpartition(")")
            state, _, group = rest.split()[:3]
            if int(group) == postmaster and state != "Z":
                return True
    return False


@contextmanager
def a_victim() -> Iterator[Victim]:
    """A durable server with an empty database."""
    if not PROC.exists():
        pytest.skip("what is left of a killed server is found in Linux's /proc")
    given = os.environ.get("REGULARS_POSTGRES_BIN")
    programs = Path(given) if given else None
    with tempfile.TemporaryDirectory(prefix="regulars-victim-") as made:
        Path(made).chmod(0o711)  # PostgreSQL's account must get through
        home = Path(made) / "postgres"
        with open_embedded(home, programs=programs) as server:
            made_by = Server(server.owner_dsn, server.app_dsn)
        # From here on nobody starts it again but the test.
        victim = Victim(made_by, find_place(home, programs, lambda text: None))
        victim.begin()
        try:
            yield victim
        finally:
            victim.end("ended at once")
