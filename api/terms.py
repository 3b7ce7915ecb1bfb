"""What the process remembers of a tenant: the terms its rules refer to, read in the snapshot of the question."""

from types import SimpleNamespace
from typing import Any


async def read_terms(connection: Any) -> Any:
    return SimpleNamespace(version=await connection.fetchval("SELECT version FROM dictionary"))
