"""Whether values can be found for which parts of a rule come out so or so: tried part by part, within a bound.

Three-valued as rules are.  "No" is a proof; whatever takes too long is a "perhaps".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from domain.rules.analysis.cells import FALSE, TRUE, Cell, apart, cells_of, fits, outcome, riddle
from domain.rules.analysis.known import related, together
from domain.rules.claims import Claim, claims_of
from domain.rules.protocol import Reference
from domain.rules.terms import Terms
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule

MOST_STEPS = 30_000  # values of parts that are worked out for one rule: some 50 ms
Range = tuple[int, int]


class Want(NamedTuple):
    """A rule that is to come out in a range."""

    rule: Rule
    low: int
    high: int


class Told(NamedTuple):
    """What a claim is of each part of its subject's values, and the least and most of that."""

    subject: int
    outcomes: tuple[int, ...]
    low: int
    high: int


class Enough(Exception):
    """The bound is reached."""


class Space:
    """All values that the subjects of a rule can have, and what each condition is of them."""

    def __init__(self, leaves: Sequence[Any], terms: Terms) -> None:
        self.terms, self.steps, self.kept = terms, 0, tuple(leaves)
        asked = {leaf: [part for claim in claims_of(leaf, terms) for part in apart(claim)] for leaf in leaves}
        asked = _simplified(asked)
        by_subject: dict[Any, list[Claim]] = {}
        for claim in dict.fromkeys(each for found in asked.values() for each in found):
            by_subject.setdefault(claim.subject, []).append(claim)
        self.subjects = list(by_subject)
        everything = list(enumerate(self.subjects))
        self.near = [[n for n, other in everything if n != m and related(one, other)] for m, one in everything]
        self.cells = [_told_apart(by_subject[one], bool(self.near[n])) for n, one in everything]
        number = {subject: n for n, subject in enumerate(self.subjects)}
        made = {claim: self._told(number[claim.subject], claim) for found in asked.values() for claim in found}
        # By where they are: hashing a condition costs as much as working it out.
        self.leaves = {id(leaf): [made[claim] for claim in asked[leaf]] for leaf in self.kept}

    def _told(self, subject: int, claim: Claim) -> Told:
        outcomes = tuple(outcome(claim, cell.value) for cell in self.cells[subject])
        return Told(subject, outcomes, min(outcomes), max(outcomes))

    def possible(self, wants: Sequence[Want]) -> bool:
        """Whether there are values for which all come out so; true as well when that is not found out in time."""
        try:
            return self._found(wants, {})
        except Enough:
            return True

    def _found(self, wants: Sequence[Want], chosen: dict[int, int]) -> bool:
        open_ = []
        for want in wants:
            low, high = self.range(want.rule, chosen)
            if low > want.high or high < want.low:
                return False
            if low < want.low or high > want.high:
                open_.append(want)
        if not open_:
            return True
        subject = next(self._undecided(open_[0].rule, chosen))
        for place, cell in enumerate(self.cells[subject]):
            if self._goes(subject, cell, chosen) and self._found(open_, chosen | {subject: place}):
                return True
        return False

    def _goes(self, subject: int, cell: Cell, chosen: Mapping[int, int]) -> bool:
        """Whether a subject can have such a value beside what is chosen."""
        self.steps += len(self.near[subject])
        return all(
            together(self.subjects[subject], cell, self.subjects[other], self.cells[other][chosen[other]])
            for other in self.near[subject]
            if other in chosen
        )

    def _undecided(self, rule: Rule, chosen: Mapping[int, int]) -> Iterator[int]:
        """Subjects that are not chosen yet and on which it depends how a rule comes out."""
        low, high = self.range(rule, chosen)
        if low == high:
            return
        below = self._below(rule)
        for part in below:
            yield from self._undecided(part, chosen)
        if not below:
            told = self.leaves[id(rule)]
            yield from (each.subject for each in told if each.subject not in chosen and each.low < each.high)

    def _below(self, rule: Rule) -> tuple[Rule, ...]:
        match rule:
            case All(of) | AnyOf(of) | NoneOf(of) | AtLeast(_, of):
                return of
            case Not(inner):
                return (inner,)
            case Reference() if not rule.past:
                return (target_of(rule, self.terms),)
        return ()

    def range(self, rule: Rule, chosen: Mapping[int, int]) -> Range:
        """The least and the greatest that a rule can come out as, by what is chosen."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Enough
        match rule:
            case All(of):
                found = [self.range(part, chosen) for part in of]
                return min(low for low, _ in found), min(high for _, high in found)
            case AnyOf(of):
                found = [self.range(part, chosen) for part in of]
                return max(low for low, _ in found), max(high for _, high in found)
            case NoneOf(of):
                found = [self.range(part, chosen) for part in of]
                return TRUE - max(high for _, high in found), TRUE - max(low for low, _ in found)
            case AtLeast(k, of):
                found = [self.range(part, chosen) for part in of]
                lows, highs = (sorted(ends, reverse=True) for ends in zip(*found, strict=True))
                return lows[k - 1], highs[k - 1]
            case Not(inner):
                low, high = self.range(inner, chosen)
                return TRUE - high, TRUE - low
            case Never():
                return FALSE, FALSE
            case Reference() if not rule.past:
                low, high = self.range(target_of(rule, self.terms), chosen)
                member = (TRUE if low == TRUE else FALSE, TRUE if high == TRUE else FALSE)
                return (TRUE - member[1], TRUE - member[0]) if rule.outside else member
        return self._of_leaf(rule, chosen)

    def _of_leaf(self, leaf: Any, chosen: Mapping[int, int]) -> Range:
        low = high = TRUE
        for told in self.leaves[id(leaf)]:
            place = chosen.get(told.subject)
            least, most = (told.low, told.high) if place is None else (told.outcomes[place],) * 2
            low, high = min(low, least), min(high, most)
        return low, high


def target_of(reference: Reference, terms: Terms) -> Rule:
    """The rule that a reference is to."""
    id_ = reference.target(terms)
    return terms.rules.get(id_, Never()) if id_ else Never()


def compares(rule: Rule, terms: Terms) -> bool:
    """Whether somebody's membership depends on other customers, in the past of other rules, too."""
    return any(
        compares(target_of(leaf, terms), terms) if isinstance(leaf, Reference) else getattr(leaf, "compares", False)
        for leaf in leaves_of(rule, terms)
    )


