"""What a key that was made for a member leaves of a statement: the customers of its data scope, and all that is theirs.

``WITH customer AS (SELECT * FROM customer WHERE …)`` hides the table from the statement that follows.  PostgreSQL puts
the condition in place of each reference, so indexes are used as before.  Nothing that asks can forget it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ErrorCode
from api.graph.errors import Closed, Fault
from domain.customers.reach import LISTING, NAMING, SAME, CustomerScope, Reach, restrict, shadows
from domain.events import Event
from domain.log import OF_SEVERAL, SUBJECTS
from domain.members.member import Member
from domain.models import metadata

GONE = Fault(ErrorCode.UNAUTHENTICATED, "The member whose key this is has left.", "该密钥所属的成员已离职。")
HERE = "EXISTS (SELECT FROM member AS _me WHERE _me.id = {me} AND _me.removed_at IS NULL)"


@dataclass(frozen=True, slots=True)
class Confined:
    """A caller that is a member; the compiler's ``Confinement``."""

    member_id: UUID
    data_scope: CustomerScope
    gone: Fault = GONE

    def whole(self, text: str, parameters: int) -> tuple[str, tuple[Any, ...]]:
        """The statement of an operation, which then answers no row once the member has left."""
        return _narrowed(text, self.data_scope, f"${parameters + 1}", gated=True), (self.member_id,)

    def part(self, text: str, parameters: int) -> tuple[str, tuple[Any, ...]]:
        """A further statement of an operation."""
        if self.data_scope is CustomerScope.ALL:
            return text, ()
        return _narrowed(text, self.data_scope, f"${parameters + 1}", gated=False), (self.member_id,)

    async def enter(self, session: AsyncSession) -> None:
        """Restrict a session that writes.  Raises ``Closed`` when the member has left."""
        found = select(Member).where(Member.id == self.member_id, Member.removed_at.is_(None))
        member = await session.scalar(found.with_for_update(read=True))
        if member is None:
            raise Closed(self.gone)
        if self.data_scope is not CustomerScope.ALL:
            column, of_member = SAME[self.data_scope]
            restrict(session, Reach(column, getattr(member, of_member)))


@lru_cache(maxsize=4096)
def _narrowed(text: str, scope: CustomerScope, me: str, *, gated: bool) -> str:
    # As a subquery, which may begin with a WITH of its own; its order stays.
    body = f"SELECT _answer.* FROM ({text}) AS _answer" + (f" WHERE {HERE.format(me=me)}" if gated else "")
    if scope is CustomerScope.ALL:
        return body
    column, of_member = SAME[scope]
    mine = f"SELECT _me.{of_member} FROM member AS _me WHERE _me.id = {me} AND _me.removed_at IS NULL"
    conditions = {"customer": f"customer.{column} = ({mine})", **_named_in(text)}
    made = (
        f"{name} AS NOT MATERIALIZED (SELECT {SHOWN.get(name, '*')} FROM {name} WHERE {test})"
        for name, test in conditions.items()
    )
    return f"WITH {', '.join(made)} {body}"


def _named_in(text: str) -> dict[str, str]:
    """The shadows of the tables that a statement names, and of those they rely on."""
    named: dict[str, str] = {}
    heard = text
    for name, test in reversed(list(SHADOWS.items())):
        if re.search(rf"\b{name}\b", heard):
            named[name], heard = test, f"{heard} {test}"
    return dict(reversed(list(named.items())))


def _of_log(of_customers: Collection[str]) -> str:
    """Condition of the events that are about a row reached, or about something that is nobody's."""
    about: dict[str, list[str]] = {}
    for topic, of in ((topic, of) for topic, of in SUBJECTS.items() if topic not in OF_SEVERAL):
        table = "" if of is None else of.__tablename__
        about.setdefault(table if table in of_customers else "", []).append(f"'{topic}'")
    tests = [f"event.topic IN ({', '.join(about.pop('', ['NULL']))})"]
    for table, topics in about.items():
        found = f"EXISTS (SELECT FROM {table} AS _of WHERE _of.id = event.subject_id)"
        tests.append(f"(event.topic IN ({', '.join(topics)}) AND {found})")
    return " OR ".join(tests)


def _shown_of_log() -> str:
    """The columns of events, without the ids of customers that are not reached: of one, and of those in a list."""
    there = "EXISTS (SELECT FROM customer AS _of WHERE _of.id = {}::uuid)"
    payload = "event.payload"
    for name in NAMING:
        one = f"event.payload ->> '{name}'"
        payload = f"CASE WHEN {there.format(f'({one})')} THEN {payload} ELSE ({payload}) - '{name}' END"
    for name in LISTING:
        kept = (
            f"SELECT _id FROM jsonb_array_elements_text(event.payload -> '{name}') AS _id WHERE {there.format('_id')}"
        )
        few = f"jsonb_set({payload}, '{{{name}}}', to_jsonb(ARRAY({kept})))"
        payload = f"CASE WHEN event.payload ? '{name}' THEN {few} ELSE {payload} END"
    columns = (column.name for column in Event.__table__.columns)
    return ", ".join(f"{payload} AS payload" if name == "payload" else f"event.{name}" for name in columns)


_OF_CUSTOMERS = shadows(metadata)
# Of all tables that hold rows of customers, and of the event log; those relied on first.
SHADOWS: Mapping[str, str] = {**_OF_CUSTOMERS, "event": _of_log({"customer", *_OF_CUSTOMERS})}
# What is shown of a table's rows, where that is not all.
SHOWN: Mapping[str, str] = {"event": _shown_of_log()}
