"""What an explanation costs beside the plain question: the memberships of 50 customers in 20 segments.

Asked plainly, each customer names the segments it is in; explained, every condition tells what it saw and which decide.
"""

import json
import statistics
from typing import Any, Protocol

from tests.bench.rules import typed

CUSTOMERS, SEGMENTS, PROMISED = 50, 20, 10.0
FIRST = f"{{ customers(first: {CUSTOMERS}) {{ nodes {{ id }} }} }}"
CREATE = """mutation($input: SegmentInput!) { segmentCreate(input: $input) {
    __typename ... on SegmentSuccess { segment { id } } ... on Problem { message } } }"""
STORED = '{ segments(search: "bench_", first: 50) { nodes { id } } }'
PLAIN = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { id segments { id } } } }"
EXPLAINED = """query($ids: [ID!]!, $segments: [ID!]!) { memberships(customerIds: $ids, segmentIds: $segments) {
    member customer { id } segment { id } summary nodes { nodeId outcome observed required }
    decisive { nodeId } gaps { nodeId missing } } }"""


class Answers(Protocol):
    """Answers documents; how long that took in milliseconds, and the first field's value."""

    async def __call__(self, document: str, variables: dict[str, Any]) -> tuple[float, Any]:
        """One of them."""


async def explaining(ask: Answers, rounds: int) -> dict[str, Any]:
    """Medians of both and their ratio; whether they agree on every membership."""
    _, found = await ask(STORED, {})
    segments = [node["id"] for node in found["nodes"]]
    for number in range(len(segments), SEGMENTS):
        given = {"key": f"bench_{number}", "name": {"en": f"Bench {number}"}, "rule": typed(number)}
        _, made = await ask(CREATE, {"input": given})
        segments.append(made["segment"]["id"])
    _, page = await ask(FIRST, {})
    ids = [node["id"] for node in page["nodes"]]
    asked = {"plain": (PLAIN, {"ids": ids}), "explained": (EXPLAINED, {"ids": ids, "segments": segments})}
    answers = {name: (await ask(*question))[1] for name, question in asked.items()}
    took: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds):
        for name in sorted(asked, reverse=bool(number % 2)):
            took[name].append((await ask(*asked[name]))[0])
    medians = {f"{name}_ms": round(statistics.median(each), 2) for name, each in took.items()}
    return {
        "customers": len(ids),
        "segments": len(segments),
        **medians,
        "explained_vs_plain": round(medians["explained_ms"] / medians["plain_ms"], 2),
        "same": members_of(answers["plain"]) == explained_of(answers["explained"]),
        "answer_bytes": {name: len(json.dumps(answer)) for name, answer in answers.items()},
    }


def members_of(nodes: Any) -> set[tuple[str, str]]:
    """(customer, segment), as the plain answer tells them."""
    return {(node["id"], segment["id"]) for node in nodes for segment in node["segments"]}


def explained_of(memberships: Any) -> set[tuple[str, str]]:
    """The same of the explanations."""
    return {(each["customer"]["id"], each["segment"]["id"]) for each in memberships if each["member"]}
