"""By which channels customers allow something: worked out of the whole log at once, for statements about everybody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CTE, ColumnElement, Text, and_, case, cast, column, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import array, distinct_on

from domain.consents.consent import Consent, ConsentPurpose, ConsentStatus
from domain.consents.standing import standing
from domain.interactions.interaction import Channel
from domain.rules.facts import Asked
from domain.rules.moment import Moment

if TYPE_CHECKING:
    from domain.rules.plan import Plan

_NONE: ColumnElement[Any] = literal_column("'{}'::text[]")


@dataclass(frozen=True, slots=True)
class Allowed(Asked):
    """The channels by which a purpose is granted, as an array of texts; ``named``: only where the entry that counts
    names the channel, and is not about all of them."""

    purpose: ConsentPurpose
    named: bool = False
    cost: ClassVar = 3.0

    @property
    def reads(self) -> tuple[str, ...]:
        """Consents."""
        return ("consents",)

    def found(self, plan: Plan) -> ColumnElement[Any]:
        """The array; what it is read from is joined once for a purpose."""
        table = plan.table((Allowed, self.purpose), partial(_granted, self.purpose, plan.moment))
        return func.coalesce(table.c.named if self.named else table.c.granted, _NONE, type_=table.c.granted.type)


def _granted(purpose: ConsentPurpose, moment: Moment) -> CTE:
    """``id``, ``granted``, ``named`` of each customer who ever said something of the purpose."""
    said = Consent.__table__.alias("said")
    channels = array([literal_column(f"'{channel}'", Text()) for channel in Channel])
    each = func.unnest(channels).table_valued(column("channel", Text())).render_derived("about")
    own = cast(said.c.channel, Text())
    last = (
        select(said.c.customer_id, each.c.channel, cast(said.c.status, Text()).label("status"), said.c.expires_at,
               own.is_not(None).label("named"))
        .ext(distinct_on(said.c.customer_id, each.c.channel))
        .select_from(said.join(each, or_(own.is_(None), own == each.c.channel)))
        .where(cast(said.c.purpose, Text()) == literal(purpose, Text()), said.c.occurred_at <= moment.now)
        .order_by(said.c.customer_id, each.c.channel, said.c.occurred_at.desc(), said.c.id.desc())
        .subquery("last")
    )  # fmt: skip
    holds = standing(last.c.status, last.c.expires_at, moment.now) == literal(ConsentStatus.GRANTED, Text())
    by = func.array_agg(case((holds, last.c.channel)))
    named = func.array_agg(case((and_(holds, last.c.named), last.c.channel)))
    made = select(last.c.customer_id.label("id"), by.label("granted"), named.label("named"))
    return made.group_by(last.c.customer_id).cte().prefix_with("MATERIALIZED")
