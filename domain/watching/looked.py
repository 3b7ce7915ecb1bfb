"""Customers looked at, each as of an instant of its own: whether the rule holds, and when to look again.

One statement for all watches of a round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, func, literal, null, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.rules.moment import INSTANT
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.segments.members import is_member
from domain.time import Clock


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked for one watch: a rule, of customers, each at its instant; ``ahead``: when to look again, too."""

    rule: Rule
    customers: Sequence[UUID]
    at: Sequence[datetime]
    ahead: bool = True


class Seen(NamedTuple):
    """What was found of one of them."""

    member: bool
    next_at: datetime | None


async def looked(session: AsyncSession, looks: Sequence[Look], terms: Terms, clock: Clock) -> list[dict[UUID, Seen]]:
    """What is found, for each of the looks."""
    found: list[dict[UUID, Seen]] = [{} for _ in looks]
    asked = [_asked(n, look, terms, clock) for n, look in enumerate(looks) if look.customers]
    if asked:
        for n, customer, member, next_at in await session.execute(union_all(*asked)):
            found[n][customer] = Seen(member, next_at)
    return found


def _asked(n: int, look: Look, terms: Terms, clock: Clock) -> Any:
    pairs = func.unnest(literal(list(look.customers), ARRAY(Uuid())), literal(list(look.at), ARRAY(INSTANT)))
    pair = pairs.table_valued("customer", "at").render_derived(name=f"asked_{n}").c
    customer, at = type_coerce(pair.customer, Uuid()), type_coerce(pair.at, INSTANT)
    then = Clock(now=at, zone=clock.zone, week_start=clock.week_start, fiscal_year_start=clock.fiscal_year_start)
    member = is_member(customer, look.rule, terms=terms, clock=then)
    return select(
        literal(n, Integer()).label("n"), customer.label("customer"), member.label("member"),
        type_coerce(null(), INSTANT).label("next_at"),
    )  # fmt: skip
