"""A customer's scores: those of the customer alone are computed, by bounds that are found once for all customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import Integer, Select, Text, cast, func, literal, select, true

from domain.customers.customer import Customer
from domain.orders.conditions.filters import ANY_ORDER
from domain.orders.conditions.sources import ORDERS
from domain.orders.measures import AMOUNT
from domain.orders.rfm.config import RfmConfig
from domain.orders.rfm.scores import MEASURES, by_bounds, cuts, labelled
from domain.rules.facts import Aggregate
from domain.rules.issues import refused, unknown
from domain.rules.metrics import metric_of
from domain.rules.moment import Moment
from domain.rules.normal import TRUE
from domain.rules.plan import Plan
from domain.rules.scoring import SCORES, Scoring, equal_parts
from domain.rules.terms import Terms
from domain.time import Clock
from domain.words import Says, Words


@dataclass(frozen=True)
class RfmScore:
    """How recently, how often and for how much a customer ordered, as scores from 1 (worst)."""

    recency: Annotated[int, Says(Words("score by days since the last order", "近度评分"))]
    frequency: Annotated[int, Says(Words("score by number of orders", "频度评分"))]
    monetary: Annotated[int, Says(Words("score by net spend", "额度评分"))]
    code: Annotated[str, Says(Words("the three scores", "评分组合"), "545; with dashes where scores go up to 10.")]
    last_order_at: Annotated[datetime, Says(Words("last order in the window", "窗口内末单时间"))]
    orders: Annotated[int, Says(Words("orders in the window", "窗口内订单数"))]
    spend: Annotated[Decimal, Says(Words("net spend in the window", "窗口内净消费额"), "In the base currency.")]


def rfm_configs() -> Select[RfmConfig]:
    """The merchant's ways to score, by key."""
    return select(RfmConfig).order_by(RfmConfig.key.collate("C"))


def rfm_of(
    customer: type[Customer],
    config: Annotated[
        str | None, Says(Words("configuration", "配置"), "Its id or key; quintiles of all time when left out.")
    ] = None,
    *,
    terms: Terms,
    clock: Clock,
) -> Select[RfmScore]:
    """The customer's scores beside all others; null of whoever did not order in the window."""
    scoring = _scoring(config, terms)
    person = Customer.__table__.alias("scored")
    metrics = [metric_of(by, terms).made(scoring.window, scoring.clock) for by, _ in MEASURES]
    last = Aggregate(ORDERS, "max", None, ANY_ORDER.matches(), scoring.window, scoring.clock)
    plan = Plan(TRUE, person, Moment.of(clock), terms, also=(*metrics, last))
    values = [plan.value(metric) for metric in metrics]
    bounds = cuts(scoring, plan)
    scores = [
        by_bounds(value, bound, fewer).label(name)
        for value, bound, (_, fewer), name in zip(values, bounds, MEASURES, SCORES, strict=True)
    ]
    scored = select(*scores).correlate_except().lateral("scores")  # it has no rows of its own
    found = [scored.c[name] for name in SCORES]
    between = "" if max(scale.parts for scale in scoring.scales) < 10 else "-"
    labels = scoring.labels or ()
    columns: tuple[Any, ...] = (
        *found,
        func.concat_ws(literal(between, Text()), *found, type_=Text()).label("code"),
        func.nullif(labelled(scoring, found, [one.en or one.zh or "" for one in labels]), "").label("label_en"),
        func.nullif(labelled(scoring, found, [one.zh or one.en or "" for one in labels]), "").label("label_zh"),
        plan.value(last).label("last_order_at"),
        cast(values[1], Integer).label("orders"),
        cast(values[2], AMOUNT).label("spend"),
    )
    return (
        select(*columns)
        .select_from(plan.joined.join(scored, true()))
        .where(person.c.id == customer.id, values[0].is_not(None))
    )


def _scoring(config: str | None, terms: Terms) -> Scoring:
    if config is None:
        return equal_parts(5)
    id_ = terms.rfm_id(config)
    if id_ is None:
        raise refused(unknown("config", config, [each.key for each in terms.rfm.values()]))
    return terms.rfm[id_].scoring
