"""What a rule says, by what its conditions say: and which of them decide that, whatever the others may be.

FALSE < UNKNOWN < TRUE.  Every connective is the k-th largest of its parts, ``not`` turns the order round, and
membership of another rule is TRUE or FALSE.  Conditions are never tested here: their outcomes are PostgreSQL's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from domain.rules.analysis.nodes import RuleNode, all_nodes
from domain.rules.protocol import Reference
from domain.rules.tree import All, AnyOf, AtLeast, Connective, Never, NoneOf, Not


class Outcome(Enum):
    """What a rule or a part of one says of a customer."""

    FALSE = -1
    UNKNOWN = 0
    TRUE = 1

    @classmethod
    def of(cls, told: bool | None) -> Outcome:
        """As PostgreSQL says it."""
        return cls.UNKNOWN if told is None else cls.TRUE if told else cls.FALSE

    @property
    def opposite(self) -> Outcome:
        """Of the negation."""
        return Outcome(-self.value)


FALSE, UNKNOWN, TRUE = Outcome
Known = Mapping[Any, Outcome]  # by condition
Outcomes = Mapping[str, Outcome]  # by the id of a part
Conditions = frozenset[Any]


class Goal(NamedTuple):
    """An outcome of ``at`` or more, or of ``at`` or less."""

    at: Outcome
    upwards: bool = True

    @property
    def opposite(self) -> Goal:
        """Of what is negated."""
        return Goal(self.at.opposite, not self.upwards)

    def reached(self, outcome: Outcome) -> bool:
        """Whether it is."""
        return outcome.value >= self.at.value if self.upwards else outcome.value <= self.at.value


MEMBER, STRANGER = Goal(TRUE), Goal(UNKNOWN, upwards=False)


def is_leaf(node: RuleNode) -> bool:
    """Whether a part is a condition, or a reference to the past.  Below one is a population: it decides nothing."""
    rule = node.rule
    return rule.past if isinstance(rule, Reference) else not isinstance(rule, Connective | Never)


def outcomes_of(node: RuleNode, known: Known) -> dict[str, Outcome]:
    """What each part says, by its id."""
    made: dict[str, Outcome] = {}
    _work_out(node, known, made)
    return made


def decisive(node: RuleNode, known: Known, said: Outcomes) -> Conditions:
    """Conditions that fix the outcome, whatever the others say; none of them can be left out."""
    now = said[node.id]
    kept = proof(node, said, Goal(now)) | proof(node, said, Goal(now, upwards=False))
    # One proof may hold what the other needs, and a condition may stand in several places.
    for leaf in [each.rule for each in leaves(node) if each.rule in kept]:
        if _bounds(node, known, kept - {leaf}) == (now, now):
            kept -= {leaf}
    return kept


def proof(node: RuleNode, said: Outcomes, goal: Goal) -> Conditions:
    """Conditions that alone assure what is reached."""
    if goal in (Goal(FALSE), Goal(TRUE, upwards=False)):
        return frozenset()
    if is_leaf(node):
        return frozenset((node.rule,))
    below = _below(node, goal)
    each = sorted((proof(part, said, below) for part in node.children if below.reached(said[part.id])), key=len)
    return frozenset[Any]().union(*each[: max(_wanted(node, below.upwards), 0)])


def lacking(node: RuleNode, said: Outcomes, goal: Goal = MEMBER) -> Iterator[tuple[RuleNode, Goal]]:
    """Conditions that stand between the outcome and a goal, and what each would have to say."""
    if goal.reached(said[node.id]):
        return
    if is_leaf(node):
        yield node, goal
        return
    for part in node.children:
        yield from lacking(part, said, _below(node, goal))


def leaves(node: RuleNode) -> Iterator[RuleNode]:
    """The conditions that may decide."""
    if is_leaf(node):
        yield node
        return
    for part in node.children:
        yield from leaves(part)


def conditions(nodes: Sequence[RuleNode]) -> tuple[Any, ...]:
    """All conditions of some rules, those of populations too, each once."""
    every = (part.rule for node in nodes for part in all_nodes(node) if is_leaf(part))
    return tuple(dict.fromkeys(every))


def _work_out(node: RuleNode, known: Known, made: dict[str, Outcome]) -> Outcome:
    below = [_work_out(part, known, made) for part in node.children]
    made[node.id] = known[node.rule] if is_leaf(node) else _combined(node, below)
    return made[node.id]


def _bounds(node: RuleNode, known: Known, by: Conditions) -> tuple[Outcome, Outcome]:
    """The least and the largest outcome, if only these conditions are known."""
    if is_leaf(node):
        return (known[node.rule],) * 2 if node.rule in by else (FALSE, TRUE)
    each = [_bounds(part, known, by) for part in node.children]
    ends = [_combined(node, [pair[side] for pair in each]) for side in (0, 1)]
    return (ends[1], ends[0]) if _turns(node) else (ends[0], ends[1])


def _combined(node: RuleNode, below: Sequence[Outcome]) -> Outcome:
    """What a connective or a reference says."""
    k = _threshold(node)
    ordered = sorted(below, key=lambda each: each.value, reverse=True)
    found = TRUE if k <= 0 else FALSE if k > len(ordered) else ordered[k - 1]
    if isinstance(node.rule, Reference) and found is UNKNOWN:
        found = FALSE
    return found.opposite if _turns(node) else found


def _threshold(node: RuleNode) -> int:
    """Of how many parts the connective wants one or the other outcome."""
    match node.rule:
        case All(of):
            return len(of)
        case AtLeast(k, _):
            return k
    assert isinstance(node.rule, AnyOf | NoneOf | Not | Never | Reference)
    return 1


def _turns(node: RuleNode) -> bool:
    """Whether it says the opposite of its parts."""
    return isinstance(node.rule, Not | NoneOf) or (isinstance(node.rule, Reference) and node.rule.outside)


def _below(node: RuleNode, goal: Goal) -> Goal:
    """What the parts have to say, enough of them, so that the goal is reached."""
    below = goal.opposite if _turns(node) else goal
    if isinstance(node.rule, Reference):
        return MEMBER if below.upwards else STRANGER
    return below


def _wanted(node: RuleNode, upwards: bool) -> int:
    """How many parts that takes."""
    k, n = _threshold(node), len(node.children)
    return k if upwards else n - k + 1
