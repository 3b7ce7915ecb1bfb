"""Customers who may be the same: who shares a phone, an e-mail, or a name with a birthday or a city."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import array

from domain.customers.customer import Customer
from domain.customers.grams import folded
from domain.customers.population import known_by
from domain.rules.moment import Moment
from domain.time import Clock
from domain.words import Says, Words

MOST = 250
FEW = 20  # of one customer
_HUNDRED = literal_column("100", Integer())


class DuplicateReason(StrEnum):
    """What two customers share."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    NAME_AND_BIRTHDAY = "NAME_AND_BIRTHDAY"
    NAME_AND_CITY = "NAME_AND_CITY"


# How sure each is, of 100; several add up.
WEIGHTS = {
    DuplicateReason.EMAIL: 60,
    DuplicateReason.PHONE: 60,
    DuplicateReason.NAME_AND_BIRTHDAY: 50,
    DuplicateReason.NAME_AND_CITY: 25,
}


def _shared(customer: Any) -> dict[DuplicateReason, list[ColumnElement[Any]]]:
    """The values of a customer that must be equal for each reason; null ones never are."""
    name = folded(customer.display_name)
    return {
        DuplicateReason.EMAIL: [customer.email],
        DuplicateReason.PHONE: [customer.phone],
        DuplicateReason.NAME_AND_BIRTHDAY: [name, customer.birth_date],
        DuplicateReason.NAME_AND_CITY: [name, customer.city],
    }


def duplicates_of(customer: type[Customer], *, clock: Clock) -> Select[Any]:
    """Other customers who may be the same as this one, the surest first; at most 20."""
    other = Customer.__table__.alias("other")
    mine, theirs = _shared(customer), _shared(other.c)
    same = {
        reason: and_(*(one == two for one, two in zip(theirs[reason], mine[reason], strict=True))) for reason in mine
    }
    none = literal_column("0", Integer())
    points = [
        case((test, literal_column(str(WEIGHTS[reason]), Integer())), else_=none) for reason, test in same.items()
    ]
    score = func.least(_HUNDRED, sum(points[1:], points[0]), type_=Integer())
    named = [case((test, literal_column(f"'{reason}'", Text()))) for reason, test in same.items()]
    reasons = func.array_remove(array(named), literal_column("NULL"))
    return (
        select(other.c.id, score.label("score"), type_coerce(reasons, ARRAY(Text())).label("reasons"))
        .where(other.c.id != customer.id, or_(*same.values()), *known_by(other.c, Moment.of(clock)))
        .order_by(score.desc(), other.c.id)
        .limit(FEW)
        .correlate_except(other)
    )


def duplicate_candidates(
    most: Annotated[int, Says(Words("at most so many pairs", "最多对数"), "1 to 250.")] = 50, *, clock: Clock
) -> Select[Any]:
    """Pairs of customers who may be the same, the surest first.

    Of several who share something, each is paired with the one who is known longest: the one to keep.
    """
    moment = Moment.of(clock)
    found = []
    for reason, values in _shared(Customer.__table__.c).items():
        who = Customer.__table__.c
        oldest = func.first_value(who.id).over(partition_by=values, order_by=(who.registered_at, who.id))
        each = (
            select(who.id.label("other_id"), oldest.label("first_id"))
            .where(*(value.is_not(None) for value in values), *known_by(who, moment))
            .subquery()
        )
        weight, name = literal_column(str(WEIGHTS[reason]), Integer()), literal_column(f"'{reason}'", Text())
        pair = select(each.c.first_id, each.c.other_id, weight.label("weight"), name.label("reason"))
        found.append(pair.where(each.c.first_id != each.c.other_id))
    pairs = union_all(*found).subquery("pairs")
    score = func.least(_HUNDRED, func.sum(pairs.c.weight), type_=Integer())
    return (
        select(
            pairs.c.first_id,
            pairs.c.other_id,
            score.label("score"),
            type_coerce(func.array_agg(pairs.c.reason), ARRAY(Text())).label("reasons"),
        )
        .group_by(pairs.c.first_id, pairs.c.other_id)
        .order_by(score.desc(), pairs.c.first_id, pairs.c.other_id)
        .limit(func.least(func.greatest(most, literal_column("1")), literal_column(str(MOST))))
    )


def candidate_of(duplicate: type[Any]) -> Select[Customer]:
    """The other customer."""
    return select(Customer).where(Customer.id == duplicate.id)


def first_of(pair: type[Any]) -> Select[Customer]:
    """The one who is known longer."""
    return select(Customer).where(Customer.id == pair.first_id)


def other_of(pair: type[Any]) -> Select[Customer]:
    """The other one."""
    return select(Customer).where(Customer.id == pair.other_id)
