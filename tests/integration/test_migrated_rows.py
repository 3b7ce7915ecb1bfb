"""What a migration makes of rows that were there before it."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from migrations.compiled import tenant_revisions
from tests.support.postgres import Server


@pytest.fixture
async def released(server: Server) -> AsyncIterator[Any]:
    """A connection in a schema as the first release made it."""
    connection = await asyncpg.connect(server.owner_dsn)
    schema = f"t_{uuid.uuid4().hex}"
    try:
        await connection.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}")
        await connection.execute(tenant_revisions().sql(None, "0001"))
        yield connection
    finally:
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")
        await connection.close()


async def test_segments_of_the_first_release_begin_with_the_version_they_have(released: Any) -> None:
    await released.execute(
        "INSERT INTO segment (id, version, key, name_en, name_zh, status, rule, created_at, updated_at) VALUES"
        " (gen_random_uuid(), 3, 'one', 'One', NULL, 'ACTIVE', '{\"a\": 1}', '2025-01-01', '2025-02-01'),"
        " (gen_random_uuid(), 1, 'two', NULL, '二', 'ARCHIVED', '{}', '2025-01-01', '2025-01-01')"
    )
    await released.execute(tenant_revisions().sql("0001"))
    kept = await released.fetch(
        "SELECT v.version, v.name_en, v.name_zh, v.status, v.rule = s.rule, v.author, v.note,"
        " v.created_at = s.updated_at, s.kind FROM segment AS s LEFT JOIN segment_version AS v ON s.id = v.segment_id"
        " ORDER BY s.key"
    )
    assert [tuple(row) for row in kept] == [
        (3, "One", None, "ACTIVE", True, "migration", None, True, "DYNAMIC"),
        (1, None, "二", "ARCHIVED", True, "migration", None, True, "DYNAMIC"),
    ]
