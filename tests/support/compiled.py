"""A plugin that watches that what the tests ask in this process is compiled: introspection alone is not."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.graph.execute import Answer, Executor

INTROSPECTION = re.compile(r"\b__(schema|type)\b")


@pytest.fixture(scope="session", autouse=True)
def compiled() -> Iterator[None]:
    """An answer that was not compiled fails whoever asked, unless the document introspects."""
    run = Executor.run

    async def watching(executor: Executor, text: str, *given: Any, **more: Any) -> Answer:
        answer = await run(executor, text, *given, **more)
        assert answer.compiled or INTROSPECTION.search(text), f"not compiled: {text}"
        return answer

    Executor.run = watching  # type: ignore[method-assign]
    yield
    Executor.run = run  # type: ignore[method-assign]