def leaves_of(rule: Rule, terms: Terms) -> Iterator[Any]:
    """The conditions of a rule and of the segments it refers to, but not those of populations, nor of the past."""
    match rule:
        case All(of) | AnyOf(of) | NoneOf(of) | AtLeast(_, of):
            for part in of:
                yield from leaves_of(part, terms)
        case Not(inner):
            yield from leaves_of(inner, terms)
        case Reference() if not rule.past:
            yield from leaves_of(target_of(rule, terms), terms)
        case Never():
            return
        case _:
            yield rule


def _told_apart(asked: list[Claim], related: bool) -> list[Cell]:
    """The cells of a subject; without those that no claim tells from others, unless counts may."""
    cells = cells_of(asked)
    if related:
        return cells
    kept: dict[tuple[int, ...], Cell] = {}
    for cell in cells:
        kept.setdefault(tuple(outcome(claim, cell.value) for claim in asked), cell)
    return list(kept.values())


def _simplified(asked: dict[Any, list[Claim]]) -> dict[Any, list[Claim]]:
    """The same; claims about a subject of which too much would have to be told apart become riddles."""
    by_subject: dict[Any, list[Claim]] = {}
    for found in asked.values():
        for claim in found:
            by_subject.setdefault(claim.subject, []).append(claim)
    vague = {subject for subject, found in by_subject.items() if not fits(list(dict.fromkeys(found)))}
    return {
        leaf: [riddle(claim) if claim.subject in vague else claim for claim in found] for leaf, found in asked.items()
    }
