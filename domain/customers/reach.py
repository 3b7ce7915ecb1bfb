"""Whom a caller reaches: all customers, or those of a member's own, department or store.

What such a caller reads is narrowed as a whole statement (``shadows``): a common table expression hides the table of
its name from all that follows, so no question can leave the restriction out.  Who writes asks here whom it may touch.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import Customer
from domain.events import announced
from domain.refusal import NotFound, ProblemCode, Refused, invalid

_REACH = "whom the caller reaches"
OWNING = "customer_id"  # a column of this name says whose a row is
NAMING, LISTING = (OWNING, "loser"), ("losers",)  # in payloads of events: ids of customers, and lists of them


class CustomerScope(StrEnum):
    """Which customers a caller reaches, with all that is theirs: a member's own, of its department or store, or all."""

    OWN = "OWN"
    DEPARTMENT = "DEPARTMENT"
    STORE = "STORE"
    ALL = "ALL"


# Of each: the column of the customer, and the column of the member that it must equal.
SAME = {
    CustomerScope.OWN: ("owner", "code"),
    CustomerScope.DEPARTMENT: ("department", "department"),
    CustomerScope.STORE: ("store", "store"),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """The customers whose ``column`` has a value; nobody, where there is none."""

    column: str
    value: str | None


def restrict(session: AsyncSession, reach: Reach) -> None:
    """The session writes for a caller that reaches only these."""
    session.info[_REACH] = reach


def reach_of(session: AsyncSession) -> Reach | None:
    """Whom the session's caller reaches; null: everybody."""
    found: Reach | None = session.info.get(_REACH)
    return found


async def reached(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of the customers that the session's caller reaches.  To it the others do not exist."""
    reach = reach_of(session)
    if reach is None or not ids:
        return set(ids)
    if reach.value is None:
        return set()
    mine = getattr(Customer, reach.column) == reach.value
    return set(await session.scalars(select(Customer.id).where(Customer.id.in_(ids), mine)))


async def check_stays(session: AsyncSession, customer: UUID) -> None:
    """Refuses with Invalid what would put a customer out of the caller's own reach."""
    reach = reach_of(session)
    if reach is not None and not await reached(session, {customer}):
        words = "You would not reach the customer any more.", "保存后您将无法再访问该客户。"
        raise invalid(("input", reach.column), *words, ProblemCode.FORBIDDEN)


async def check_reach(session: AsyncSession) -> None:
    """Refuses with NotFound when an event tells that something was done to a customer out of reach.

    The last thing before the commit: whatever a write forgot to ask, nothing comes of it.
    """
    if reach_of(session) is None:
        return
    touched = {UUID(str(of)) for event in announced(session) for of in _customers_of(event)}
    await session.flush()
    if touched - await reached(session, touched):
        raise Refused(NotFound())


def _customers_of(event: Mapping[str, Any]) -> list[Any]:
    payload = event["payload"]
    named = [payload[name] for name in NAMING if payload.get(name)]
    named += [id_ for name in LISTING for id_ in payload.get(name, [])]
    return [*named, event["subject_id"]] if event["topic"].startswith(("CUSTOMER_", "CONSENT_")) else named


def shadows(metadata: MetaData) -> dict[str, str]:
    """Table → SQL condition of the rows that are of customers reached, for every table whose rows are anybody's.

    Each may rely on those before it.  That of the customer itself depends on the caller and is not among them.
    """
    made: dict[str, str] = {}
    for table in metadata.sorted_tables:
        if table.name == Customer.__tablename__:
            continue
        direct = [c.name for c in table.columns if c.name == OWNING or _refers(c, {Customer.__tablename__})]
        through = [(c.name, *_target(c)) for c in table.columns if not c.nullable and _refers(c, made)]
        if direct:
            made[table.name] = " AND ".join(_exists("customer", "id", table.name, name) for name in direct)
        elif through:
            made[table.name] = " AND ".join(_exists(to, key, table.name, name) for name, to, key in through)
    return made


def _refers(column: Any, tables: Iterable[str]) -> bool:
    return any(key.column.table.name in tables for key in column.foreign_keys)


def _target(column: Any) -> tuple[str, str]:
    (key,) = column.foreign_keys
    return key.column.table.name, key.column.name


def _exists(to: str, key: str, table: str, column: str) -> str:
    return f"EXISTS (SELECT FROM {to} AS _of WHERE _of.{key} = {table}.{column})"
