"""When memberships change by themselves, why, and since when they are as they are: of many customers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Uuid,
    any_,
    case,
    literal,
    null,
    select,
    true,
    type_coerce,
    union_all,
)

from domain.customers.customer import Customer
from domain.rules.moment import INSTANT, MICROSECOND
from domain.rules.normal import Literal
from domain.rules.terms import Terms
from domain.rules.text.printer import description_of
from domain.rules.tree import Rule
from domain.rules.turns import NoInstants
from domain.segments.flip import MOST_INSTANTS, held, leaves, next_flip, since_when
from domain.segments.inspect import Fetch
from domain.time import Clock
from domain.words import Says, Words

_WHO = Customer.__table__.alias("whose")
_ASKED = {"next_flip", "since"}
_NEVER = Words("Within 50 years nothing changes it by the passing of time alone.", "50 年内不会仅因时间推移而改变。")
_TOO_MANY = Words(
    f"None of the next {MOST_INSTANTS} instants at which it might change does; there are more.",
    f"接下来的 {MOST_INSTANTS} 个可能时刻均无变化，其后还有更多。",
)
_KNOWN = Words("the customer becomes known", "客户建档")
# By whether the condition or its negation is asked, and whether that begins to hold or ceases to.
_TURNS = {
    (False, True): Words("“{}” becomes true", "“{}”开始成立"),
    (False, False): Words("“{}” is no longer true", "“{}”不再成立"),
    (True, True): Words("“{}” becomes false", "“{}”变为不成立"),
    (True, False): Words("“{}” is no longer false", "“{}”不再是不成立"),
}


@dataclass(frozen=True, slots=True)
class PredictedFlip:
    """When a membership changes by the passing of time alone, if nothing else happens."""

    at: Annotated[datetime | None, Says(Words("instant", "时刻"), "When null, see reason.")]
    to: Annotated[bool | None, Says(Words("whether the customer is a member then", "届时是否为成员"))]
    why: Words | None = None
    turned: tuple[tuple[Literal, bool], ...] = ()
    terms: Terms | None = None

    def cause(self, locale: str = "en") -> str | None:
        """Which conditions turn then; null of what does not change."""
        if self.at is None or self.terms is None:
            return None
        told = [
            _TURNS[leaf.negated, holds].of(locale).format(description_of(leaf.condition, self.terms, locale))
            for leaf, holds in {leaf.condition: (leaf, holds) for leaf, holds in self.turned}.values()
        ]
        return Words("; ", "；").of(locale).join(told) or _KNOWN.of(locale)

    def reason(self, locale: str = "en") -> str | None:
        """Why there is no instant; null where there is one."""
        return self.why and self.why.of(locale)


class Ahead(NamedTuple):
    """What is told of a customer and a segment, as far as that was asked."""

    next_flip: PredictedFlip | None = None
    since: datetime | None = None


NOTHING = Ahead()


async def ahead(
    fetch: Fetch,
    rules: Mapping[UUID, Rule],
    customer_ids: Sequence[UUID],
    selected: frozenset[str],
    *,
    terms: Terms,
    clock: Clock,
) -> dict[tuple[UUID, UUID], Ahead]:
    """By customer and segment: the next flip and since when, if ``selected``; one statement for all of them."""
    made: dict[tuple[UUID, UUID], Ahead] = {}
    asked: dict[int, tuple[UUID, Select[Any]]] = {}
    for n, (segment, rule) in enumerate(rules.items() if selected & _ASKED else ()):
        await asyncio.sleep(0)  # one by one, so that others are answered in between
        try:
            asked[n] = segment, _asked(n, rule, customer_ids, selected, terms, clock)
        except NoInstants as unknown:
            made |= {(id_, segment): Ahead(PredictedFlip(None, None, unknown.reason)) for id_ in customer_ids}
    rows = await fetch(union_all(*(query for _, query in asked.values()))) if asked else ()
    for row in rows:
        segment, _ = asked[row["n"]]
        made[row["id"], segment] = Ahead(_flip(row, leaves(rules[segment], terms), terms), row["since"])
    return made


def _asked(
    n: int, rule: Rule, ids: Sequence[UUID], selected: frozenset[str], terms: Terms, clock: Clock
) -> Select[Any]:
    joined: Any = _WHO
    shown = {"member": _null(Boolean()), "at": _null(INSTANT), "capped": _null(Boolean()), "since": _null(INSTANT)}
    shown |= {"was": _null(ARRAY(Boolean())), "will": _null(ARRAY(Boolean()))}
    if "next_flip" in selected:
        flip = next_flip(rule, _WHO, terms=terms, clock=clock)
        joined = joined.join(flip, true())
        shown |= {"member": flip.c.member, "at": flip.c.at, "capped": flip.c.capped}
        if "next_flip.cause" in selected:
            for name, at in (("was", flip.c.at - MICROSECOND), ("will", flip.c.at)):
                holds = held(rule, _WHO, terms=terms, clock=replace(clock, now=at))
                shown[name] = case((flip.c.at.is_not(None), holds))
    if "since" in selected:
        since = since_when(rule, _WHO, terms=terms, clock=clock)
        joined = joined.join(since, true())
        shown["since"] = since.c.at
    named = (value.label(name) for name, value in shown.items())
    these = _WHO.c.id == any_(literal(list(ids), ARRAY(Uuid())))
    return select(literal(n, Integer()).label("n"), _WHO.c.id, *named).select_from(joined).where(these)


def _flip(row: Any, asked: Sequence[Literal], terms: Terms) -> PredictedFlip:
    if row["at"] is None:
        return PredictedFlip(None, None, _TOO_MANY if row["capped"] else _NEVER)
    turned = zip(asked, row["was"] or (), row["will"] or (), strict=False)
    told = tuple((leaf, will) for leaf, was, will in turned if was is not will)
    return PredictedFlip(row["at"], not row["member"], None, told, terms)


def _null(type_: Any) -> ColumnElement[Any]:
    return type_coerce(null(), type_)
