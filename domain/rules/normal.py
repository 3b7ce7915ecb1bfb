"""The normal form of a rule: one connective, and negation only at the leaves.

In Kleene's order FALSE < UNKNOWN < TRUE, ``any`` is the largest child, ``all`` the smallest, ``atLeast k`` the k-th
largest.  So every connective is ``Threshold(k, of)``, and not (k of n) is (n - k + 1) of the negations.  Members are
those with TRUE, and which form is TRUE depends only on which literals are: the third value never reaches SQL above
a leaf.  The membership of another rule is two-valued, so its negation is a form of literals that are not TRUE; what it
was in the past is a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import issue, refused
from domain.rules.protocol import Condition, Reference
from domain.rules.terms import Terms
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule


@dataclass(frozen=True, slots=True)
class Literal:
    """A condition, or its negation; ``lenient``: UNKNOWN is enough."""

    condition: Condition
    negated: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """At least ``k`` of the forms."""

    k: int
    of: tuple[Form, ...]


Form = Literal | Threshold
TRUE, FALSE = Threshold(0, ()), Threshold(1, ())


def normal(rule: Rule, terms: Terms) -> Form:
    """The rule's form, references written out.  Refuses with CYCLE what refers to itself."""
    return _normal(rule, terms, negated=False, lenient=False, above=())


def outside(rule: Rule, terms: Terms) -> Form:
    """The form of whoever is no member, be the rule FALSE or UNKNOWN of them."""
    return _normal(rule, terms, negated=True, lenient=True, above=())


def fold(k: int, of: list[Form]) -> Form:
    """``k`` of these, constants removed, and/or flattened, equal children of and/or written once."""
    k -= sum(form == TRUE for form in of)
    of = [form for form in of if form not in (TRUE, FALSE)]
    if k <= 0:
        return TRUE
    if k > len(of):
        return FALSE
    if k in (1, len(of)):
        every = k == len(of)
        of = list(dict.fromkeys(inner for form in of for inner in _flat(form, every)))
        k = len(of) if every else 1
    return of[0] if len(of) == 1 else Threshold(k, tuple(of))


def assume(form: Form, unknown: Callable[[Literal], bool], value: bool) -> Form:
    """The form if every literal that ``unknown`` picks were ``value``.

    It is monotone in its literals: members <= assume(…, True), and assume(…, False) <= members.
    """
    match form:
        case Literal():
            return (TRUE if value else FALSE) if unknown(form) else form
        case Threshold(k, of):
            return fold(k, [assume(inner, unknown, value) for inner in of])


def conjuncts(form: Form) -> tuple[Form, ...]:
    """The forms that must all hold."""
    return form.of if isinstance(form, Threshold) and form.k == len(form.of) else (form,)


def literals(form: Form) -> Iterator[Literal]:
    """The leaves, from left to right."""
    match form:
        case Literal():
            yield form
        case Threshold(_, of):
            for inner in of:
                yield from literals(inner)


def _normal(rule: Rule, terms: Terms, *, negated: bool, lenient: bool, above: tuple[UUID, ...]) -> Form:
    match rule:
        case Not(inner):
            return _normal(inner, terms, negated=not negated, lenient=lenient, above=above)
        case NoneOf(of):
            return _normal(AnyOf(of), terms, negated=not negated, lenient=lenient, above=above)
        case Never():
            return TRUE if negated else FALSE
        case Reference():
            return _written_out(rule, terms, negated=negated, above=above)
        case All(of):
            k = len(of)
        case AnyOf(of):
            k = 1
        case AtLeast(k, of):
            pass
        case _:
            return Literal(rule, negated, lenient and not rule.certain)
    parts = [_normal(part, terms, negated=negated, lenient=lenient, above=above) for part in of]
    return fold(len(of) - k + 1 if negated else k, parts)


def _written_out(rule: Reference, terms: Terms, *, negated: bool, above: tuple[UUID, ...]) -> Form:
    target = rule.target(terms)
    if target in above:
        raise refused(issue((), "A segment refers to itself.", "分群引用了自身。", ProblemCode.CYCLE))
    inner = terms.rules.get(target, Never()) if target else Never()
    below = (*above, target) if target else above
    outside = rule.outside is not negated
    if rule.past:
        member = _normal(inner, terms, negated=False, lenient=False, above=below)
        return Literal(rule.about_past(member), outside)
    return _normal(inner, terms, negated=outside, lenient=outside, above=below)


def _flat(form: Form, every: bool) -> tuple[Form, ...]:
    if isinstance(form, Threshold) and form.k == (len(form.of) if every else 1):
        return form.of
    return (form,)
