"""Which merchants' watched segments are behind: for the doctor, and for the numbers of a worker."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql

from domain.watching.read import waiting
from tenancy.finding import Finding
from tenancy.scope import Scope
from tenancy.tenant import Tenant

LATE_S = 60.0
WAITING = str(waiting().compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]


def behind_s(row: Any, now: datetime) -> float:
    """For how many seconds the oldest of what ``waiting`` tells has been overdue."""
    since = min((at for at in (row["next_at"], row["unread_since"]) if at is not None), default=now)
    return max(float((now - since).total_seconds()), 0.0)


async def examine_watches(scope: Scope, tenants: Iterable[Tenant], now: datetime) -> list[Finding]:
    """The merchants whose watches are behind."""
    found = []
    for tenant in tenants:
        async with scope.read(tenant) as connection:
            row = await connection.fetchrow(WAITING)
        if row["watches"] and (late_s := behind_s(row, now)) > LATE_S:
            what = f"has watched segments that are {round(late_s)} seconds behind"
            found.append(Finding(what, "run: regulars worker; if one runs, its log says why", tenant.slug))
    return found
