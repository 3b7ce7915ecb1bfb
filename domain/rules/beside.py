"""Many rules asked of the same customers: what each needs is read once, and each condition is worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    and_,
    case,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from domain.refusal import ProblemCode
from domain.rules.facts import Fact
from domain.rules.grouped import Shape
from domain.rules.issues import issue, refused
from domain.rules.moment import Moment
from domain.rules.normal import TRUE, Form, Literal, Threshold, literals
from domain.rules.plan import Plan
from domain.rules.terms import Terms

MOST_LITERALS = 1_500  # a line has at most 1,664 columns
_ZERO, _ONE = literal_column("0", Integer()), literal_column("1", Integer())


class Beside(NamedTuple):
    """A plan that knows what all of some forms need, and what each of their literals is of a customer."""

    plan: Plan
    literals: tuple[Literal, ...]

    def columns(self) -> list[ColumnElement[Any]]:
        """What the literals are, to be selected."""
        return [self.plan.holds(leaf).label(f"l{n}") for n, leaf in enumerate(self.literals)]

    def table(self, where: Sequence[ColumnElement[bool]], *more: ColumnElement[Any]) -> CTE:
        """A line of each customer of the plan; made once, for PostgreSQL would work it out wherever it is named."""
        made = select(*self.columns(), *more).select_from(self.plan.joined).where(*where, *self.plan.where)
        return made.cte().prefix_with("MATERIALIZED")

    def holds(self, form: Form, line: Any) -> ColumnElement[bool]:
        """TRUE exactly for members, by what is in a line; NULL and FALSE mean the same."""
        return _holds(form, {leaf: line[f"l{n}"] for n, leaf in enumerate(self.literals)})


def beside(
    forms: Sequence[Form],
    customer: FromClause,
    moment: Moment,
    terms: Terms,
    *,
    of: Form = TRUE,
    also: Iterable[Fact] = (),
    shape: Shape = Shape.EACH,
) -> Beside:
    """A plan of the customers of whom ``of`` holds, on which the forms can be asked.

    Refuses with ``RuleInvalid`` more conditions than a line has columns.
    """
    leaves = tuple(dict.fromkeys(leaf for form in forms for leaf in literals(form)))
    if len(leaves) > MOST_LITERALS:
        en = f"Together, rules that are asked at once have at most {MOST_LITERALS} different conditions."
        zh = f"同时查询的规则合计最多 {MOST_LITERALS} 个不同条件。"
        raise refused(issue((), en, zh, ProblemCode.TOO_COMPLEX))
    facts = {leaf.condition: dict(leaf.condition.facts(terms)) for leaf in leaves}
    needed = (fact for asked in facts.values() for fact in asked.values())
    plan = Plan(of, customer, moment, terms, also=(*also, *needed), shape=shape)
    plan.facts |= facts
    return Beside(plan, leaves)


def _holds(form: Form, known: Mapping[Literal, ColumnElement[bool]]) -> ColumnElement[bool]:
    match form:
        case Literal():
            return known[form]
        case Threshold(k, of) if k <= 0:
            return true()
        case Threshold(k, of) if k > len(of):
            return false()
        case Threshold(k, of):
            made = [_holds(inner, known) for inner in of]
            if k in (1, len(of)):
                return and_(*made) if k == len(of) else or_(*made)
            counted: list[Any] = [case((each, _ONE), else_=_ZERO) for each in made]
            total: ColumnElement[Any] = reduce(add, counted)
            return total >= literal(k, Integer())
