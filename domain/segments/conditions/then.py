"""Membership of another segment in the past, and coming and going: what a reference means that is not about now.

By the rule of today and what was so then: the referenced rule is asked as of an instant, of the tables as they were.
Who was not registered yet is not in them; who is merged or gone today, whoever asks leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Interval,
    Select,
    Uuid,
    column,
    exists,
    func,
    literal_column,
    not_,
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
from domain.rules.moment import MICROSECOND, ClockZone, Moment
from domain.rules.normal import Form
from domain.rules.plan import Plan
from domain.rules.terms import Terms
from domain.rules.turns import Reading, each_of, once_ago, window_turns
from domain.rules.window import ALL_TIME, Window, bounds
from domain.time import Duration

if TYPE_CHECKING:
    from domain.segments.conditions.segment import InSegment

_ONE = literal_column("1", Integer())
ZONE = BuiltIn("timezone")  # may have been another
FAR: ColumnElement[Any] = literal_column("interval '50 years'", Interval())  # so far anniversaries are looked for


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
        """So long after the customer came or went: nothing happens then."""
        if reading.only_events:
            return []
        back = reading.moment.shifted
        since, until = (back(at, self.ago, back=True) for at in (reading.since, reading.until))
        found = _comings(self.form, customer, replace(reading, since=since, until=until), terms)
        return [each_of(once_ago(found.c.at, self.ago, reading.moment), found)]


class Turn(StrEnum):
    """What may have happened to a membership."""

    BEGAN = "BEGAN"
    ENDED = "ENDED"
    WAS = "WAS"


@dataclass(frozen=True, slots=True)
class Once(Asked):
    """Whether the customer came into a segment in a window, or left it, or was in it at all.

    Memberships begin and end at instants that can be told; each is looked at, with the microsecond before.
    """

    form: Form
    turn: Turn
    window: Window = ALL_TIME
    cost: ClassVar = 200.0

    def found(self, plan: Plan) -> ColumnElement[bool]:
        """An EXISTS over those instants."""
        moment, id_ = plan.moment, plan.customer.c.id
        reading = Reading(moment, moment.now - FAR, moment.now)
        found = _comings(self.form, plan.customer, reading, plan.terms)
        at = found.c.at
        within = [at <= moment.now, *bounds(self.window, at, moment)]
        now = was(self.form, id_, moment, at, plan.terms)
        before = was(self.form, id_, moment, at - MICROSECOND, plan.terms)
        turned = {Turn.BEGAN: [now, not_(before)], Turn.ENDED: [before, not_(now)], Turn.WAS: [now]}[self.turn]
        return exists(_ONE).select_from(found).where(*within, *turned).correlate_except(found)

    def instants(self, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
        """Those instants, as the window comes to them and leaves them behind."""
        found = _comings(self.form, customer, replace(reading, since=reading.since - FAR), terms)
        passed = [] if reading.only_events else window_turns(self.window, found.c.at, reading.moment)
        return [each_of([found.c.at, *passed], found)]


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


def _comings(form: Form, customer: FromClause, reading: Reading, terms: Terms) -> FromClause:
    """``at``: every instant at which a customer of an enclosing statement may come or go, by data of the past, too."""
    known = select(customer.c.registered_at.label("at")).correlate_except()
    return union(known, *instants(form, customer, replace(reading, zone=ZONE), terms)).subquery()
