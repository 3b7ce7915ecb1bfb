"""Membership of another segment in the past: what a reference means that does not ask about now.

By the rule of today and what was so then: the referenced rule is asked as of an instant, of the tables as they were.
Who was not registered yet is not in them; who is merged or gone today, whoever asks leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Uuid,
    column,
    exists,
    func,
    literal_column,
    select,
    union,
)

from domain.customers.conditions.fields import BuiltIn
from domain.customers.customer import Customer
from domain.past import AsOf
from domain.rules.facts import Asked
from domain.rules.grouped import Shape
from domain.rules.instants import instants
from domain.rules.issues import RuleIssue
from domain.rules.moment import ClockZone, Moment
from domain.rules.normal import Form
from domain.rules.plan import Plan
from domain.rules.terms import Terms
from domain.rules.turns import Reading, each_of, once_ago
from domain.time import Duration

if TYPE_CHECKING:
    from domain.segments.conditions.segment import InSegment

_ONE = literal_column("1", Integer())
ZONE = BuiltIn("timezone")  # may have been another


@dataclass(frozen=True, slots=True)
class Then(Asked):
    """Whether the customer was a member so long ago."""

    form: Form
    ago: Duration
    cost: ClassVar = 60.0  # more than any scan: asked last

    def found(self, plan: Plan) -> ColumnElement[bool]:
        """Of a candidate by its id; of a whole tenant all who were members are found at once."""
        at = plan.moment.before(self.ago)
        if plan.shape is Shape.EACH:
            return was(self.form, plan.customer.c.id, plan.moment, at, plan.terms)
        who = Customer.__table__.alias()
        then = replace(plan.moment, now=at)
        inner = Plan(self.form, who, then, plan.terms, shape=Shape.ALL)
        ids = select(who.c.id).select_from(inner.joined).where(*inner.where)
        alone = ids.correlate_except(inner.joined).scalar_subquery()
        members = func.unnest(AsOf(func.array(alone, type_=ARRAY(Uuid())), at))
        each = members.table_valued(column("id", Uuid())).render_derived()
        return exists(_ONE).select_from(each).where(each.c.id == plan.customer.c.id).correlate_except(each)

    def instants(self, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
        """So long after whatever may have made somebody a member, or none: only time brings it here."""
        if reading.only_events:
            return []
        moment = reading.moment
        since, until = (moment.shifted(at, self.ago, back=True) for at in (reading.since, reading.until))
        then = replace(reading, since=since, until=until, zone=ZONE)
        known = select(customer.c.registered_at.label("at")).correlate_except()
        found = union(known, *instants(self.form, customer, then, terms)).subquery()
        return [each_of(once_ago(found.c.at, self.ago, moment), found)]


@dataclass(frozen=True, slots=True)
class InThePast:
    """What a reference ``of`` says of the past: a fact that is true or false."""

    keyword: ClassVar = "segment"
    certain: ClassVar = True
    clock: ClassVar = ClockZone.TENANT
    of: InSegment
    fact: Asked

    def facts(self, terms: Terms) -> Mapping[str, Asked]:
        """Whether it was so."""
        del terms
        return {"member": self.fact}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """That."""
        del moment
        return facts["member"]

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """Nothing is ever wrong with it."""
        del terms
        yield from ()

    def shown(self, terms: Terms) -> InSegment:
        """As texts name it."""
        return self.of.shown(terms)


def was(
    form: Form, id_: ColumnElement[Any], moment: Moment, at: ColumnElement[Any], terms: Terms
) -> ColumnElement[bool]:
    """Whether a customer of an enclosing statement was one of those of whom a form holds, at an instant."""
    who: FromClause = Customer.__table__.alias()
    then = replace(moment, now=at)
    plan = Plan(form, who, then, terms)
    found = exists(_ONE).select_from(plan.joined).where(who.c.id == id_, *plan.where)
    return AsOf(found.correlate_except(plan.joined), at)
