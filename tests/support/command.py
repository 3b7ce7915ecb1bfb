"""The command ``regulars`` as a process: started, waited for by what it prints, ended by signals."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("regulars")


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


@contextmanager
def started(arguments: Sequence[str], home: Path, **environment: str) -> Iterator[Running]:
    """The command in a directory, with no settings but these; killed at the end if it still runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [COMMAND, *arguments], cwd=home, env={**kept, **environment}, stdout=pipe, stderr=pipe, text=True
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()
