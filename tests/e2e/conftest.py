"""One demo for all who only ask: ``served``, and ``asking``, what its client programs read from the environment."""

import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from threading import Thread

import pytest

from tests.support.demo import PROC, Demo


@dataclass(frozen=True, slots=True)
class Served:
    """A demo that answers."""

    demo: Demo
    said: deque[str]  # the last lines of its stderr

    @property
    def url(self) -> str:
        """Where."""
        return str(self.demo.told["url"])

    def key(self, slug: str) -> str:
        """A merchant's API key."""
        (found,) = [one["apiKey"] for one in self.demo.told["tenants"] if one["slug"] == slug]
        return str(found)

    def environment(self, slug: str) -> dict[str, str]:
        """As the programs of docs/clients read it."""
        schema = self.url.removesuffix("graphql") + "schema.graphql"
        return {"REGULARS_URL": self.url, "REGULARS_KEY": self.key(slug), "REGULARS_SCHEMA": schema}


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    if not PROC.exists():
        pytest.skip("what is left running is found in Linux's /proc")
    with tempfile.TemporaryDirectory(prefix="regulars-served-") as made:
        Path(made).chmod(0o711)  # PostgreSQL's account must get through
        one = Demo(Path(made))
        with one.started() as running:
            assert running.process.stderr
            said: deque[str] = deque(maxlen=400)  # read all the time: a full pipe would stop it
            Thread(target=said.extend, args=(running.process.stderr,), daemon=True).start()
            running.ready()
            yield Served(one, said)
            assert running.ended(SIGTERM) == 0, "".join(said)
