"""Merging customers: a correction of identity.  Whatever was of the losers is, and always was, of the winner."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import orjson
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.customer import Customer
from domain.customers.fill import fill
from domain.customers.locked import lock_customers
from domain.customers.merged import CustomerMerge
from domain.customers.owned import Owned, moved
from domain.events import EventTopic, announce
from domain.refusal import NotFound, ProblemCode, Refused, VersionConflict, invalid
from domain.staging import statement
from domain.words import Says, Words

MOST_LOSERS = 50
Losers = Annotated[list[UUID], Says(Words("losers", "被合并的客户"), "1 to 50, none of them the winner.")]


async def customer_merge(
    session: AsyncSession,
    winner: Annotated[UUID, Says(Words("winner", "保留的客户"), "Stays.")],
    losers: Losers,
    if_version: int | None = None,
    *,
    now: datetime,
    actor: str,
) -> tuple[Customer, bool]:
    """Merge customers that are the same person or organisation into one.

    Orders, returns, interactions, answers, references and lists become the winner's, at every moment of the past, too.
    From now on it has what it lacked and a loser has, and all tags; what it was before stays in its history.  A
    loser's id means the winner.  Those merged already are left alone.  Refuses with Invalid, NotFound, VersionConflict.
    """
    _check(winner, losers)
    found = await lock_customers(session, [winner, *losers])
    for place, id_ in ((("winner",), winner), *((("losers", str(n)), id_) for n, id_ in enumerate(losers))):
        if id_ not in found:
            raise Refused(NotFound(path=place))
    kept = found[winner]
    if if_version is not None and if_version != kept.version:
        raise Refused(VersionConflict(path=("ifVersion",), current=kept.version, yours=if_version))
    others = {found[id_].id: found[id_] for id_ in losers if found[id_] is not kept}
    for loser in others.values():
        await _merge(session, kept, loser, now, actor)
    if others:
        kept.version += 1
        kept.updated_at = max(kept.updated_at, now)
        await session.flush()
        announce(session, EventTopic.CUSTOMER_MERGED, kept.id, now, losers=[str(id_) for id_ in others])
    return kept, False


def _check(winner: UUID, losers: list[UUID]) -> None:
    if not 1 <= len(losers) <= MOST_LOSERS:
        raise invalid(
            "losers",
            f"Name 1 to {MOST_LOSERS} customers.",
            f"请指定 1 至 {MOST_LOSERS} 个客户。",
            ProblemCode.OUT_OF_RANGE,
        )
    if winner in losers:
        place = ("losers", str(losers.index(winner)))
        raise invalid(place, "This is the winner itself.", "该客户就是要保留的客户。", ProblemCode.DUPLICATE)


async def _merge(session: AsyncSession, winner: Customer, loser: Customer, now: datetime, actor: str) -> None:
    """All of it, with what undoing it needs."""
    rows = {}
    for one in moved():
        keys = await session.scalar(_move(one), {"winner": winner.id, "loser": loser.id})
        if keys is not None:
            rows[one.place] = orjson.loads(keys)
    changes = await fill(session, winner, loser, now, actor)
    record = CustomerMerge(
        id=new_id(now), winner_id=winner.id, loser_id=loser.id, moved=rows, changes=[str(id_) for id_ in changes],
        registered_before=winner.registered_at, merged_at=now, actor=actor,
    )  # fmt: skip
    session.add(record)
    winner.registered_at = min(winner.registered_at, loser.registered_at)
    loser.merged_into = winner.id
    loser.version += 1
    loser.updated_at = max(loser.updated_at, now)
    await session.flush()


@cache
def _move(one: Owned) -> TextClause:
    """Make the loser's rows the winner's; what the winner has already and can have only once stays.  Their keys."""
    name, column = one.table.name, one.column.name
    rivals = "".join(
        f""" AND NOT (({where}) AND EXISTS (SELECT 1 FROM (SELECT * FROM {name} WHERE {where}) AS o WHERE
            {" AND ".join((f"o.{column} = :winner", *(f"o.{other} = m.{other}" for other in others)))}))"""
        for others, where in one.rivals()
    )
    return statement(f"""
        WITH moved AS (
            UPDATE {name} AS m SET {column} = :winner WHERE m.{column} = :loser{rivals}
            RETURNING {", ".join(f"m.{key}" for key in one.key)}
        ) SELECT CAST(jsonb_agg(to_jsonb(moved)) AS text) FROM moved""")


def rows_of(record: CustomerMerge, one: Owned) -> list[Any]:
    """The keys of the rows that a merge moved."""
    found: list[Any] = record.moved.get(one.place, [])
    return found
