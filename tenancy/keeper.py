"""Ends the embedded PostgreSQL when its last user is gone, however that user ended (a kill -9 included).

Every user holds a shared lock on the lease; the kernel takes it back from the dead.  The keeper is a process of its
own that waits for the exclusive lock.  Runs as ``python -I -S keeper.py HOME DATA``; the standard library only.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

LEASE, KEEPER = "lease", "keeper"
# How PostgreSQL is asked to end, and for how many seconds each is given: fast, immediate, at once.
ENDINGS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def running(data: Path) -> int | None:
    """The process id of the server on a data directory; null when the file it left behind names nobody."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    except PermissionError:
        pass
    try:  # Where /proc exists it tells a reused process id and a zombie from a server.
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        return pid if name.startswith("postgres") and rest.split()[0] != "Z" else None
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else pid


def end(data: Path) -> None:
    """End the server on a data directory, if one runs, and wait until it is gone."""
    pid = running(data)
    for sign, seconds in ENDINGS:
        if pid is None or running(data) != pid:
            return
        os.kill(pid, sign)
        wait_until(lambda: running(data) != pid, seconds)


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Poll until it is true; false when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def locked(path: Path, kind: int) -> int:
    """A file held with ``flock``; close it to let go.  Raises BlockingIOError if ``kind`` says not to wait."""
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, kind)
    except BaseException:
        os.close(held)
        raise
    return held


def keep(home: Path, data: Path) -> None:
    """Wait until nobody uses the server, then end it.  Only one keeper stays."""
    try:
        only = locked(home / KEEPER, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    lease = locked(home / LEASE, fcntl.LOCK_EX)
    end(data)
    # In this order: whoever gets the lease next must be able to start a keeper.
    os.close(only)
    os.close(lease)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]))
