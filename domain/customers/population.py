"""Customers one beside another: their places by metrics, among those of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, func, select, true

from domain.customers.customer import Customer
from domain.customers.presence import there
from domain.rules.facts import Asked
from domain.rules.grouped import Shape
from domain.rules.metrics import MetricKey, metric_of
from domain.rules.moment import ClockZone, Moment
from domain.rules.normal import TRUE, normal
from domain.rules.plan import Plan
from domain.rules.tree import Rule
from domain.rules.window import Window


class TieRule(StrEnum):
    """Where customers with the same value stand: all at the best place, all at the worst, or one after another."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"
    BY_ID = "BY_ID"


def known_by(customer: Any, moment: Moment) -> list[ColumnElement[bool]]:
    """Customers registered by now, neither merged nor gone."""
    # Not ``<=``: of an instant that it does not know PostgreSQL expects a third of the rows, finds its general plan
    # three times too dear, and plans again at each call, which costs as much as reading a page.
    known = (customer.registered_at > moment.now).is_not(true())
    return [known, customer.merged_into.is_(None), *there(customer)]


@dataclass(frozen=True, slots=True)
class Standing:
    """An order of customers by one metric: ``largest`` first, or the smallest."""

    by: MetricKey
    largest: bool
    ties: TieRule = TieRule.INCLUDE
    placed: bool = True  # whether the place is wanted, not the value alone

    def place(self, value: ColumnElement[Any], id_: ColumnElement[Any]) -> ColumnElement[Any]:
        """From 1."""
        order = value.desc() if self.largest else value.asc()
        match self.ties:
            case TieRule.INCLUDE:
                return func.rank().over(order_by=order)
            case TieRule.EXCLUDE:
                return func.count().over(order_by=order)
        return func.row_number().over(order_by=(order, id_))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The places of all who satisfy a rule and have a value of every metric."""

    standings: tuple[Standing, ...]
    window: Window
    clock: ClockZone
    population: Rule | None = None
    valued: bool = False  # whether the values are wanted too

    def table(self, plan: Plan) -> CTE:
        """``id``, ``place_0`` …, ``size``, ``value_0`` ….  Made once, for it has nothing of the plan's customer."""
        customer = Customer.__table__.alias()
        form = TRUE if self.population is None else normal(self.population, plan.terms)
        metrics = [metric_of(standing.by, plan.terms).made(self.window, self.clock) for standing in self.standings]
        shape = Shape.ALL if self.population is None else Shape.EACH
        inner = Plan(form, customer, plan.moment, plan.terms, also=metrics, shape=shape)
        values = [inner.value(metric) for metric in metrics]
        valued = (
            select(customer.c.id, *(value.label(f"value_{n}") for n, value in enumerate(values)))
            .select_from(inner.joined)
            .where(*known_by(customer.c, plan.moment), *inner.where)
            .correlate_except(inner.joined)
            .subquery("valued")
        )
        found = [valued.c[f"value_{n}"] for n in range(len(values))]
        pairs = list(enumerate(zip(self.standings, found, strict=True)))
        places = [each.place(value, valued.c.id).label(f"place_{n}") for n, (each, value) in pairs if each.placed]
        kept = [value for value in found if self.valued]
        ranked = select(valued.c.id, func.count().over().label("size"), *places, *kept).where(
            and_(*(value.is_not(None) for value in found))
        )
        return ranked.cte().prefix_with("MATERIALIZED")


@dataclass(frozen=True, slots=True)
class Ranked(Asked):
    """A column of a ranking, of the customer's own line; null when there is none."""

    ranking: Ranking
    column: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The metrics that customers are ordered by."""
        return tuple(standing.by.name for standing in self.ranking.standings)

    def found(self, plan: Plan) -> ColumnElement[Any]:
        """The value; what it is read from is joined once."""
        table: FromClause = plan.table(self.ranking, partial(self.ranking.table, plan))
        return table.c[self.column]
