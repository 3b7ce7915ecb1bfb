"""Thousands of random JSON values: each is a rule or refused, and nothing else ever comes out."""

import copy
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.refusal import Refused
from domain.rules.codec import decode, encode
from domain.rules.issues import RuleInvalid
from domain.rules.terms import AttributeTerms, SegmentTerms, Terms
from domain.vocabulary import CONDITIONS
from tests.support.rules.configs import CONFIGS
from tests.support.rules.draw import Draw
from tests.support.rules.segments import SEGMENTS
from tests.support.rules.shop import ATTRIBUTES

TERMS = Terms(
    vocabulary=CONDITIONS,
    attributes={key: AttributeTerms(type_, options) for key, (type_, options) in ATTRIBUTES.items()},
    segments={id_: SegmentTerms(key, rule) for id_, (key, rule) in SEGMENTS.items()},
    rfm=CONFIGS,
)
WORDS = (
    *("all", "any", "none", "not", "atLeast", "k", "of", "key", "test", "text", "number", "eq", "in", "having"),
    *("window", "last", "between", "from", "to", "exists", "count", "sum", "field", "where", "status", "product"),
    *("ids", "allTime"),
    *(condition.keyword for condition in CONDITIONS),
)
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 10**30, 10**5000, 1.5, float("inf"), float("nan"), "", "P1D", "PAID", "x" * 5000, "\0",
    "\ud800", "2026-01-01", "2026-01-01T00:00:00Z", "0000-00-00", "9" * 50, "1e999", [], {}, [None], {"": None},
    [[]], {"not": None}, "seg_", "seg_" + "0" * 32, b"", (1, 2), Decimal("NaN"), {1: 2}, UUID(int=1),
)  # fmt: skip


def judged(given: Any) -> bool:
    """Whether it is a rule; what is one reads back as the same."""
    problem = None
    try:
        rule = decode(given, terms=TERMS, vocabulary=CONDITIONS)
    except Refused as no:
        problem = no.problem
    if problem is None:
        assert decode(encode(rule), terms=TERMS, vocabulary=CONDITIONS) == rule
        return True
    assert isinstance(problem, RuleInvalid)
    assert 0 < len(problem.issues) <= 20
    for issue in problem.issues:
        " ".join((*issue.path, issue.message("en"), issue.message("zh"))).encode()
    return False


def anything(chance: random.Random, depth: int) -> Any:
    """A random value of the words of the language."""
    kind = chance.random() if depth else 1.0
    if kind < 0.6:
        return {chance.choice(WORDS): anything(chance, depth - 1) for _ in range(chance.choice((1, 1, 1, 2, 3)))}
    if kind < 0.75:
        return [anything(chance, depth - 1) for _ in range(chance.randrange(4))]
    return chance.choice((*ODD, *WORDS))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with every key or index of it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


def spoilt(chance: random.Random, rule: dict[str, Any]) -> Any:
    """A valid rule with one thing replaced, left out, put in, renamed or put elsewhere."""
    container, key = chance.choice(places(rule))
    other, of = chance.choice(places(copy.deepcopy(rule)))
    match chance.choice(("replace", "replace", "leave out", "put in", "rename", "move")):
        case "replace":
            container[key] = chance.choice(ODD)
        case "leave out":
            del container[key]
        case "put in" if isinstance(container, dict):
            container[chance.choice(WORDS)] = chance.choice(ODD)
        case "rename" if isinstance(container, dict):
            container[chance.choice((*WORDS, "\ud800", "\0"))] = container.pop(key)
        case _:
            container[key] = other[of]
    return rule


def test_random_json_is_a_rule_or_refused() -> None:
    for number in range(3000):
        judged(anything(random.Random(f"anything:{number}"), 6))
    for odd in ODD:
        assert not judged(odd)


def test_a_valid_rule_of_which_one_thing_is_spoilt_is_a_rule_or_refused() -> None:
    rules = 0
    for number in range(3000):
        rule = encode(Draw(f"spoilt:{number}", sorted(SEGMENTS)).rule())
        assert judged(rule), f"spoilt:{number}"
        rules += judged(spoilt(random.Random(f"spoilt:{number}"), rule))
    assert 100 < rules < 2000


HUGE: dict[str, Callable[[], Any]] = {
    "a million values": lambda: {"tag": {"test": {"hasAny": ["x"] * 1_000_000}}},
    "a million rules": lambda: {"all": [{"tag": {"test": {"isEmpty": True}}}] * 1_000_000},
    "a million members": lambda: {f"m{n}": 1 for n in range(1_000_000)},
    "a million members of a condition": lambda: {"tag": {f"m{n}": 1 for n in range(1_000_000)}},
    "a text of ten million": lambda: {"attribute": {"key": "x" * 10_000_000, "test": {"text": {"eq": "y"}}}},
    "a duration of a million digits": lambda: {
        "orders": {"having": {"exists": True}, "window": {"last": f"P{'9' * 1_000_000}D"}}
    },
    "a number of a million digits": lambda: {
        "attribute": {"key": "intimacy", "test": {"number": {"eq": "9" * 1_000_000}}}
    },
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_far_too_large_is_refused_without_much_work(name: str) -> None:
    given = HUGE[name]()
    begun = time.process_time()
    assert not judged(given)
    assert time.process_time() - begun < 2
