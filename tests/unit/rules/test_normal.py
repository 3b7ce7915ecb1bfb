"""The normal form of a rule is TRUE exactly when the rule is, whatever its leaves are."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar
from uuid import UUID

import pytest

from domain.refusal import ProblemCode, Refused
from domain.rules.issues import RuleInvalid
from domain.rules.normal import FALSE, TRUE, Form, Literal, Threshold, assume, literals, normal
from domain.rules.terms import SegmentTerms, Terms
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule
from domain.segments.conditions.segment import InSegment, SegmentRelation
from domain.time import Duration
from tests.support.rules.logic import Truth, at_least, every, opposite

ONE, TWO, GONE = UUID(int=1), UUID(int=2), UUID(int=3)
NOW = (SegmentRelation.MEMBER, SegmentRelation.NOT_MEMBER)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition whose outcome the test chooses."""

    keyword: ClassVar = "leaf"
    name: str
    certain: bool = False

    def facts(self, terms: Terms) -> Mapping[str, Any]:
        return {}

    def concluded(self, facts: Any, moment: Any) -> Any:
        raise AssertionError("never asked")

    def issues(self, terms: Terms) -> Iterator[Any]:
        yield from ()


LEAVES = (Leaf("a"), Leaf("b"), Leaf("c"), Leaf("d", certain=True))
TERMS = Terms(
    segments={
        ONE: SegmentTerms("one", AtLeast(2, (LEAVES[0], Not(LEAVES[1]), LEAVES[3]))),
        TWO: SegmentTerms("two", Not(All((InSegment(id=ONE), LEAVES[2])))),
    }
)
CASES: list[dict[Any, Truth]] = [
    dict(zip(LEAVES, values, strict=True))
    for values in product((True, False, None), repeat=len(LEAVES))
    if values[3] is not None
]


def truth(rule: Rule, case: Mapping[Any, Truth]) -> Truth:
    """What the rule as written is."""
    match rule:
        case All(of):
            return every(truth(part, case) for part in of)
        case AnyOf(of):
            return at_least(1, (truth(part, case) for part in of))
        case NoneOf(of):
            return opposite(at_least(1, (truth(part, case) for part in of)))
        case AtLeast(k, of):
            return at_least(k, (truth(part, case) for part in of))
        case Not(inner):
            return opposite(truth(inner, case))
        case Never():
            return False
        case InSegment(id=id_, is_=relation):
            member = id_ in TERMS.rules and truth(TERMS.rules[id_], case) is True
            return member is (relation is SegmentRelation.MEMBER)
    return case[rule]


def holds(form: Form, case: Mapping[Any, Truth]) -> bool:
    """What the form is: two-valued above its literals, as in SQL."""
    if isinstance(form, Threshold):
        return sum(holds(part, case) for part in form.of) >= form.k
    value = opposite(case[form.condition]) if form.negated else case[form.condition]
    return value is True or (form.lenient and value is None)


def some_rule(chance: random.Random, depth: int) -> Rule:
    if depth == 0 or chance.random() < 0.2:
        if chance.random() < 0.25:
            return InSegment(id=chance.choice((ONE, TWO, GONE)), is_=chance.choice(NOW))
        return chance.choice((*LEAVES, Never()))
    of = tuple(some_rule(chance, depth - 1) for _ in range(chance.randint(1, 4)))
    made: tuple[Rule, ...] = (All(of), AnyOf(of), NoneOf(of), Not(of[0]), AtLeast(chance.randint(0, len(of) + 1), of))
    return chance.choice(made)


RULES = [some_rule(random.Random(f"rule:{number}"), 4) for number in range(400)]


def test_a_form_holds_exactly_where_the_rule_is_true() -> None:
    for rule in RULES:
        form = normal(rule, TERMS)
        assert all(holds(form, case) is (truth(rule, case) is True) for case in CASES), rule


def test_assuming_true_gives_more_and_assuming_false_gives_fewer() -> None:
    for number, rule in enumerate(RULES):
        chance = random.Random(number)
        unknown = set(chance.sample(LEAVES, 2))
        form = normal(rule, TERMS)
        more, fewer = (assume(form, lambda leaf, of=unknown: leaf.condition in of, value) for value in (True, False))  # type: ignore[misc]
        assert not unknown & {leaf.condition for each in (more, fewer) for leaf in literals(each)}
        for case in CASES:
            assert holds(fewer, case) <= holds(form, case) <= holds(more, case), rule


def test_a_form_has_no_constants_inside_and_no_and_in_and() -> None:
    def plain(form: Form, above: int | None) -> None:
        if isinstance(form, Literal):
            return
        kind = 1 if form.k == len(form.of) else 2 if form.k == 1 else None
        assert form.of, "a constant"
        assert kind is None or kind != above, "flattened"
        assert kind is None or len(set(form.of)) == len(form.of) > 1, "each once"
        for part in form.of:
            plain(part, kind)

    for rule in RULES:
        form = normal(rule, TERMS)
        if form not in (TRUE, FALSE):
            plain(form, None)


def test_membership_of_a_segment_is_never_unknown() -> None:
    form = normal(Not(InSegment(id=ONE)), TERMS)
    assert holds(form, dict.fromkeys(LEAVES, None) | {LEAVES[3]: True})
    assert normal(Not(Not(InSegment(id=ONE))), TERMS) == normal(TERMS.rules[ONE], TERMS)


@pytest.mark.parametrize("at", [None, Duration(1)])
def test_a_segment_that_refers_to_itself_is_refused_not_followed(at: Duration | None) -> None:
    circle = Terms(
        segments={
            ONE: SegmentTerms("one", Not(InSegment(id=TWO, at=at))),
            TWO: SegmentTerms("two", AnyOf((LEAVES[0], InSegment(id=ONE, at=at)))),
        }
    )
    with pytest.raises(Refused) as no:
        normal(InSegment(id=ONE), circle)
    assert isinstance(no.value.problem, RuleInvalid)
    assert [issue.code for issue in no.value.problem.issues] == [ProblemCode.CYCLE]
