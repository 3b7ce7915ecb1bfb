"""Compiled answers are those of graphql-core with plain resolvers: data, key order, nulls, errors, paths."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.integration.graph.documents import WRITTEN, with_ids
from tests.integration.graph.generated import documents


@pytest.mark.parametrize(("text", "variables"), WRITTEN, ids=[text[:60] for text, _ in WRITTEN])
async def test_compiled_and_plain_answers_are_identical(same: Any, text: str, variables: Any) -> None:
    await same(text, with_ids(variables))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=documents())
async def test_generated_documents_answer_alike(same: Any, text: str) -> None:
    await same(text)
