"""Compiled answers are those of graphql-core with plain resolvers: data, key order, nulls, errors, paths."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.integration.graph.documents import WRITTEN, with_ids
from tests.integration.graph.generated import documents

WITHIN_ROWS = "query($t: AmountRangeInput) { customers { nodes { orders(total: $t) { totalCount nodes { total } } } } }"
WITHIN_SEGMENTS = (
    "query($t: AmountRangeInput) { segments { count members(first: 3) { nodes { id orders(total: $t) { totalCount"
    " nodes { customer { orders(total: $t, first: 1) { nodes { number } } } } } } } } }"
)


@pytest.mark.parametrize(("text", "variables"), WRITTEN, ids=[text[:60] for text, _ in WRITTEN])
async def test_compiled_and_plain_answers_are_identical(same: Any, text: str, variables: Any) -> None:
    await same(text, with_ids(variables))


@pytest.mark.parametrize("placed", [WITHIN_ROWS, WITHIN_SEGMENTS])
async def test_an_input_below_a_row_may_change_its_shape_from_request_to_request(same: Any, placed: str) -> None:
    ranges = [{"atLeast": "300"}, {"atMost": "500"}, None, {}, {"atLeast": "200", "atMost": "700"}, {"atLeast": "1"}]
    for amounts in ranges + ranges[::-1]:
        await same(placed, {"t": amounts})


async def test_a_page_of_which_nothing_is_read_does_not_lend_its_parameters_to_others(same: Any) -> None:
    for aliases in range(12):
        unread = " ".join(f"u{n}: members {{ __typename }}" for n in range(aliases))
        await same(
            f"{{ segments {{ {unread} count a: count m: members(first: 2) {{ nodes {{ spend }} }} b: count }} }}"
        )


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=documents())
async def test_generated_documents_answer_alike(same: Any, text: str) -> None:
    await same(text)
