"""Sets of customers made of others: saved segments and rules, united, intersected, subtracted.

Of a set one is a member or not: whoever a rule is UNKNOWN of is none, and so stays when it is subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import Path, RuleIssue, issue, refused
from domain.rules.normal import Form, fold, literals, normal, outside
from domain.rules.terms import Terms
from domain.rules.text.printer import text_of
from domain.rules.tree import Rule
from domain.segments.conditions.segment import InSegment
from domain.words import Words

MOST_SETS, DEEPEST, MOST_LITERALS = 20, 5, 2_000


@dataclass(frozen=True, slots=True)
class Saved:
    """A segment's members."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Given:
    """Those of whom a rule is true."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class Combined:
    """Those in any, in all, or in an odd number of the sets."""

    how: str  # union, intersect or symmetric
    of: tuple[SetExpression, ...]


@dataclass(frozen=True, slots=True)
class Except:
    """Those in the first set and in none of the others."""

    start: SetExpression
    minus: tuple[SetExpression, ...]


SetExpression = Saved | Given | Combined | Except
_LISTS = {
    "union": Words("union of ({})", "并集 ({})"),
    "intersect": Words("intersection of ({})", "交集 ({})"),
    "symmetric": Words("in an odd number of ({})", "属于奇数个 ({})"),
}
_ONE_OF_TWO = Words("in exactly one of ({})", "恰属其一 ({})")
_WITHOUT = Words("{} without ({})", "{} 除去 ({})")


def form_of(expression: SetExpression, terms: Terms) -> Form:
    """Whoever is in the set.  Refuses with ``RuleInvalid`` segments there are not, and what is too large."""
    issues = list(islice(_issues(expression, terms, ("expression",), 1), 1)) or list(_too_many(expression))
    if issues:
        raise refused(*issues)
    made = _form(expression, terms, True)
    if sum(1 for _ in islice(literals(made), MOST_LITERALS + 1)) > MOST_LITERALS:
        en = f"Written out, an expression asks at most {MOST_LITERALS} conditions."
        raise refused(issue(("expression",), en, f"展开后最多 {MOST_LITERALS} 个条件。", ProblemCode.TOO_COMPLEX))
    return made


def expression_text(expression: SetExpression, terms: Terms, locale: str = "en") -> str:
    """The expression in words, rules as their canonical texts."""
    match expression:
        case Saved(id_):
            return text_of(InSegment(id=id_), terms, locale)
        case Given(rule):
            return text_of(rule, terms, locale)
        case Except(start, minus):
            return _WITHOUT.of(locale).format(_inner(start, terms, locale), _listed(minus, terms, locale))
        case Combined(how, of):
            words = _ONE_OF_TWO if how == "symmetric" and len(of) == 2 else _LISTS[how]
            return words.of(locale).format(_listed(of, terms, locale))


def _listed(of: Sequence[SetExpression], terms: Terms, locale: str) -> str:
    return ", ".join(expression_text(each, terms, locale) for each in of)


def _inner(expression: SetExpression, terms: Terms, locale: str) -> str:
    made = expression_text(expression, terms, locale)
    return made if isinstance(expression, Saved) else f"({made})"


def _form(expression: SetExpression, terms: Terms, inside: bool) -> Form:
    """Whoever is in the set, or not."""
    match expression:
        case Saved(id_):
            expression = Given(terms.rules[id_])
            return _form(expression, terms, inside)
        case Given(rule):
            return normal(rule, terms) if inside else outside(rule, terms)
        case Except(start, minus):
            parts = [_form(start, terms, inside), *(_form(each, terms, not inside) for each in minus)]
            return fold(len(parts) if inside else 1, parts)
        case Combined("symmetric", of):
            return _parity(tuple(_flat(of)), terms, inside)
        case Combined(how, of):
            parts = [_form(each, terms, inside) for each in of]
            return fold(len(parts) if (how == "intersect") is inside else 1, parts)


def _parity(of: Sequence[SetExpression], terms: Terms, odd: bool) -> Form:
    """In an odd number of the sets, or an even one: in exactly j of n is in at least j, and outside at least n - j."""
    n = len(of)
    ins, outs = ([_form(each, terms, inside) for each in of] for inside in (True, False))
    return fold(1, [fold(2, [fold(j, ins), fold(n - j, outs)]) for j in range(n + 1) if (j % 2 == 1) is odd])


def _flat(of: Sequence[SetExpression]) -> Iterator[SetExpression]:
    """An odd number of odd numbers is one of all."""
    for each in of:
        if isinstance(each, Combined) and each.how == "symmetric":
            yield from _flat(each.of)
        else:
            yield each


def _below(expression: SetExpression) -> Iterator[tuple[Path, SetExpression]]:
    match expression:
        case Combined(how, of):
            yield from (((how, str(n)), each) for n, each in enumerate(of))
        case Except(start, minus):
            yield ("except", "from"), start
            yield from ((("except", "minus", str(n)), each) for n, each in enumerate(minus))


def _issues(expression: SetExpression, terms: Terms, path: Path, depth: int) -> Iterator[RuleIssue]:
    if depth > DEEPEST:
        en, zh = f"Sets stand at most {DEEPEST} levels inside one another.", f"集合最多嵌套 {DEEPEST} 层。"
        yield issue(path, en, zh, ProblemCode.TOO_COMPLEX)
        return
    if isinstance(expression, Saved) and expression.id not in terms.segments:
        yield no_segment((*path, "segment"))
    below = list(_below(expression))
    if (isinstance(expression, Combined) and not below) or (isinstance(expression, Except) and not expression.minus):
        yield issue(path, "An empty list says nothing; leave it out.", "列表不可为空；请省略此项。")
    for place, each in below:
        yield from _issues(each, terms, (*path, *place), depth + 1)


def no_segment(path: Path) -> RuleIssue:
    """A segment that there is not, or not any more."""
    return issue(path, "There is no such segment.", "不存在该分群。", ProblemCode.UNKNOWN_FIELD)


def _too_many(expression: SetExpression) -> Iterator[RuleIssue]:
    waiting: list[Any] = [expression]
    sets = 0
    while waiting:
        found = waiting.pop()
        sets += isinstance(found, Saved | Given)
        waiting += (each for _, each in _below(found))
    if sets > MOST_SETS:
        yield issue(
            ("expression",), f"At most {MOST_SETS} sets.", f"最多 {MOST_SETS} 个集合。", ProblemCode.TOO_COMPLEX
        )
