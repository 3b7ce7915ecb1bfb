"""Whom a list of names means: as ``customer_by`` tells one, but all of them at once, and of whom the caller reaches."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.presence import there_sql
from domain.customers.reach import reach_of
from domain.customers.read import CustomerBy
from domain.staging import listed, recordset, statement

_WANTED = recordset("wanted", n="int", id="uuid", system="text", value="text", email="text", phone="text")
_OF_REF = "SELECT customer_id FROM customer_external_ref WHERE system = wanted.system AND value = wanted.value"
_BY_KEY = f"c.id = coalesce(wanted.id, ({_OF_REF}))"
_BY_CONTACT = "(c.email = wanted.email OR c.phone = wanted.phone)"


@cache
def _found(where: str, column: str | None) -> TextClause:
    """The winner of a merged one, nobody if gone, the oldest if several share a contact.

    ``column``: that tells whom the caller reaches.  Others are not even passed over: the oldest is the oldest reached.
    """
    mine = "AND {}." + f"{column} = CAST(:mine AS text)" if column else ""
    return statement(f"""
        SELECT wanted.n, CAST(winner.id AS text) AS id FROM {_WANTED} CROSS JOIN LATERAL (
            SELECT coalesce(c.merged_into, c.id) AS id FROM customer AS c
            WHERE {where} AND {there_sql("c")} {mine.format("c")} ORDER BY c.registered_at, c.id LIMIT 1
        ) AS named JOIN customer AS winner ON winner.id = named.id AND {there_sql("winner")} {mine.format("winner")}""")


async def customers_named(session: AsyncSession, names: Collection[CustomerBy]) -> dict[CustomerBy, UUID]:
    """Name → customer, without those that mean nobody.  Names are as they are compared."""
    asked = list(dict.fromkeys(names))
    contacts = {n for n, by in enumerate(asked) if by.email is not None or by.phone is not None}
    reach = reach_of(session)
    mine = {"mine": reach.value} if reach else {}
    found: dict[CustomerBy, UUID] = {}
    for where, numbers in ((_BY_KEY, set(range(len(asked))) - contacts), (_BY_CONTACT, contacts)):
        if numbers:
            wanted = listed(_row(n, asked[n]) for n in sorted(numbers))
            how = _found(where, reach.column if reach else None)
            for n, id_ in await session.execute(how, {"wanted": wanted, **mine}):
                found[asked[n]] = UUID(id_)
    return found


def _row(n: int, by: CustomerBy) -> dict[str, Any]:
    ref = by.external_ref
    named = {"system": ref and ref.system, "value": ref and ref.value}
    return {"n": n, "id": by.id, "email": by.email, "phone": by.phone, **named}
