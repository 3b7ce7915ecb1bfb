"""Which personal data a rule reads: what a caller may not see, it may not select by either."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from domain.refusal import Problem, ProblemCode, Refused
from domain.rules.facts import Own
from domain.rules.protocol import Reference
from domain.rules.terms import Terms
from domain.rules.tree import Rule, conditions
from domain.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldForbidden(Problem):
    """The caller may not see this field, and so may not filter, order or search by it."""

    code: ClassVar = ProblemCode.FORBIDDEN
    error: ClassVar = "FORBIDDEN"
    text: ClassVar = Words("You may not use {name!r}: it is personal data.", "“{name}”属于个人信息，您无权使用。")
    name: str = field(metadata={"doc": "The field."})


def personal_fields(rule: Rule, terms: Terms) -> frozenset[str]:
    """Names of the fields with personal data that a rule itself reads.

    Not those of segments that it refers to: whoever saved them was allowed to.
    """
    facts = [
        fact
        for condition in conditions(rule)
        if not isinstance(condition, Reference)
        for fact in condition.facts(terms).values()
    ]
    return frozenset(name for fact in facts if isinstance(fact, Own) and (name := fact.personal(terms)))


def forbid_personal(rule: Rule, terms: Terms) -> None:
    """Refuses with ``FieldForbidden`` a rule that reads personal data."""
    for name in sorted(personal_fields(rule, terms)):
        raise forbidden(name)


def forbidden(name: str) -> Refused:
    """The refusal of a field."""
    return Refused(FieldForbidden(path=(name,), name=name))
