"""Customers looked at, each as of an instant of its own: whether the rule holds, and when to look again.

One statement for all watches of a round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, column, func, literal, null, select, true, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import Customer
from domain.rules.moment import INSTANT
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.segments.flip import next_flip
from domain.segments.members import is_member
from domain.time import Clock

_WHO = Customer.__table__.alias("who")


@dataclass(frozen=True, slots=True)
class Look:
    """What is asked for one watch: a rule, of customers, each at its instant; ``ahead``: when to look again, too.

    ``past``: some of the instants are so long ago that data may have changed since.
    """

    rule: Rule
    customers: Sequence[UUID]
    at: Sequence[datetime]
    ahead: bool = True
    past: bool = False


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
    pair = pairs.table_valued(column("customer", Uuid()), column("at", INSTANT)).render_derived(name=f"asked_{n}")
    then = replace(clock, now=pair.c.at)
    number = literal(n, Integer()).label("n")
    if not look.ahead:
        member = is_member(pair.c.customer, look.rule, terms=terms, clock=then).label("member")
        return select(number, pair.c.customer.label("id"), member, type_coerce(null(), INSTANT).label("next_at"))
    flip = next_flip(look.rule, _WHO, terms=terms, clock=then, past=look.past)
    whom = pair.join(_WHO, _WHO.c.id == pair.c.customer).join(flip, true())
    # Of one with very many instants, the last that was looked at: from there on it is looked for anew.
    return select(number, _WHO.c.id, flip.c.member, flip.c.looked_until.label("next_at")).select_from(whom)
