"""What in a rule is of no use: proven without any data, whatever the data are.

A rule is monotone in its parts, so that of each part only one thing matters: whether it is TRUE, or below an odd number
of negations whether it is FALSE.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.rules.analysis.cells import FALSE, TRUE, UNKNOWN
from domain.rules.analysis.nodes import Path
from domain.rules.analysis.search import Space, Want, leaves_of
from domain.rules.terms import Terms
from domain.rules.tree import All, AnyOf, Connective, Never, NoneOf, Not, Rule, parts, population

MOST_FAULTS = 50


class RuleWarningKind(StrEnum):
    """What may be wrong with a part of a rule that can be used."""

    NEVER_TRUE = "NEVER_TRUE"
    ALWAYS_TRUE = "ALWAYS_TRUE"
    CONTRADICTS = "CONTRADICTS"
    REDUNDANT = "REDUNDANT"
    SHADOWED = "SHADOWED"
    USES_SENSITIVE_DATA = "USES_SENSITIVE_DATA"
    LOW_COVERAGE = "LOW_COVERAGE"
    WINDOW_BEFORE_FIRST_DATA = "WINDOW_BEFORE_FIRST_DATA"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing: its kind, the place of the part, and of the part beside it that it is about."""

    kind: RuleWarningKind
    path: Path
    other: Path | None = None


def faults(rule: Rule, terms: Terms) -> list[Fault]:
    """All that is proven within the bound, as the rule is read."""
    search = _Search(terms, Space(tuple(leaves_of(rule, terms)), terms))
    search.part(rule, (), positive=True)
    found = search.found
    for path, among in _populations(rule, ()):
        inner = _Search(terms, Space(tuple(leaves_of(among, terms)), terms))
        inner.part(among, path, positive=True)
        found += inner.found
    return found[:MOST_FAULTS]


@dataclass(slots=True)
class _Search:
    terms: Terms
    space: Space
    found: list[Fault] = field(default_factory=list)

    def part(self, rule: Rule, path: Path, *, positive: bool) -> None:
        """Whether a part can hold and can fail, then what is below it."""
        if isinstance(rule, Never):
            return
        never = not self.possible((rule, TRUE, TRUE))
        always = not never and not self.possible((rule, FALSE, UNKNOWN))
        if never or always:
            self.add(RuleWarningKind.NEVER_TRUE if never else RuleWarningKind.ALWAYS_TRUE, path)
        inner = positive if not isinstance(rule, Not | NoneOf) else not positive
        below = parts(rule) if isinstance(rule, Connective) else ()
        if isinstance(rule, All) and never:
            self.contradictions(below, path)
        elif isinstance(rule, All | AnyOf | NoneOf) and not (always or never):
            self.useless(rule, below, path, inner)
        for place, each in below:
            self.part(each, (*path, *place), positive=inner)

    def possible(self, *wants: tuple[Rule, int, int]) -> bool:
        """Whether all can come out so."""
        return self.space.possible([Want(*want) for want in wants])

    def contradictions(self, below: Sequence[tuple[Path, Rule]], path: Path) -> None:
        """The first two that cannot hold together, though each may."""
        alone = [(place, each) for place, each in below if self.possible((each, TRUE, TRUE))]
        for n, (place, each) in enumerate(alone):
            for before, other in alone[:n]:
                if not self.possible((each, TRUE, TRUE), (other, TRUE, TRUE)):
                    self.add(RuleWarningKind.CONTRADICTS, (*path, *place), (*path, *before))
                    return

    def useless(self, rule: Rule, below: Sequence[tuple[Path, Rule]], path: Path, positive: bool) -> None:
        """Those without which nobody's membership is another; what is left out is not counted on for the others."""
        left = list(below)
        strict = isinstance(rule, All)
        made: list[Fault] = []
        for place, each in reversed(below):
            rest = [other for other in left if other[0] != place]
            if (
                rest
                and not self.constant(each)
                and not self.matters(each, [other for _, other in rest], strict, positive)
            ):
                left = rest
                kind = RuleWarningKind.REDUNDANT if strict else RuleWarningKind.SHADOWED
                made.append(Fault(kind, (*path, *place), self.reason(each, rest, strict, positive, path)))
        self.found += reversed(made)

    def constant(self, rule: Rule) -> bool:
        """Whether a part is said to be of no use by itself."""
        return not self.possible((rule, TRUE, TRUE)) or not self.possible((rule, FALSE, UNKNOWN))

    def matters(self, each: Rule, rest: Sequence[Rule], strict: bool, positive: bool) -> bool:
        """Whether it ever decides what the others beside it leave open."""
        if strict:  # all of them
            decides = (each, FALSE, UNKNOWN) if positive else (each, FALSE, FALSE)
            others = (TRUE, TRUE) if positive else (UNKNOWN, TRUE)
        else:
            decides = (each, TRUE, TRUE) if positive else (each, UNKNOWN, TRUE)
            others = (FALSE, UNKNOWN) if positive else (FALSE, FALSE)
        return self.possible(decides, *((other, *others) for other in rest))

    def reason(
        self, each: Rule, rest: Sequence[tuple[Path, Rule]], strict: bool, positive: bool, path: Path
    ) -> Path | None:
        """The one of the others that is enough by itself; null when it takes several."""
        for place, other in rest:
            if not self.matters(each, [other], strict, positive):
                return (*path, *place)
        return None

    def add(self, kind: RuleWarningKind, path: Path, other: Path | None = None) -> None:
        self.found.append(Fault(kind, path, other))


def _populations(rule: Rule, path: Path) -> Iterator[tuple[Path, Rule]]:
    """The rules inside conditions, with their places."""
    for place, part in parts(rule):
        if not isinstance(rule, Connective) and population(rule) is part:
            yield (*path, *place), part
        yield from _populations(part, (*path, *place))
