"""PgBouncer in transaction mode before the test's server, with so few connections that every client shares them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tenancy.keeper import wait_until
from tests.support.command import free_port
from tests.support.postgres import Server

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
CONNECTIONS, SOON_S = 2, 20.0
needs_pgbouncer = pytest.mark.skipif(
    not PROGRAM, reason="needs PgBouncer: apt-get install pgbouncer, or brew install pgbouncer"
)
SETTINGS = """[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {home}/users.txt
pool_mode = transaction
default_pool_size = {connections}
server_round_robin = 1
"""


@dataclass
class Bouncer:
    """A PgBouncer that may be restarted."""

    server: Server
    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """The login role's, through it."""
        parts = urlsplit(self.server.app_dsn)
        return urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{self.port}"))

    def begin(self) -> None:
        """Start it and wait until it listens."""
        parts = urlsplit(self.server.app_dsn)
        (self.home / "users.txt").write_text(f'"{parts.username}" "{parts.password}"\n')
        given = {"host": parts.hostname, "port": parts.port, "listen": self.port, "home": self.home}
        text = SETTINGS.format(**given, connections=CONNECTIONS)
        (self.home / "pgbouncer.ini").write_text(text)
        log = (self.home / "log").open("ab")
        command = [str(PROGRAM), *_account(), str(self.home / "pgbouncer.ini")]
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        assert wait_until(self._listens, SOON_S), (self.home / "log").read_text()

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, with the connections of its clients."""
        assert self.process
        self.process.send_signal(how)
        self.process.wait(SOON_S)

    def _listens(self) -> bool:
        assert self.process
        assert self.process.poll() is None, (self.home / "log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


def _account() -> list[str]:
    """It does not run as root."""
    return ["-u", pwd.getpwuid(65534).pw_name] if os.geteuid() == 0 else []


@contextmanager
def a_bouncer(server: Server) -> Iterator[Bouncer]:
    with tempfile.TemporaryDirectory(prefix="regulars-bouncer-") as made:
        Path(made).chmod(0o755)
        bouncer = Bouncer(server, Path(made))
        bouncer.begin()
        try:
            yield bouncer
        finally:
            bouncer.end()
